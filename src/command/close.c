/* tcplens close: closes the connections that a filter names, after listing them and asking. Guarded
 * rows and listeners need --force. act.c does the closing. */
#include "act/act.h"
#include "base/error.h"
#include "collect/collect.h"
#include "command/commands.h"
#include "command/filter_read.h"
#include "command/open_source.h"
#include "core/filter/filter.h"
#include "core/text/text.h"
#include "core/view.h"
#include "options/options.h"
#include "options/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROW_TEXT_MAX 512

struct target {
    struct conn conn;
    bool done;   /* closed, by us or not */
    bool failed; /* and reported */
};

#define RIGHTS_MOST 16u

/* Whether connections of a network namespace can be closed. */
struct right {
    uint32_t netns;
    bool is_allowed;
    char why[ACTS_TEXT_MAX];
};

struct closing {
    const struct options *options;
    struct filter *filter;
    struct collector *collector;
    struct frame *frame; /* where the targets are from */
    struct column_context context;
    struct target *targets;
    size_t count;
    size_t left_out; /* guarded rows, without --force */
    size_t refused;  /* rows that cannot be closed */
    bool partly;     /* rows or owners may be missing; reported */
    size_t closed, gone;
    struct right rights[RIGHTS_MOST];
    size_t right_count;
    struct buffer out;
};

static int usage(const char *what)
{
    message("close: %s", what);
    return EXIT_USAGE;
}

/* "10.0.0.5:8080 10.0.3.77:41022 CLOSE-WAIT java 2210", numbers only. */
static void row_text(const struct closing *closing, const struct conn *conn, char *out, size_t size)
{
    static const char *const COLUMNS[] = {"local", "remote", "state", "process", "pid"};
    size_t length = 0;

    for (size_t i = 0; i < sizeof(COLUMNS) / sizeof(COLUMNS[0]); i++) {
        char text[ROW_TEXT_MAX];

        column_format(column_find(COLUMNS[i], strlen(COLUMNS[i])), &closing->context, conn, text,
                      sizeof(text));
        if (text[0] && length < size)
            length +=
                (size_t)snprintf(out + length, size - length, "%s%s", length ? " " : "", text);
    }
}

/* A warning about closing it; "" = none. */
static void row_note(const struct closing *closing, const struct conn *conn,
                     char note[CONN_SUBFLOW_MAX])
{
    conn_subflow_text(conn, frame_detail(closing->frame, conn), note);
}

static void print_row(struct closing *closing, const char *what, const struct conn *conn,
                      const char *why)
{
    char text[ROW_TEXT_MAX];

    row_text(closing, conn, text, sizeof(text));
    buffer_printf(&closing->out, "%s %s%s%s\n", what, text, why[0] ? ": " : "", why);
}

static int take_rows(struct closing *closing, const struct view *view)
{
    closing->targets =
        calloc(view->ranking.shown ? view->ranking.shown : 1, sizeof(*closing->targets));
    if (!closing->targets)
        return -ENOMEM;
    for (uint32_t line = 0; line < view->ranking.shown; line++) {
        const struct conn *conn = view_row(view, closing->frame, line);
        const char *guard = act_guard_conn(closing->frame, conn);
        const char *refusal = act_close_refusal(conn);

        if (conn_is_ghost(conn))
            continue;
        if (refusal) {
            print_row(closing, "cannot close", conn, refusal);
            closing->refused++;
            continue;
        }
        if (guard[0] && !closing->options->force) {
            print_row(closing, "left out", conn, guard);
            closing->left_out++;
            continue;
        }
        closing->targets[closing->count++].conn = *conn;
    }
    return 0;
}

static int choose_rows(struct closing *closing)
{
    struct view view;

    view_init(&view);
    view.accept = filter_accepts;
    view.accept_data = closing->filter;
    view.sort = column_find("state", strlen("state"));
    int error = view_sort_all(&view, &closing->context);
    if (!error)
        error = take_rows(closing, &view);
    view_done(&view);
    return error;
}

