/* log_source: see log_source.h. */
#include "command/log_source.h"

#include "source/fleet/logs.h"
#include "source/log/replay.h"

#include <stdio.h>

const char *log_source_name(const struct options *options)
{
    return options->from ? options->from : options->file;
}

int log_source_open(struct source **source, const struct options *options, char *why, size_t size)
{
    return options_have_logs(options)
               ? fleet_logs_open(source, options->logs.texts, options->logs.count, why, size)
               : replay_open(source, log_source_name(options), why, size);
}

bool log_source_is_pipe(const struct options *options, const struct source *source)
{
    return !options_have_logs(options) && replay_is_pipe(source);
}

int log_source_descriptor(const struct options *options, const struct source *source)
{
    return options_have_logs(options) ? -1 : replay_descriptor(source);
}

void log_source_set_ring(const struct options *options, struct source *source,
                         struct event_ring *ring)
{
    if (!options_have_logs(options)) {
        replay_set_ring(source, ring);
        return;
    }
    source->ops->use_ring(source, ring);
    redact_ring(source->redaction, ring);
}

void log_source_set_interrupt(const struct options *options, struct source *source,
                              bool (*interrupted)(void *data), void *data)
{
    if (options_have_logs(options))
        fleet_logs_set_interrupt(source, interrupted, data);
    else
        replay_set_interrupt(source, interrupted, data);
}

int64_t log_source_start(const struct options *options, const struct source *source)
{
    return options_have_logs(options) ? 0 : replay_start(source);
}

const char *log_source_fault(const struct options *options, struct source *source)
{
    static char text[400];
    const char *fault;

    if (options_have_logs(options))
        return fleet_logs_fault(source);
    fault = replay_fault(source);
    if (!fault[0])
        return "";
    snprintf(text, sizeof(text), "%.120s: %.260s", log_source_name(options), fault);
    return text;
}
