/* cmd_top: the screen over the live kernel (or the demo), or over a log. The main thread takes all
 * signals and nothing else; collector and screen have threads of their own. */
#include "command/top.h"
#include "act/act.h"
#include "base/clock.h"
#include "base/worker.h"
#include "command/color.h"
#include "command/commands.h"
#include "command/filter_read.h"
#include "command/open_hosts.h"
#include "command/screenshot.h"
#include "command/theme_choice.h"
#include "command/top_feed.h"
#include "options/options.h"
#include "options/output.h"
#include "options/settings.h"
#include "source/confine.h"
#include "source/privilege.h"
#include "source/remote/spawn.h"
#include "source/system_names.h"
#include "ui/screen/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define END_NS          (500 * MILLISECOND_NS) /* a thread still running after that is abandoned */
#define UNBLOCK_NS      (250 * MILLISECOND_NS) /* output that is not read is discarded after this */
#define UNBLOCK_STEP_NS (20 * MILLISECOND_NS)
#define RETRY_NS        (20 * MILLISECOND_NS) /* where poll() fails, as for want of memory */

enum answer { ANSWER_SUSPENDED = 's', ANSWER_ENDED = 'e' };

struct top {
    const struct options *options;
    struct settings *settings; /* its options are `options` */
    struct system_names *names;
    struct theme_choice theme;
    struct lookup lookup;
    struct filter_names filter_names;
    struct top_feed feed;
    const char *log; /* to replay; NULL = live */
    int input;       /* where the keys come from */
    struct screen *screen;
    struct screenshot screenshot;
    struct screen_settings screen_settings;
    struct term_rescue rescue;
    struct screen_acts acts;
    int orders[2];  /* main to screen */
    int answers[2]; /* screen to main */
    int signals;    /* signalfd of the signals read there */
    int stops;      /* signalfd of SIGTSTP, polled and never read */
    pthread_t thread;
    bool screen_runs;
    unsigned suspensions, suspended; /* orders given, answers received */
    int screen_error;
};

/* For the handlers of deadly signals and of exit(), which have no argument. */
static struct term_rescue *deadly_rescue;

/* Signals that end a program by default end this one in order, with the terminal restored;
 * SIGXFSZ too, sent by others: main() ignores the kernel's. */
static const int TAKEN_SIGNALS[] = {SIGTERM, SIGINT,  SIGHUP,  SIGQUIT,   SIGCONT, SIGWINCH,
                                    SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU,
                                    SIGXFSZ, SIGIO,   SIGPWR,  SIGSTKFLT};
/* Raised by the kernel in the faulting thread, blocked or not. */
static const int DEADLY_SIGNALS[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};

/* A lower address is a null pointer, or a member or item behind one: curses has tables of 65,536 items of 16 bytes. */
#define NULL_PAGES (1u << 20)

static void say_ended_by_curses(void)
{
    static const char WORDS[] = "tcplens: ended by the terminal library: out of memory?\n";
    term_rescue_restore(deadly_rescue);
    ssize_t written = write(STDERR_FILENO, WORDS, sizeof(WORDS) - 1);
    (void)written;
}

/* curses does not always check malloc() (ncurses 6.4, comp_hash.c, lib_tparm.c). */
static void on_deadly_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    remote_end_all();
    if (number == SIGSEGV && info->si_code > 0 && (uintptr_t)info->si_addr < NULL_PAGES &&
        term_in_curses() && deadly_rescue) {
        say_ended_by_curses();
        _exit(EXIT_FAILED);
    }
    if (deadly_rescue)
        term_rescue_restore(deadly_rescue);
    raise(number); /* SA_RESETHAND: ends as if there were no handler */
}

static void catch_deadly_signals(struct term_rescue *rescue)
{
    struct sigaction action = {.sa_sigaction = on_deadly_signal,
                               .sa_flags = (int)SA_RESETHAND | SA_NODEFER | SA_SIGINFO};
    deadly_rescue = rescue;
    for (size_t i = 0; i < sizeof(DEADLY_SIGNALS) / sizeof(DEADLY_SIGNALS[0]); i++)
        sigaction(DEADLY_SIGNALS[i], &action, NULL);
}

/* curses calls exit() when it runs out of memory (ncurses 6.4, comp_error.c). */
static void on_exit_from_within(void)
{
    if (!deadly_rescue)
        return;
    remote_end_all();
    say_ended_by_curses();
}

