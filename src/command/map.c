/* tcplens map: who talks to whom, with findings: as a tree of services, for Graphviz or Mermaid, or
 * as JSON. */
#include "base/clock.h"
#include "base/error.h"
#include "command/commands.h"
#include "command/filter_read.h"
#include "command/finding_options.h"
#include "command/finding_watch.h"
#include "core/topology.h"
#include "options/output.h"

#include <errno.h>
#include <string.h>

#define WATCH_NS (3 * SECOND_NS) /* where --for is not given: rates and findings need some frames */

struct map_run {
    struct finding_watch watch;
    struct topology topology;
    enum topology_by by;
    struct buffer out;
};

static int print(struct map_run *run)
{
    const struct options *options = run->watch.headless.options;

    if (options->dot)
        topology_dot(&run->topology, &run->out);
    else if (options->mermaid)
        topology_mermaid(&run->topology, &run->out);
    else if (options->output == OUTPUT_JSON)
        topology_json(&run->topology, &run->out);
    else
        topology_text(&run->topology, output_is_ascii(), &run->out);
    return output_flush(&run->out);
}

static int report(void *data)
{
    struct map_run *run = data;
    const struct finding_watch *watch = &run->watch;
    const struct frame *frame = watch->frame;
    struct topology_wish wish = {.by = run->by};

    if (!frame) {
        message(watch->headless.options->from
                    ? "it has no whole frame"
                    : "no frame was finished in that time: look for longer, with --for");
        return EXIT_FAILED;
    }
    if (!filter_is_empty(watch->headless.filter)) {
        wish.accept = filter_accepts;
        wish.accept_data = watch->headless.filter;
    }
    wish.findings = finding_engine_list(watch->engine, &wish.finding_count);
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    const int error = topology_build(&run->topology, &context, &wish);
    const int code = output_exit_code(error ? error : print(run));
    if (code == EXIT_DONE && run->topology.edge_count == 0)
        message("no connection between two programs is in it%s",
                wish.accept ? ", or passes the filter" : "");
    return code == EXIT_DONE && frame->missing.reasons & (MISSING_HOSTS | MISSING_LOG) ? EXIT_PARTLY
                                                                                       : code;
}

static int read_by(struct map_run *run)
{
    const char *by = run->watch.headless.options->by;
    const int found = by ? words_find(&TOPOLOGY_BY_WORDS, by, strlen(by)) : TOPOLOGY_UNIT;

    if (found < 0) {
        message("--by: \"%.40s\": say unit, process, container, pod or host", by);
        return EXIT_USAGE;
    }
    run->by = (enum topology_by)found;
    return -1;
}

static int begin(struct map_run *run)
{
    const struct options *options = run->watch.headless.options;
    int code = read_by(run);

    if (code < 0)
        code = filter_read(&run->watch.headless.filter, options->filter, filter_machines(options));
    if (code < 0 && filter_needs_kernel(run->watch.headless.filter)) {
        message("filter: only the kernel can test autobound: it works in list and close");
        code = EXIT_USAGE;
    }
    if (code < 0 && finding_options_read(options, &run->watch.settings))
        code = EXIT_USAGE;
    return code;
}

int cmd_map(const struct options *options)
{
    struct map_run run = {
        .watch = {.headless = {.options = options, .signals = -1, .usual_ns = WATCH_NS},
                  .needs = NEED_OWNER | NEED_GROUP,
                  .report = report}};

    run.watch.data = &run;
    buffer_init(&run.out);
    int code = begin(&run);
    if (code < 0)
        code = finding_watch_run(&run.watch, EXIT_FAILED);
    topology_done(&run.topology);
    buffer_done(&run.out);
    finding_watch_done(&run.watch);
    return code;
}
