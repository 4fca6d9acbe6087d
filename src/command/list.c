/* tcplens list: one frame on standard output, as a table, JSON or CSV. */
#include "base/error.h"
#include "collect/collect.h"
#include "command/commands.h"
#include "command/filter_read.h"
#include "command/interrupt.h"
#include "command/list_rows.h"
#include "command/list_table.h"
#include "command/log_source.h"
#include "command/log_when.h"
#include "command/open_source.h"
#include "core/filter/filter.h"
#include "core/text/text.h"
#include "core/view.h"
#include "options/options.h"
#include "options/output.h"
#include "source/privilege.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_SILENT_MS 1000

struct list {
    const struct options *options;
    uint16_t columns[COLUMN_LIST_MAX];
    size_t column_count; /* 0: JSON with everything that is known */
    const struct column *sort;
    bool descending;
    struct filter *filter, *when; /* when: NULL = not given */
    struct column_context context;
    struct view view;
    struct buffer out;
};

#define COLUMN_NAMES_MAX 256
#define LISTENER_QUEUES  ",accept_queue,backlog" /* in a table its two queues stand for them */

/* For people, depending on the frame. For programs always the same; with the host where there are
 * several, since rows would be ambiguous without it. */
static const char *default_columns(const struct options *options, const struct frame *frame)
{
    if (frame && (options->output == OUTPUT_TABLE || frame->host_count > 0))
        return columns_for_list(frame);
    return COLUMNS_LIST;
}

/* frame: NULL = not yet made */
static void choose_columns(struct list *list, const struct frame *frame)
{
    const struct options *options = list->options;
    const char *names = options->columns, *bad;
    uint16_t chosen[COLUMN_LIST_MAX];
    char all[COLUMN_NAMES_MAX];
    size_t count = 0;

    if (!names && options->output == OUTPUT_JSON)
        return;
    if (!names) {
        snprintf(all, sizeof(all), "%s%s", default_columns(options, frame),
                 options->output == OUTPUT_CSV ? LISTENER_QUEUES : "");
        names = all;
    }
    (void)columns_parse(names, chosen, COLUMN_LIST_MAX, &count, &bad);
    if (options->output == OUTPUT_TABLE) {
        memcpy(list->columns, chosen, count * sizeof(chosen[0]));
        list->column_count = count;
        return;
    }
    (void)columns_expand(chosen, count, list->columns, COLUMN_LIST_MAX, &list->column_count);
}

static void choose_sort(struct list *list)
{
    const char *sort = list->options->sort;

    if (!sort && list->options->output == OUTPUT_TABLE)
        sort = "state";
    if (!sort)
        return;
    list->descending = *sort == '-';
    sort += list->descending;
    list->sort = column_find(sort, strlen(sort));
}

static struct wish make_wish(const struct list *list)
{
    struct wish wish = {.state_bits = state_class_bits(list->options->class),
                        .families = list->options->families};

    wish.needs = list->column_count ? columns_needs(list->columns, list->column_count)
                                    : NEED_OWNER | NEED_EXECUTABLE | NEED_GROUP | NEED_DETAIL;
    if (list->options->from) /* closed connections are not there any more */
        wish.state_bits &= ~STATE_BIT(STATE_DELETE_TCB);
    if (list->sort)
        wish.needs |= list->sort->needs;
    wish.needs |= filter_needs(list->filter);
    wish.needs &= ~(uint32_t)NEED_HOST_NAME;
    wish.state_bits &= filter_states(list->filter);
    return wish;
}

static int print_table(struct list *list)
{
    const struct list_table table = {.options = list->options,
                                     .columns = list->columns,
                                     .count = list->column_count,
                                     .context = &list->context,
                                     .view = &list->view};
    return list_table_print(&table, &list->out);
}

/* JSON or CSV. */
static int print_rows(struct list *list)
{
    const struct list_rows rows = {.columns = list->columns,
                                   .count = list->column_count,
                                   .context = &list->context,
                                   .view = &list->view};

    return list_rows_print(&rows, list->options->output, &list->out);
}