static void release_deadly_signals(void)
{
    for (size_t i = 0; i < sizeof(DEADLY_SIGNALS) / sizeof(DEADLY_SIGNALS[0]); i++)
        signal(DEADLY_SIGNALS[i], SIG_DFL);
    deadly_rescue = NULL;
}

/* Never called: SIGTSTP is blocked in all threads. */
static void on_stop_key(int number)
{
    (void)number;
}

/* curses ignores SIGTSTP while it paints (ncurses 6.4, lib_tstp.c), and ignoring a signal discards
 * a pending one, which waits for our signalfd. It leaves a signal alone that has a handler. */
static void keep_stop_key(void)
{
    const struct sigaction action = {.sa_handler = on_stop_key};
    sigaction(SIGTSTP, &action, NULL);
}

static int take_signals(struct top *top)
{
    sigset_t taken, stop;
    sigemptyset(&taken);
    for (size_t i = 0; i < sizeof(TAKEN_SIGNALS) / sizeof(TAKEN_SIGNALS[0]); i++)
        sigaddset(&taken, TAKEN_SIGNALS[i]);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        sigaddset(&taken, number);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    pthread_sigmask(SIG_BLOCK, &taken, NULL);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    keep_stop_key();
    top->signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    top->stops = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    return top->signals < 0 || top->stops < 0 ? -errno : 0;
}

static void send_byte(int descriptor, char byte)
{
    if (write(descriptor, &byte, 1) == 1)
        return;
    const ssize_t again =
        write(descriptor, &byte, 1); /* without it the other thread may wait for ever */
    (void)again;                     /* a full pipe already holds an order */
}

static void answer_suspended(void *data)
{
    send_byte(((struct top *)data)->answers[1], ANSWER_SUSPENDED);
}

static int keep_settings(void *data, const struct screen_kept *kept, bool replaces, char *text,
                         size_t size)
{
    return settings_keep(((struct top *)data)->settings, kept, replaces, text, size);
}

/* To signal other users' processes, their identity must be checked: for that act.c raises the
 * privileges of the owner walk. A connection of another network namespace is closed in that
 * namespace. */
static uint64_t screen_privileges(const struct options *options)
{
    const uint64_t files = PRIVILEGE_DAC_OVERRIDE | PRIVILEGE_OTHER_USER;
    const uint64_t acts = PRIVILEGE_KILL | PRIVILEGE_NET_ADMIN;

    if (options->read_only)
        return files;
    return files | acts | (privilege_may(PRIVILEGE_KILL) ? PRIVILEGE_ALL : 0) |
           (options_netns(options) ? PRIVILEGE_ENTER : 0);
}

static void *run_screen(void *data)
{
    struct top *top = data;
    privilege_keep(screen_privileges(top->options));
    privilege_set_aside();
    top->screen_error = screen_run(top->screen);
    send_byte(top->answers[1], ANSWER_ENDED);
    return NULL;
}

static int say(int code, const char *what, const char *why)
{
    message("%s: %s", what, why);
    return code;
}

/* The fonts of the console have no braille. */
static int choose_glyphs(const struct options *options, enum glyphs *glyphs)
{
    const char *type = getenv("TERM");
    *glyphs = type && strcmp(type, "linux") == 0 ? GLYPHS_BLOCKS : GLYPHS_BRAILLE;
    if (options->glyphs && glyphs_from_name(options->glyphs, glyphs) != 0)
        return say(EXIT_USAGE, options->glyphs, "--glyphs takes braille, blocks or ascii");
    return EXIT_DONE;
}

