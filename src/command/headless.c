/* Signals and collector of a command without a screen. Independent of what the command does with
 * frames. */
#include "command/headless.h"

#include "base/clock.h"
#include "base/error.h"
#include "command/open_source.h"
#include "options/output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define POLLED_MAX          4
#define FIRST_FRAME_NS      (10 * SECOND_NS)
#define FIRST_OF_HOSTS_NS   (20 * SECOND_NS) /* ssh may take 15 s to give up */
#define FIRST_FRAME_STEP_MS 100              /* how often to look for it */

static const int TAKEN_SIGNALS[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

static void prepare_window(struct headless *headless)
{
    const struct options *options = headless->options;
    const int64_t first_ns = options_have_hosts(options) ? FIRST_OF_HOSTS_NS : FIRST_FRAME_NS;

    headless->end_ns = INT64_MAX;
    headless->window_ns = options->from     ? 0
                          : options->for_ns ? options->for_ns
                                            : headless->usual_ns;
    if (!headless->window_ns)
        return;
    headless->give_up_ns = clock_mono_ns() + headless->window_ns;
    headless->end_ns = clock_mono_ns() + first_ns;
    if (headless->end_ns < headless->give_up_ns)
        headless->end_ns = headless->give_up_ns;
}

int headless_take_signals(struct headless *headless)
{
    sigset_t taken, ignored;

    sigemptyset(&taken);
    for (size_t i = 0; i < sizeof(TAKEN_SIGNALS) / sizeof(TAKEN_SIGNALS[0]); i++) {
        struct sigaction action;
        /* nohup and background jobs of the shell have some ignored: keep that */
        if (sigaction(TAKEN_SIGNALS[i], NULL, &action) != 0 || action.sa_handler != SIG_IGN)
            sigaddset(&taken, TAKEN_SIGNALS[i]);
    }
    ignored = taken;
    sigaddset(&ignored, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &ignored, NULL);
    headless->signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    prepare_window(headless);
    return headless->signals < 0 ? -errno : 0;
}

int headless_signal(struct headless *headless)
{
    struct signalfd_siginfo info;
    bool got = read(headless->signals, &info, sizeof(info)) == (ssize_t)sizeof(info);
    return got ? (int)info.ssi_signo : 0;
}

int headless_exit_code(int signal, int code)
{
    return signal && signal != SIGTERM && signal != SIGINT ? 128 + signal : code;
}

void headless_begin(struct headless *headless)
{
    if (headless->begun)
        return;
    headless->begun = true;
    if (headless->window_ns)
        headless->end_ns = clock_mono_ns() + headless->window_ns;
}

bool headless_is_over(struct headless *headless)
{
    if (!headless->begun && headless->collector) {
        struct frame *frame = collector_latest(headless->collector);
        if (frame)
            headless_begin(headless);
        frame_release(frame);
    }
    const bool fails = headless->window_ns && !headless->begun && headless->reported[0];
    return clock_mono_ns() >= (fails ? headless->give_up_ns : headless->end_ns);
}

void headless_wait(struct headless *headless, const int *descriptors, size_t count, int most_ms)
{
    struct pollfd polled[POLLED_MAX] = {{headless->signals, POLLIN, 0}};
    int64_t left_ns = headless->end_ns - clock_mono_ns();
    nfds_t used = 1;

    if (headless->window_ns && !headless->begun && (most_ms < 0 || most_ms > FIRST_FRAME_STEP_MS))
        most_ms = FIRST_FRAME_STEP_MS;
    for (size_t i = 0; i < count && used < POLLED_MAX; i++)
        polled[used++] = (struct pollfd){descriptors[i], POLLIN, 0};
    if (left_ns <= 0)
        return;
    struct timespec wait = clock_timespec(left_ns);
    if (most_ms >= 0 && left_ns > most_ms * 1000000LL)
        wait = (struct timespec){most_ms / 1000, most_ms % 1000 * 1000000L};
    bool endless = headless->end_ns == INT64_MAX && most_ms < 0;
    (void)ppoll(polled, used, endless ? NULL : &wait, NULL);
}

int headless_open_collector(struct headless *headless, uint32_t needs)
{
    const struct options *options = headless->options;
    char why[OPEN_SOURCE_WHY_MAX] = "";
    const uint32_t found = headless->findings ? finding_needs(headless->findings) : 0;
    struct collector_settings settings = {.events = options->events,
                                          .walk_by_bpf = options_may_use_bpf(options),
                                          .every_netns = options_netns(options) != NULL,
                                          .all_netns = options_shows_all_netns(options),
                                          .events_why = why,
                                          .highlight_ns = options->highlight_ns,
                                          .ring_capacity = EVENT_RING_DEFAULT,
                                          .findings = headless->findings,
                                          .last_frame = headless->last_frame,
                                          .metrics = headless->metrics};
    settings.wish = (struct wish){.interval_ns = options->interval_ns,
                                  .needs = (needs | found) & ~(uint32_t)NEED_HOST_NAME,
                                  .state_bits = state_class_bits(options->class),
                                  .families = options->families,
                                  .budget_percent = options->budget_percent};
    int error = open_source(&settings.source, options, why);
    if (error) {
        message("%s", why);
        return error == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
    }
    error = collector_new(&headless->collector, &settings);
    if (!error)
        return -1;
    source_close(settings.source);
    message("%s", why[0] ? why : error_text(error));
    return EXIT_FAILED;
}

/* Reports once that events between frames are missing. */
static void say_what_is_seen(struct headless *headless, const struct frame *frame)
{
    if (headless->said_events || !frame->events)
        return;
    headless->said_events = true;
    if (frame->events_why && frame->events_why[0] && headless->options->events == EVENTS_AUTO)
        message("%s: %s", frame->events_why,
                strcmp(frame->events, "destroy") == 0 ? "short connections are reported when they "
                                                        "end, without owner; all else once a frame"
                : strcmp(frame->events, "none") == 0
                    ? "changes are reported once a frame: shorter connections are missed"
                    : "the rest is reported as it happens");
}

void headless_report_host(struct headless *headless, uint32_t i, const struct frame_host *host)
{
    uint8_t *reported = &headless->reported_hosts[i];
    const bool is_silent = host->frames == 0 && host->state <= HOST_CONNECTING;
    const uint8_t state = is_silent ? HOST_CONNECTING : host->state;
    const bool is_bad = host->state == HOST_LOST || host->state == HOST_REFUSED ||
                        host->state == HOST_LATE || (is_silent && *reported == HOST_WAITING);

    if (is_bad && *reported != state)
        message("%s: %s%s%s", host->name, words_name(&HOST_STATE_WORDS, state),
                host->why[0] ? ": " : "", host->why);
    else if (state == HOST_OK && *reported != HOST_OK && *reported != HOST_WAITING)
        message("%s: it is read %s", host->name, *reported == HOST_CONNECTING ? "now" : "again");
    if (state == HOST_OK && *reported != HOST_OK && host->why[0])
        message("%s: it is read %s", host->name, host->why);
    if (is_bad || state == HOST_OK)
        *reported = state;
}

static void report_hosts(struct headless *headless, const struct frame *frame)
{
    for (uint32_t i = 0; i < frame->host_count; i++)
        headless_report_host(headless, i, &frame->hosts[i]);
}

static void report_frame(struct headless *headless)
{
    struct frame *frame = collector_latest(headless->collector);
    const bool is_wrong = frame && (frame->missing.reasons & MISSING_PROC);
    const char *text = is_wrong ? frame->missing.text : "";

    if (frame && strcmp(text, headless->reported_proc) != 0) {
        if (text[0])
            message("%s", text);
        snprintf(headless->reported_proc, sizeof(headless->reported_proc), "%s", text);
    }
    if (frame)
        say_what_is_seen(headless, frame);
    if (frame)
        report_hosts(headless, frame);
    frame_release(frame);
}

void headless_report_trouble(struct headless *headless)
{
    char trouble[sizeof(headless->reported)];

    report_frame(headless);
    collector_trouble(headless->collector, trouble, sizeof(trouble));
    if (strcmp(trouble, headless->reported) == 0)
        return;
    if (trouble[0])
        message("no connections could be read: %s: trying again", trouble);
    else
        message("connections are read again");
    memcpy(headless->reported, trouble, sizeof(headless->reported));
}

void headless_done(struct headless *headless)
{
    collector_free(headless->collector);
    filter_free(headless->filter);
    if (headless->signals >= 0)
        close(headless->signals);
    headless->collector = NULL;
    headless->filter = NULL;
    headless->signals = -1;
}
