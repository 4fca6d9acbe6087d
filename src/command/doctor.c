/* tcplens doctor: runs the detectors over a few seconds of the kernel's frames, or over a session
 * log, and reports what they found: worst first, with the evidence, what to do, and what could not
 * be checked. */
#include "base/clock.h"
#include "command/commands.h"
#include "command/finding_options.h"
#include "command/finding_text.h"
#include "command/finding_watch.h"
#include "core/finding/finding.h"
#include "core/finding/finding_json.h"
#include "options/output.h"

#include <errno.h>

#define WATCH_NS (5 * SECOND_NS) /* where --for is not given */

/* Exit codes of Nagios plugins. */
enum doctor_exit { DOCTOR_WELL = 0, DOCTOR_WARNING = 1, DOCTOR_CRITICAL = 2, DOCTOR_UNKNOWN = 3 };

struct doctor {
    struct finding_watch watch;
    enum finding_severity fail_on;
    struct buffer out;
};

/* --- settings --- */

static int read_settings(struct doctor *doctor)
{
    const struct options *options = doctor->watch.headless.options;

    doctor->fail_on = SEVERITY_WARNING;
    if (options->fail_on && severity_from_name(options->fail_on, &doctor->fail_on)) {
        message("--fail-on: \"%.40s\": say info, warning or critical", options->fail_on);
        return -EINVAL;
    }
    return finding_options_read(options, &doctor->watch.settings);
}

/* --- what was found --- */

static void print_others(struct doctor *doctor, const struct other_netns *others)
{
    char text[96];

    if (other_netns_text(others, text, sizeof(text)))
        buffer_printf(&doctor->out, "not looked at: %s\n", text);
}

static void print_all(struct doctor *doctor)
{
    const bool json = doctor->watch.headless.options->output == OUTPUT_JSON;
    const struct finding_check *checks = finding_engine_checks(doctor->watch.engine);
    const struct other_netns others =
        doctor->watch.frame ? doctor->watch.frame->other_netns : (struct other_netns){0};
    uint32_t count;
    const struct finding *const *list = finding_engine_list(doctor->watch.engine, &count);

    for (uint32_t i = 0; i < count; i++) {
        if (json) {
            json_finding(&doctor->out, list[i], list, count);
            buffer_char(&doctor->out, '\n');
        } else {
            finding_text(&doctor->out, list[i], list, count, doctor->watch.last_wall_ns);
        }
    }
    if (json) {
        json_checks(&doctor->out, checks, count, &others);
        buffer_char(&doctor->out, '\n');
    } else {
        finding_checks_text(&doctor->out, checks, list, count,
                            doctor->watch.last_ns - doctor->watch.first_ns);
        print_others(doctor, &others);
    }
}

static bool was_anything_checked(const struct doctor *doctor)
{
    const struct finding_check *checks = finding_engine_checks(doctor->watch.engine);

    for (size_t i = 0; i < detector_count; i++)
        if (checks[i].verdict == VERDICT_OK || checks[i].verdict == VERDICT_FINDING)
            return true;
    return false;
}

/* For a log, findings that ended count too. */
static int exit_code(const struct doctor *doctor)
{
    const bool is_whole =
        !doctor->watch.frame || !(doctor->watch.frame->missing.reasons & MISSING_HOSTS);
    uint32_t count;
    const struct finding *const *list = finding_engine_list(doctor->watch.engine, &count);
    uint8_t worst = SEVERITY_NONE;

    if (doctor->watch.frames == 0 || !was_anything_checked(doctor))
        return DOCTOR_UNKNOWN;
    for (uint32_t i = 0; i < count; i++)
        if (list[i]->severity > worst)
            worst = list[i]->severity;
    if (worst == SEVERITY_NONE || worst < doctor->fail_on)
        return is_whole ? DOCTOR_WELL : DOCTOR_UNKNOWN; /* a host was not read */
    return worst == SEVERITY_CRITICAL ? DOCTOR_CRITICAL : DOCTOR_WARNING;
}

static int report(void *data)
{
    struct doctor *doctor = data;

    if (doctor->watch.frames == 0 && !doctor->watch.headless.options->from) {
        message("no frame was finished in that time: look for longer, with --for");
        return DOCTOR_UNKNOWN; /* nothing was checked */
    }
    print_all(doctor);
    if (output_exit_code(output_flush(&doctor->out)) != EXIT_DONE)
        return DOCTOR_UNKNOWN;
    return exit_code(doctor);
}

static int describe(struct doctor *doctor)
{
    finding_detectors_text(&doctor->out, &doctor->watch.settings);
    return output_exit_code(output_flush(&doctor->out));
}

int cmd_doctor(const struct options *options)
{
    struct doctor doctor = {
        .watch = {.headless = {.options = options, .signals = -1, .usual_ns = WATCH_NS},
                  .report = report}};
    int code = DOCTOR_UNKNOWN;

    doctor.watch.data = &doctor;
    buffer_init(&doctor.out);
    if (read_settings(&doctor) == 0)
        code = options->describe ? describe(&doctor)
                                 : finding_watch_run(&doctor.watch, DOCTOR_UNKNOWN);
    buffer_done(&doctor.out);
    finding_watch_done(&doctor.watch);
    return code;
}