static int open_screen(struct top *top)
{
    const struct options *options = top->options;
    struct screen_settings settings = {
        .wish = top->feed.wish,
        .acts = &top->acts,
        .input = top->input,
        .orders_descriptor = top->orders[0],
        .suspended = answer_suspended,
        .keep = keep_settings,
        .data = top,
        .rescue = &top->rescue,
        .ascii = output_is_ascii(),
        .with_args = options->with_args,
        .highlight_ns = options->highlight_ns,
        .columns = options->columns,
        .sort = options->sort,
        .lookup = &top->lookup,
        .names = top->settings->values.names,
        .ports_by_number = !top->settings->values.services,
        .no_mouse = !top->settings->values.mouse,
        .show_cursor = options->cursor,
        .ask_background = !options->theme && color_is_welcome() && !getenv("COLORFGBG"),
        .redacted = options->redact,
        .notice = options->redact ? NULL : top->settings->notice,
        .filter = options->filter,
        .saved_filters = top->settings->filters,
        .saved_filter_count = options->redact ? 0 : top->settings->filter_count,
        .filter_names = &top->filter_names,
        .class = options->class,
    };
    top_feed_fill(&top->feed, &settings);
    top->acts = options->demo ? ACTS_PRETENDED : ACTS_REAL;
    if (top->screenshot.path && !options->demo)
        top->acts.refused = "--screenshot: nothing is signalled or closed";
    if (options->redact)
        top->acts.refused = "--redact: nothing is signalled or closed";
    if (options->read_only)
        top->acts.refused = "--read-only: nothing is signalled or closed";
    int code = theme_choose(&top->theme, top->settings);
    settings.theme = top->theme.theme;
    settings.own_theme = top->theme.theme == THEME_OWN ? &top->theme.looks : NULL;
    if (!options->redact && !settings.notice[0])
        settings.notice = top->theme.notice;
    if (!code)
        code = choose_glyphs(options, &settings.glyphs);
    if (code)
        return code;
    int error = system_names_new(&top->names, NULL, NULL);
    if (error)
        return say(EXIT_FAILED, "names", strerror(-error));
    top->lookup = system_names_lookup(top->names);
    top->filter_names = system_names_filter(top->names);
    top->filter_names.several_hosts = filter_machines(options) != 0;
    if (top->screenshot.path) {
        top->screenshot.shot.grid = &top->screenshot.grid;
        settings.shot = &top->screenshot.shot;
    }
    top->screen_settings = settings;
    error = screen_new(&top->screen, &settings);
    return error ? say(EXIT_FAILED, "screen", strerror(-error)) : EXIT_DONE;
}

static void read_answers(struct top *top)
{
    char answer;
    while (read(top->answers[0], &answer, 1) == 1) {
        top->suspended += answer == ANSWER_SUSPENDED;
        if (answer == ANSWER_ENDED)
            top->screen_runs = false;
    }
}

static bool screen_has_ended(const struct top *top)
{
    return !top->screen_runs;
}

/* A late answer to an earlier stop does not count for the next one. */
static bool screen_is_suspended(const struct top *top)
{
    return !top->screen_runs || top->suspended == top->suspensions;
}

/* Waits until done() or the deadline. */
static void wait_until(struct top *top, bool (*done)(const struct top *top), int64_t deadline)
{
    struct pollfd wait = {.fd = top->answers[0], .events = POLLIN};
    for (read_answers(top); !done(top); read_answers(top)) {
        int64_t left = deadline - clock_mono_ns();
        if (left <= 0)
            break;
        poll(&wait, 1, (int)(left / MILLISECOND_NS) + 1);
    }
}

static bool in_foreground(const struct top *top)
{
    const pid_t front = tcgetpgrp(top->input);
    return front < 0 || front == getpgrp();
}

