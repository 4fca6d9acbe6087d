/* tcplens doctor: runs the detectors over a few seconds of the kernel's frames, or over a session
 * log, and says what they found: worst first, with what proves it, what to do, and what could not
 * be checked. */
#include "base/clock.h"
#include "base/error.h"
#include "base/wake.h"
#include "command/commands.h"
#include "command/finding_options.h"
#include "command/finding_text.h"
#include "command/headless.h"
#include "command/log_frames.h"
#include "command/open_source.h"
#include "core/finding/finding.h"
#include "core/finding/finding_json.h"
#include "options/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define WATCH_NS (5 * SECOND_NS) /* where --for says nothing */

/* As plugins of Nagios have them. */
enum doctor_exit { DOCTOR_WELL = 0, DOCTOR_WARNING = 1, DOCTOR_CRITICAL = 2, DOCTOR_UNKNOWN = 3 };

struct doctor {
    struct headless headless;
    struct finding_settings settings;
    enum finding_severity fail_on;
    struct finding_engine *engine;
    struct frame *frame; /* the last one */
    int64_t first_ns, last_ns, last_wall_ns;
    uint64_t frames;
    struct buffer out;
};

/* --- settings --- */

static int read_settings(struct doctor *doctor)
{
    const struct options *options = doctor->headless.options;

    doctor->fail_on = SEVERITY_WARNING;
    if (options->fail_on && severity_from_name(options->fail_on, &doctor->fail_on)) {
        message("--fail-on: \"%.40s\": say info, warning or critical", options->fail_on);
        return -EINVAL;
    }
    return finding_options_read(options, &doctor->settings);
}

/* --- frames --- */

/* Takes the reference over. */
static int take_frame(struct doctor *doctor, struct frame *frame, const struct finding_input *input)
{
    const int error = finding_engine_update(doctor->engine, input);

    if (doctor->frames++ == 0)
        doctor->first_ns = frame->mono_ns;
    doctor->last_ns = frame->mono_ns;
    doctor->last_wall_ns = frame->wall_ns;
    frame_release(doctor->frame);
    doctor->frame = frame;
    return error;
}

static int take_live(struct doctor *doctor, struct frame *frame)
{
    const struct finding_input input = collector_finding_input(doctor->headless.collector, frame);

    return take_frame(doctor, frame, &input);
}

/* Prints what was found. The exit code. */
static int report(struct doctor *doctor);

static void begin_window(struct headless *headless)
{
    const int64_t for_ns = headless->options->for_ns;
    headless->end_ns = clock_mono_ns() + (for_ns ? for_ns : WATCH_NS);
}

static int watch_live(struct doctor *doctor)
{
    struct headless *headless = &doctor->headless;
    const int consumer = collector_add_consumer(headless->collector);
    int signal = 0, error = consumer < 0 ? consumer : collector_start(headless->collector);

    if (error) {
        message("cannot start: %s", error_text(error));
        return error;
    }
    while (!error && !signal && !headless_is_over(headless)) {
        headless_wait(headless, &consumer, 1, HEADLESS_CHECK_MS);
        headless_tell_trouble(headless);
        wake_drain(consumer);
        struct frame *frame = collector_latest(headless->collector);
        if (frame && !doctor->frame && options_have_hosts(headless->options))
            begin_window(headless); /* not the time that it took to reach them */
        if (frame && (!doctor->frame || frame->number != doctor->frame->number))
            error = take_live(doctor, frame);
        else
            frame_release(frame);
        signal = headless_signal(headless);
    }
    collector_ask_stop(headless->collector);
    if (!collector_join(headless->collector, HEADLESS_END_NS)) {
        const int code = report(doctor); /* in the middle of a long frame: what is known stands */
        _exit(signal ? 128 + signal : code);
    }
    return error;
}

/* The demo has a clock of its own, which need not be waited for. */
static int watch_demo(struct doctor *doctor)
{
    struct headless *headless = &doctor->headless;
    const int64_t for_ns = headless->options->for_ns ? headless->options->for_ns : WATCH_NS;
    struct frame *frame;
    int error = 0;

    while (!error && !headless_signal(headless) &&
           (doctor->frames == 0 || doctor->last_ns - doctor->first_ns < for_ns)) {
        error = collector_step(headless->collector, &frame);
        if (!error)
            error = take_live(doctor, frame);
    }
    return error;
}

static int run_live(struct doctor *doctor)
{
    struct headless *headless = &doctor->headless;

    if (options_have_hosts(headless->options))
        headless->end_ns = INT64_MAX; /* until the first frame */
    else
        begin_window(headless);
    if (headless_open_collector(headless, finding_needs(&doctor->settings)) >= 0)
        return -EIO;
    return headless->options->demo ? watch_demo(doctor) : watch_live(doctor);
}