static bool agrees(const struct closing *closing)
{
    char answer[16] = "";

    for (size_t i = 0; i < closing->count && i < 10; i++) {
        const struct conn *conn = &closing->targets[i].conn;
        char text[ROW_TEXT_MAX], note[CONN_SUBFLOW_MAX];
        row_text(closing, conn, text, sizeof(text));
        row_note(closing, conn, note);
        message_line("  %s%s%s", text, note[0] ? ": " : "", note);
    }
    if (closing->count > 10)
        message_line("  and %zu more", closing->count - 10);
    message_question("Close %zu connection%s? [y/N]", closing->count,
                     closing->count == 1 ? "" : "s");
    return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* The kernel finds connections by tuple, but only one of several SO_REUSEPORT listeners: for those
 * ENOENT does not mean that it is closed. */
static bool is_addressable(const struct conn *conn)
{
    return conn->state != STATE_LISTEN;
}

static bool try_target(struct closing *closing, struct target *target, bool last)
{
    char text[ACTS_TEXT_MAX], note[CONN_SUBFLOW_MAX];
    const int error = act_close_conn(&target->conn, text);

    if (!error || (error == -ENOENT && is_addressable(&target->conn))) {
        target->done = true;
        closing->closed += error == 0;
        closing->gone += error != 0;
        row_note(closing, &target->conn, note);
        print_row(closing, error ? "gone" : "closed", &target->conn, error ? "" : note);
    } else if (last || error != -ENOENT) {
        target->failed = true;
        char row[ROW_TEXT_MAX];
        row_text(closing, &target->conn, row, sizeof(row));
        message("close: %s: %s", row, text);
    }
    return target->done;
}

/* Listeners that the kernel could not find are tried again as long as others are closed. */
static void close_all(struct closing *closing)
{
    bool progress = false;

    for (size_t i = 0; i < closing->count; i++)
        progress |= try_target(closing, &closing->targets[i], false);
    while (progress) {
        progress = false;
        for (size_t i = 0; i < closing->count; i++)
            if (!closing->targets[i].done && !closing->targets[i].failed)
                progress |= try_target(closing, &closing->targets[i], false);
    }
}

static bool is_listed(const struct frame *frame, const struct conn *conn)
{
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (conn_same(&frame->conns[i], conn))
            return true;
    return false;
}

static void report_unknown(const struct closing *closing, struct target *target)
{
    char row[ROW_TEXT_MAX];

    target->failed = true;
    row_text(closing, &target->conn, row, sizeof(row));
    message("close: %s: not known whether it is gone: connections could not be read again", row);
}

/* What the kernel could not find may have closed by itself: a second look shows it. */
static void look_again(struct closing *closing)
{
    struct frame *frame = NULL;
    bool asked = false, is_whole = false;

    for (size_t i = 0; i < closing->count; i++) {
        struct target *target = &closing->targets[i];
        if (target->done || target->failed)
            continue;
        if (!asked)
            is_whole = collector_step(closing->collector, &frame) == 0 &&
                       !(frame->missing.reasons & MISSING_DUMP_PART);
        asked = true;
        if (frame && is_listed(frame, &target->conn)) {
            try_target(closing, target, true);
        } else if (is_whole) {
            target->done = true;
            closing->gone++;
            print_row(closing, "gone", &target->conn, "");
        } else {
            report_unknown(closing, target);
        }
    }
    frame_release(frame);
}

static int finish(struct closing *closing)
{
    const size_t done = closing->closed + closing->gone;
    const int code = output_exit_code(output_flush(&closing->out));

    if (closing->refused > 0)
        message("close: %zu row%s cannot be closed", closing->refused,
                closing->refused == 1 ? "" : "s");
    if (closing->left_out > 0)
        message("close: %zu guarded row%s left out: --force closes %s too", closing->left_out,
                closing->left_out == 1 ? "" : "s", closing->left_out == 1 ? "it" : "them");
    if (code != EXIT_DONE)
        return code;
    return done < closing->count || closing->left_out > 0 || closing->refused > 0 || closing->partly
               ? EXIT_PARTLY
               : EXIT_DONE;
}

/* The answer is that of the row's network namespace: each is looked at once, a few of them. */
static bool is_allowed(struct closing *closing, const struct conn *conn, char why[ACTS_TEXT_MAX])
{
    struct right *right = closing->rights;

    while (right < closing->rights + closing->right_count && right->netns != conn->netns)
        right++;
    if (right == closing->rights + RIGHTS_MOST)
        return act_close_allowed(conn, why) == 0;
    if (right == closing->rights + closing->right_count) {
        right->netns = conn->netns;
        right->is_allowed = act_close_allowed(conn, right->why) == 0;
        closing->right_count++;
    }
    snprintf(why, ACTS_TEXT_MAX, "%s", right->why);
    return right->is_allowed;
}

/* False: none of the rows can be closed; why says what is missing. */
static bool is_allowed_any(struct closing *closing, char why[ACTS_TEXT_MAX])
{
    for (size_t i = 0; i < closing->count; i++)
        if (is_allowed(closing, &closing->targets[i].conn, why))
            return true;
    return false;
}

/* Prints what --yes would do, also where closing is not allowed. */
static int dry_run(struct closing *closing)
{
    for (size_t i = 0; i < closing->count; i++) {
        const struct conn *conn = &closing->targets[i].conn;
        char note[CONN_SUBFLOW_MAX], why[ACTS_TEXT_MAX];
        const bool allowed = is_allowed(closing, conn, why);
        row_note(closing, conn, note);
        print_row(closing, allowed ? "would close" : "cannot close", conn, allowed ? note : why);
        closing->gone += allowed;
        closing->refused += !allowed;
    }
    return finish(closing);
}

static void report_no_match(const struct closing *closing)
{
    char hint[FILTER_HINT_MAX];

    if (filter_hint(closing->filter, closing->frame, hint, sizeof(hint)))
        message("close: no connection matches: names match as a whole, try %s", hint);
    else
        message("close: no connection matches");
}

static int close_rows(struct closing *closing)
{
    const int error = choose_rows(closing);
    char why[ACTS_TEXT_MAX];

    if (error) {
        message("close: %s", error_text(error));
        return EXIT_FAILED;
    }
    if (closing->count == 0 && closing->left_out == 0 && closing->refused == 0)
        report_no_match(closing);
    if (closing->options->dry_run || closing->count == 0)
        return dry_run(closing);
    if (!closing->options->yes && !isatty(STDIN_FILENO))
        return usage("standard input is not a terminal: use --yes to close without asking, "
                     "--dry-run to look");
    if (!is_allowed_any(closing, why)) {
        message("close: %zu connection%s matched, none is closed: %s", closing->count,
                closing->count == 1 ? "" : "s", why);
        return finish(closing);
    }
    if (!closing->options->yes && !agrees(closing)) {
        message("close: nothing was closed");
        return EXIT_PARTLY;
    }
    close_all(closing);
    look_again(closing);
    return finish(closing);
}

static int make_collector(struct closing *closing, struct source *source)
{
    struct wish wish = {.state_bits = state_class_bits(CLASS_ALL) & filter_states(closing->filter),
                        .families = closing->options->families,
                        .needs = (filter_needs(closing->filter) | NEED_OWNER | NEED_DETAIL) &
                                 ~(uint32_t)NEED_HOST_NAME};
    struct collector_settings settings = {.source = source, .wish = wish};
    const int error = collector_new(&closing->collector, &settings);

    if (error)
        source_close(source);
    return error;
}

static void report_missing(struct closing *closing)
{
    const struct missing *missing = &closing->frame->missing;

    closing->partly = missing->reasons & (MISSING_DUMP_PART | MISSING_PROC);
    if (closing->partly && missing->text[0])
        message("close: %s", missing->text);
}

static int close_from(struct closing *closing, struct source *source)
{
    char trouble[160] = "";
    int error = make_collector(closing, source);

    if (!error)
        error = collector_step(closing->collector, &closing->frame);
    if (error) {
        if (closing->collector)
            collector_trouble(closing->collector, trouble, sizeof(trouble));
        message("close: no connections could be read: %s",
                trouble[0] ? trouble : error_text(error));
        return EXIT_FAILED;
    }
    report_missing(closing);
    closing->context = (struct column_context){
        .frame = closing->frame, .now_ns = closing->frame->wall_ns, .ascii = output_is_ascii()};
    return close_rows(closing);
}

static int check_filter(struct closing *closing)
{
    const char *text = closing->options->filter;

    if (!text || !*text)
        return usage("a filter is required, for example \"state close-wait and pid 2210\"");
    const int code = filter_read(&closing->filter, text, FILTER_RESOLVES_HOSTS);
    if (code >= 0)
        return code;
    if (filter_is_empty(closing->filter))
        return usage("a filter is required, for example \"state close-wait and pid 2210\"");
    if (!filter_names_target(closing->filter))
        return usage("the filter must name an address, port, pid, state or cookie, in each part of "
                     "an \"or\" (\"not\", comparisons, patterns, /0 and bare words match too "
                     "much)");
    return -1;
}

int cmd_close(const struct options *options)
{
    struct closing closing = {.options = options};
    struct source *source = NULL;
    char why[OPEN_SOURCE_WHY_MAX];
    int code = check_filter(&closing);

    buffer_init(&closing.out);
    if (code < 0) {
        const int error = open_source_filtered(&source, options, closing.filter, why);
        if (error)
            message("%s", why);
        code = error ? EXIT_FAILED : close_from(&closing, source);
    }
    frame_release(closing.frame);
    collector_free(closing.collector);
    free(closing.targets);
    buffer_done(&closing.out);
    filter_free(closing.filter);
    return code;
}