static int print_frame(struct list *list)
{
    static int (*const printers[])(struct list *) = {
        [OUTPUT_TABLE] = print_table, [OUTPUT_JSON] = print_rows, [OUTPUT_CSV] = print_rows};
    int error;

    list->view.sort = list->sort;
    list->view.descending = list->descending;
    list->view.accept = filter_accepts;
    list->view.accept_data = list->filter;
    error = view_sort_all(&list->view, &list->context);
    if (!error)
        error = printers[list->options->output](list);
    if (!error)
        error = output_flush(&list->out);
    return error;
}

/* Names match as a whole: a part of one finds nothing. */
static void report_hint(const struct list *list)
{
    char hint[FILTER_HINT_MAX];

    if (list->view.ranking.shown == 0 &&
        filter_hint(list->filter, list->context.frame, hint, sizeof(hint)))
        message("nothing matches the filter: names match as a whole, try %s", hint);
}

/* One line for each host whose rows are old or missing, or with anything unusual. */
static void report_hosts(const struct frame *frame)
{
    for (uint32_t i = 0; i < frame->host_count; i++) {
        const struct frame_host *host = &frame->hosts[i];
        if (host->state != HOST_ENDED && (host_state_is_old(host->state) || host->why[0]))
            message("%s: %s%s%s", host->name, words_name(&HOST_STATE_WORDS, host->state),
                    host->why[0] ? ": " : "", host->why);
    }
}

static void report_missing(const struct missing *missing)
{
    message("%s", missing->text[0] ? missing->text : "some connections could not be read");
}

/* For people only: programs ask for what they want. */
static void report_others(const struct frame *frame)
{
    char text[96];

    if (isatty(STDERR_FILENO) && other_netns_text(&frame->other_netns, text, sizeof(text)))
        message("%s", text);
}

static int show(struct list *list, const struct frame *frame)
{
    const struct missing *missing = &frame->missing;
    int error, code;

    list->context = (struct column_context){.frame = frame,
                                            .now_ns = frame->wall_ns,
                                            .ascii = output_is_ascii(),
                                            .with_args = list->options->with_args};
    choose_columns(list, frame);
    error = print_frame(list);
    if (!error)
        report_hint(list);
    if (!error)
        report_others(frame);
    code = output_exit_code(error);
    if (code != EXIT_DONE || error)
        return code;
    if ((missing->reasons & (MISSING_DUMP_PART | MISSING_SOCK_DIAG | MISSING_LOG | MISSING_PROC |
                             MISSING_NETNS | MISSING_MEMORY)) &&
        !(missing->reasons & MISSING_HOSTS))
        report_missing(missing);
    report_hosts(frame);
    return missing->reasons &
                   (MISSING_DUMP_PART | MISSING_LOG | MISSING_PROC | MISSING_HOSTS | MISSING_MEMORY)
               ? EXIT_PARTLY
               : EXIT_DONE;
}

/* Reports a part of the log that could not be read, where the frame does not say so. */
static int check_log(const struct list *list, struct source *source, const struct frame *frame,
                     int code)
{
    const char *fault = list->options->from ? log_source_fault(list->options, source) : "";

    if (code != EXIT_DONE || !fault[0] || frame->missing.reasons & MISSING_LOG)
        return code;
    message("%s", fault);
    return EXIT_PARTLY;
}

/* Nothing has come out of the pipe yet: wait as cat does, but say so. */
static void wait_for_log(const struct list *list, const struct source *source, bool *said)
{
    struct pollfd log = {.fd = log_source_descriptor(list->options, source), .events = POLLIN};

    if (poll(&log, 1, *said ? -1 : WAIT_SILENT_MS) != 0)
        return;
    message("%s: nothing has been written to it yet: waiting", list->options->from);
    *said = true;
}

static int take_frame(const struct list *list, struct collector *collector,
                      const struct source *source, struct frame **frame)
{
    bool said = false;
    int error = collector_step(collector, frame);

    while (error == -EAGAIN && list->options->from) {
        wait_for_log(list, source, &said);
        error = collector_step(collector, frame);
    }
    return error;
}