/* -ENODATA: --for is over. */
static int take_log_frame(void *data, struct frame *frame, struct event_ring *ring)
{
    struct doctor *doctor = data;
    const int64_t for_ns = doctor->headless.options->for_ns;

    if (for_ns == 0 || doctor->frames == 0 || frame->mono_ns - doctor->first_ns <= for_ns)
        return take_frame(doctor, frame, &(struct finding_input){.frame = frame, .ring = ring});
    frame_release(frame);
    return -ENODATA;
}

static int run_log(struct doctor *doctor)
{
    struct log_frames reading = {.headless = &doctor->headless,
                                 .path = doctor->headless.options->from,
                                 .take = take_log_frame,
                                 .data = doctor};
    const int error = log_frames_read(&reading);

    if (reading.fault[0])
        message("%s: %s", reading.path, reading.fault);
    return error;
}

/* --- what was found --- */

static void print_all(struct doctor *doctor)
{
    const bool json = doctor->headless.options->output == OUTPUT_JSON;
    const struct finding_check *checks = finding_engine_checks(doctor->engine);
    uint32_t count;
    const struct finding *const *list = finding_engine_list(doctor->engine, &count);

    for (uint32_t i = 0; i < count; i++) {
        if (json) {
            json_finding(&doctor->out, list[i], list, count);
            buffer_char(&doctor->out, '\n');
        } else {
            finding_text(&doctor->out, list[i], list, count, doctor->last_wall_ns);
        }
    }
    if (json) {
        json_checks(&doctor->out, checks, count);
        buffer_char(&doctor->out, '\n');
    } else {
        finding_checks_text(&doctor->out, checks, list, count, doctor->last_ns - doctor->first_ns);
    }
}

static bool was_anything_checked(const struct doctor *doctor)
{
    const struct finding_check *checks = finding_engine_checks(doctor->engine);

    for (size_t i = 0; i < detector_count; i++)
        if (checks[i].verdict == VERDICT_OK || checks[i].verdict == VERDICT_FINDING)
            return true;
    return false;
}

/* Of a log the findings that ended count too. */
static int exit_code(const struct doctor *doctor)
{
    const bool is_whole = !doctor->frame || !(doctor->frame->missing.reasons & MISSING_HOSTS);
    uint32_t count;
    const struct finding *const *list = finding_engine_list(doctor->engine, &count);
    uint8_t worst = SEVERITY_NONE;

    if (doctor->frames == 0 || !was_anything_checked(doctor))
        return DOCTOR_UNKNOWN;
    for (uint32_t i = 0; i < count; i++)
        if (list[i]->severity > worst)
            worst = list[i]->severity;
    if (worst == SEVERITY_NONE || worst < doctor->fail_on)
        return is_whole ? DOCTOR_WELL : DOCTOR_UNKNOWN; /* a host that was not read */
    return worst == SEVERITY_CRITICAL ? DOCTOR_CRITICAL : DOCTOR_WARNING;
}

static int report(struct doctor *doctor)
{
    if (doctor->frames == 0 && !doctor->headless.options->from)
        message("no frame was finished in that time: look for longer, with --for");
    print_all(doctor);
    if (output_exit_code(output_flush(&doctor->out)) != EXIT_DONE)
        return DOCTOR_UNKNOWN;
    return exit_code(doctor);
}

static int examine(struct doctor *doctor)
{
    doctor->engine = finding_engine_new(&doctor->settings);
    if (!doctor->engine || headless_take_signals(&doctor->headless)) {
        message("cannot start: %s", error_text(doctor->engine ? errno : ENOMEM));
        return DOCTOR_UNKNOWN;
    }
    const int error = doctor->headless.options->from ? run_log(doctor) : run_live(doctor);
    return error && doctor->frames == 0 ? DOCTOR_UNKNOWN : report(doctor);
}

static int describe(struct doctor *doctor)
{
    finding_detectors_text(&doctor->out, &doctor->settings);
    return output_exit_code(output_flush(&doctor->out));
}

int cmd_doctor(const struct options *options)
{
    struct doctor doctor = {.headless = {.options = options, .signals = -1}};
    int code = DOCTOR_UNKNOWN;

    buffer_init(&doctor.out);
    if (read_settings(&doctor) == 0)
        code = options->describe ? describe(&doctor) : examine(&doctor);
    frame_release(doctor.frame);
    finding_engine_free(doctor.engine);
    buffer_done(&doctor.out);
    headless_done(&doctor.headless);
    return code;
}