/* Returns the signal that ends the program, or 0. */
static int take_signal(struct top *top)
{
    struct signalfd_siginfo info;
    while (read(top->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        switch ((int)info.ssi_signo) {
        case SIGCONT: /* in the background ("bg"): stop again, as at the start */
            if (in_foreground(top))
                send_byte(top->orders[1], SCREEN_RESUME);
            else
                raise(SIGTTOU);
            break;
        case SIGWINCH:
            send_byte(top->orders[1], SCREEN_RESIZED);
            break;
        default:
            return (int)info.ssi_signo;
        }
    }
    return 0;
}

/* True if there was a SIGCONT. */
static bool take_continue(void)
{
    static const struct timespec AT_ONCE;
    sigset_t go_on;
    sigemptyset(&go_on);
    sigaddset(&go_on, SIGCONT);
    return sigtimedwait(&go_on, NULL, &AT_ONCE) == SIGCONT;
}

/* Lets the kernel deliver the pending SIGTSTP by default, atomically with checking that it still is
 * pending: if we checked and then stopped ourselves, a SIGCONT in between would be lost. In an
 * orphaned process group ("ssh -t host tcplens"), where nobody could continue us, nothing stops. */
static void take_stop(void)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    signal(SIGTSTP, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    keep_stop_key();
}

/* In the background, stops here rather than in tcsetattr, where we would stop again at each SIGCONT
 * and could not be ended by a signal. Without job control nothing stops us, and the terminal
 * decides. Returns the signal that ends the program, or 0. */
static int wait_for_foreground(struct top *top)
{
    while (!in_foreground(top)) {
        raise(SIGTTOU);
        if (!take_continue())
            return 0;
        int signal = take_signal(top);
        if (signal)
            return signal;
    }
    return 0;
}

/* SIGTSTP stays pending until the screen has been left. A SIGCONT that comes meanwhile cancels it
 * (signal(7)): then there is no reason to stop. Returns the signal that ends the program, or 0. */
static int stop_ourselves(struct top *top)
{
    top_feed_suspend(&top->feed);
    top->suspensions++;
    send_byte(top->orders[1], SCREEN_SUSPEND);
    wait_until(top, screen_is_suspended, clock_mono_ns() + END_NS);
    term_rescue_settings(&top->rescue); /* a screen stuck in a write has not left */
    take_stop();
    /* Consume the SIGCONT here: a stop that follows at once would discard it unread. */
    take_continue();
    int signal = wait_for_foreground(top);
    if (signal)
        return signal;
    term_rescue_release(&top->rescue);
    send_byte(top->orders[1], SCREEN_RESUME);
    return 0;
}

/* Returns when the screen has ended (0), the time is over (0), or a signal has come. */
static int watch(struct top *top)
{
    struct pollfd waits[] = {{.fd = top->signals, .events = POLLIN},
                             {.fd = top->answers[0], .events = POLLIN},
                             {.fd = top->stops, .events = POLLIN}};
    const bool limited = top->options->for_ns > 0 && !top->screenshot.path;
    int64_t end = limited ? clock_mono_ns() + top->options->for_ns : INT64_MAX;
    while (top->screen_runs) {
        int64_t left_ms = end == INT64_MAX ? -1 : (end - clock_mono_ns()) / MILLISECOND_NS + 1;
        if (end != INT64_MAX && left_ms <= 0)
            return 0;
        int timeout = left_ms > 3600000 ? 3600000 : (int)left_ms;
        const int ready = poll(waits, 3, timeout);
        if (ready < 0 && errno != EINTR)
            nanosleep(&(const struct timespec){.tv_nsec = RETRY_NS}, NULL);
        int signal = take_signal(top); /* even where poll() fails */
        if (!signal && ready > 0 && waits[2].revents)
            signal = stop_ourselves(top);
        if (signal)
            return signal;
        read_answers(top);
    }
    return 0;
}

/* True if both threads have ended; else the terminal has been restored without them. */
static bool end_threads(struct top *top)
{
    int64_t begin = clock_mono_ns();
    sigset_t background;
    /* In the background, tcsetattr would stop us now instead of letting us end. */
    sigemptyset(&background);
    sigaddset(&background, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &background, NULL);
    send_byte(top->orders[1], SCREEN_QUIT);
    top_feed_ask_stop(&top->feed);
    wait_until(top, screen_has_ended, begin + UNBLOCK_NS);
    /* Each pass discards a few kilobytes, until the thread has finished painting. */
    while (top->screen_runs && clock_mono_ns() < begin + END_NS) {
        term_rescue_unblock(&top->rescue);
        wait_until(top, screen_has_ended, clock_mono_ns() + UNBLOCK_STEP_NS);
    }
    if (top->screen_runs) {
        term_rescue_restore(&top->rescue);
        return false;
    }
    pthread_join(top->thread, NULL);
    int64_t left = begin + END_NS - clock_mono_ns();
    return top_feed_join(&top->feed, left > 0 ? left : 0);
}

static int start_threads(struct top *top)
{
    int error = top_feed_start(&top->feed);
    if (error)
        return say(EXIT_FAILED, "collector thread", strerror(-error));
    error = worker_create_thread(&top->thread, run_screen, top);
    if (error)
        return say(EXIT_FAILED, "screen thread", strerror(-error));
    pthread_setname_np(top->thread, "screen");
    top->screen_runs = true;
    privilege_keep(0); /* this thread only waits for signals from here on */
    return EXIT_DONE;
}

/* Once the screen has ended: reports what is wrong, and writes the picture. */
static int finish(struct top *top, int code)
{
    if (top->screen_error)
        return say(EXIT_FAILED, "no screen",
                   screen_trouble(top->screen)[0] ? screen_trouble(top->screen)
                                                  : strerror(-top->screen_error));
    const uint64_t missed = top_feed_missed(&top->feed);
    if (missed) /* the screen's message is gone */
        message("recording: the log lacks %" PRIu64 " frames", missed);
    if (missed && code == EXIT_DONE)
        code = EXIT_PARTLY;
    return code || !top->screenshot.path
               ? code
               : screenshot_write(&top->screenshot, &top->screen_settings);
}

static int run(struct top *top)
{
    int signal = top->screenshot.path ? 0 : wait_for_foreground(top);
    if (signal)
        return 128 + signal;
    catch_deadly_signals(&top->rescue);
    atexit(on_exit_from_within);
    int code = start_threads(top);
    if (code)
        return code;
    signal = watch(top);
    code = signal ? 128 + signal : EXIT_DONE;
    const bool ended = end_threads(top);
    if (top->screen_runs)
        exit_without_threads(code);
    release_deadly_signals();
    code = finish(top, code);
    if (!ended) /* the picture has been taken all the same */
        exit_without_threads(code);
    return code;
}

static int check_terminal(struct top *top)
{
    top->rescue.descriptor = -1;
    if (top->screenshot.path)
        return EXIT_DONE;
    if (!isatty(STDOUT_FILENO))
        return say(EXIT_USAGE, "standard output is not a terminal",
                   top->log ? "use \"tcplens list --from FILE\"" : "use \"tcplens list\"");
    if (term_rescue_prepare(&top->rescue, top->input) != 0)
        return say(EXIT_USAGE, "standard input is not a terminal", "use \"tcplens list\"");
    return EXIT_DONE;
}

/* A replay still resolves host names and saves settings. */
static void confine(const struct top *top)
{
    confine_log_reader(
        &(struct confinement){.asks_names = !top->options->redact, .writes = top->settings->path});
}

static int prepare(struct top *top)
{
    if (top->log)
        confine(top);
    if (pipe2(top->orders, O_CLOEXEC | O_NONBLOCK) != 0 ||
        pipe2(top->answers, O_CLOEXEC | O_NONBLOCK) != 0 || take_signals(top) != 0)
        return say(EXIT_FAILED, "cannot start", strerror(errno));
    int code = top_feed_open(&top->feed, top->options, top->log);
    return code ? code : open_screen(top);
}

static void close_if_open(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

/* Reported here, where it stays readable: on the screen the next key would remove it. */
static int check_filter(const struct options *options)
{
    struct filter *filter = NULL;
    int code = filter_read(&filter, options->filter, filter_machines(options));
    if (code < 0 && filter_needs_kernel(filter))
        code = say(EXIT_USAGE, "filter",
                   "only the kernel can test autobound: it works in list and close");
    filter_free(filter);
    return code < 0 ? EXIT_DONE : code;
}

static void top_done(struct top *top)
{
    screen_free(top->screen);
    top_feed_done(&top->feed);
    system_names_free(top->names);
    settings_free(top->settings);
    screenshot_done(&top->screenshot);
    term_rescue_done(&top->rescue);
    const int descriptors[] = {top->orders[0],  top->orders[1], top->answers[0],
                               top->answers[1], top->signals,   top->stops};
    for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++)
        close_if_open(descriptors[i]);
}

int cmd_top_over(const struct options *options, const char *log, int input)
{
    struct top top = {.log = log,
                      .input = input,
                      .feed = {.consumer = -1},
                      .orders = {-1, -1},
                      .answers = {-1, -1},
                      .signals = -1,
                      .stops = -1};
    if (options->theme && strcmp(options->theme, "help") == 0)
        return theme_list();
    int code = check_filter(options);
    if (!code)
        code = screenshot_begin(&top.screenshot, options);
    if (!code)
        code = check_terminal(&top);
    if (code) {
        screenshot_done(&top.screenshot);
        return code;
    }
    if (settings_new(&top.settings, options) != 0)
        return say(EXIT_FAILED, "cannot start", strerror(ENOMEM));
    top.options = &top.settings->options;
    code = prepare(&top);
    if (!code)
        code = run(&top);
    top_done(&top);
    return code;
}

int cmd_top(const struct options *options)
{
    return cmd_top_over(options, NULL, STDIN_FILENO);
}