static void report_failure(const struct list *list, struct collector *collector, int error)
{
    char trouble[160] = "";

    collector_trouble(collector, trouble, sizeof(trouble));
    if (list->options->from && error == -ENODATA)
        message("%s: it has no whole frame", list->options->from);
    else if (list->options->from && trouble[0])
        message("%s: %s", list->options->from, trouble);
    else
        message("no connections could be read: %s", trouble[0] ? trouble : error_text(error));
}

/* The first frame of a collector without a thread. Takes over the source. */
static int list_source(struct list *list, struct source *source)
{
    struct collector_settings settings = {.source = source,
                                          .wish = make_wish(list),
                                          .walk_by_bpf = options_may_use_bpf(list->options),
                                          .every_netns = options_netns(list->options) != NULL};
    struct collector *collector = NULL;
    struct frame *frame = NULL;
    int error = collector_new(&collector, &settings), code = EXIT_FAILED;

    if (error) {
        source_close(source);
        message("%s", error_text(error));
        return EXIT_FAILED;
    }
    interrupt_on_signal(source);
    error = take_frame(list, collector, source, &frame);
    privilege_keep(0); /* everything has been read */
    if (error == -EINTR)
        code = EXIT_FAILED;
    else if (error)
        report_failure(list, collector, error);
    else if (list->options->from || source->ops->interrupt)
        code = check_log(list, source, frame, show(list, frame));
    else {
        collector_free(collector); /* it frees about as much memory as printing needs */
        collector = NULL;
        code = show(list, frame);
    }
    frame_release(frame);
    collector_free(collector);
    interrupt_end();
    return code;
}

/* Goes to the frame that --when selects, and reports its time. -1, or the exit code. */
static int seek_when(const struct list *list, struct source *source)
{
    char why[OPEN_SOURCE_WHY_MAX], time[40];
    int64_t wall_ns;
    const int error = log_when_seek(source, list->when, &wall_ns, why, sizeof(why));

    if (error) {
        message("%s", why);
        return error == -ENODATA ? EXIT_PARTLY : EXIT_FAILED;
    }
    text_rfc3339(time, sizeof(time), wall_ns);
    message("--when: the frame of %s", time);
    return -1;
}

static int read_filters(struct list *list)
{
    const bool machines = options_have_hosts(list->options);
    const unsigned flags = (machines ? 0 : FILTER_RESOLVES_HOSTS) | filter_machines(list->options);
    int code = filter_read(&list->filter, list->options->filter, flags);

    if (code < 0 && list->options->when)
        code = filter_read(&list->when, list->options->when, FILTER_KNOWS_MACHINES);
    if (code >= 0 || !list->when || !filter_needs_kernel(list->when))
        return code;
    message("--when: autobound: only the kernel can test it");
    return EXIT_USAGE;
}

static int list_filtered(struct list *list)
{
    struct source *source = NULL;
    char why[OPEN_SOURCE_WHY_MAX];
    int error, code = read_filters(list);

    if (code >= 0)
        return code;
    if (list->options->demo && filter_needs_kernel(list->filter)) {
        message("filter: autobound: only the kernel can test it, and --demo has none");
        return EXIT_USAGE;
    }
    error = open_source_filtered(&source, list->options, list->filter, why);
    if (error) {
        message("%s", why);
        return error == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
    }
    if (why[0])
        message("%s", why);
    if (list->when && (code = seek_when(list, source)) >= 0) {
        source_close(source);
        return code;
    }
    code = list_source(list, source);
    return code == EXIT_DONE && why[0] ? EXIT_PARTLY : code;
}

int cmd_list(const struct options *options)
{
    struct list list = {.options = options};
    int code;

    choose_columns(&list, NULL);
    choose_sort(&list);
    view_init(&list.view);
    buffer_init(&list.out);
    code = list_filtered(&list);
    buffer_done(&list.out);
    view_done(&list.view);
    filter_free(list.filter);
    filter_free(list.when);
    return code;
}
