/* screen_acts: the targets of acts, why acts are refused, and their results. The harmful functions
 * are passed in (acts.h). */
#include "ui/screen/acts.h"

#include "base/clock.h"
#include "core/host_shell.h"
#include "ui/screen/state.h"
#include "ui/screen/views.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NETNS_OPTION_MAX 24

#define GIVE_UP_NS     (3 * SECOND_NS)
#define LOOK_NS        (SECOND_NS / 20)
#define LINE_MAX_BYTES 1024
#define COPY_MAX       65536u /* xterm takes no more at once */

static const struct proc *process_under_cursor(struct screen *screen)
{
    const struct pane *pane = screen_top_pane(screen);
    if (!pane || !pane->ops->process || !screen->picture.frame)
        return NULL;
    return pane->ops->process(pane, &screen->picture);
}

static const struct conn *row_under_cursor(struct screen *screen)
{
    const struct pane *pane = screen_top_pane(screen);
    if (!pane || !pane->ops->selection || !screen->picture.frame)
        return NULL;
    return pane->ops->selection(pane, &screen->picture);
}

static size_t text_under_cursor(struct screen *screen, char *out, size_t size)
{
    const struct pane *pane = screen_top_pane(screen);
    if (!pane || !pane->ops->text || !screen->picture.frame)
        return 0;
    return pane->ops->text(pane, &screen->picture, out, size);
}

static const struct finding *finding_under_cursor(struct screen *screen)
{
    const struct pane *pane = screen_top_pane(screen);
    if (!pane || !pane->ops->finding || !screen->picture.frame)
        return NULL;
    return pane->ops->finding(pane, &screen->picture);
}

/* NULL: acts may apply to its rows. */
static const char *refusal_of_finding(const struct finding *finding)
{
    if (finding->ended_ns)
        return "this finding has ended; Enter shows what its filter finds now";
    if (!finding->filter[0])
        return "no rows belong to this finding (i: what it means)";
    return NULL;
}

static void add_rows_of(struct screen *screen, const struct finding *finding, struct tags *set)
{
    const struct frame *frame = screen->picture.frame;
    struct filter *filter = NULL;
    struct filter_error error;
    if (filter_parse(&filter, finding->filter, screen->settings.filter_names, &error) != 0)
        return;
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (filter_accepts(filter, &screen->picture.context, &frame->conns[i]) &&
            tags_toggle(set, frame->conns[i].serial) != 0)
            break; /* out of memory: the dialog shows the rows it got */
    filter_free(filter);
}

/* The targets of an act, if more than the row under the cursor: tagged rows, else those of the
 * finding under it. */
static struct act_rows choose_rows(struct screen *screen)
{
    const struct finding *finding = finding_under_cursor(screen);
    struct act_rows rows = {
        .set = screen->acting.tags, .one = "tagged connection", .several = "tagged connections"};
    if (rows.set.count > 0 || !finding)
        return rows;
    rows = (struct act_rows){.one = "connection of the finding",
                             .several = "connections of the finding"};
    add_rows_of(screen, finding, &rows.set);
    return rows;
}

static void drop_rows(struct screen *screen, struct act_rows *rows)
{
    if (rows->set.serials != screen->acting.tags.serials)
        tags_done(&rows->set);
}

/* True if rows show the present machine: neither a log nor the history. */
static bool is_live(const struct screen *screen)
{
    return screen->settings.live && screen->picture.live && !screen->picture.paused;
}

/* "--netns 4026532401 " for a row of a container there: else tcplens looks in its own. */
static const char *netns_option(const struct frame *frame, const struct conn *conn,
                                char out[NETNS_OPTION_MAX])
{
    const struct frame_netns *netns = frame_find_netns(frame, conn->netns);

    out[0] = '\0';
    if (netns && netns->inode && !netns->is_host && !netns->is_own)
        snprintf(out, NETNS_OPTION_MAX, "--netns %u ", netns->inode);
    return out;
}

/* What a person types on the host of the row for it; false: it does not fit, and would do something else if cut. */
static bool put_there(const struct frame *frame, const struct frame_host *host,
                      const struct conn *conn, int32_t pid, char text[ACTS_TEXT_MAX])
{
    char shell[HOST_SHELL_MAX], netns[NETNS_OPTION_MAX];
    const char *words = host_shell(host, pid == 0, shell);
    int length;

    if (!words)
        return false;
    if (pid)
        length = snprintf(text, ACTS_TEXT_MAX, "it is on %.40s: %skill %d", host->name, words, pid);
    else
        length = snprintf(text, ACTS_TEXT_MAX, "it is on %.40s: %stcplens close %scookie %" PRIx64,
                          host->name, words, netns_option(frame, conn, netns), conn->cookie);
    return length < ACTS_TEXT_MAX;
}

/* For rows of another machine, shows the command to run there instead, unless the row is old and
 * its pid or cookie may be stale. */
static bool is_elsewhere(struct screen *screen, const struct command *command,
                         char text[ACTS_TEXT_MAX])
{
    const struct frame *frame = screen->picture.frame;
    const struct conn *conn = row_under_cursor(screen);
    const struct proc *proc = process_under_cursor(screen);

    if (!frame || frame->host_count == 0)
        return false;
    if (!proc && conn && command->id == COMMAND_SIGNAL)
        proc = frame_owner(frame, conn);
    const struct frame_host *host = proc   ? frame_find_host(frame, proc->host)
                                    : conn ? frame_host_of(frame, conn->netns)
                                           : NULL;
    const char *name = host ? host->name : "another host";
    const bool signals = command->id == COMMAND_SIGNAL && proc;
    const bool closes = command->id == COMMAND_CLOSE && conn && conn->cookie;
    if (host && host_state_is_old(host->state))
        snprintf(text, ACTS_TEXT_MAX, "%.60s is %s: its rows are old, nothing is done there", name,
                 words_name(&HOST_STATE_WORDS, host->state));
    else if (!host || !(signals || closes) ||
             !put_there(frame, host, conn, signals ? proc->pid : 0, text))
        snprintf(text, ACTS_TEXT_MAX, "on %.60s nothing is signalled or closed from here", name);
    return true;
}

/* Why nothing may be signalled or closed at all; NULL = allowed. */
static const char *refusal(const struct screen *screen)
{
    const struct screen_acts *acts = screen->settings.acts;
    if (!screen->settings.live)
        return "this is a log: nothing in it can be signalled or closed";
    if (!screen->picture.live)
        return "this is the history: return to live (L) to signal or close";
    if (screen->picture.paused)
        return "paused: rows may have closed since; resume (p) to signal or close";
    if (!acts)
        return "nothing can be signalled or closed here";
    return acts->refused;
}

bool screen_acts_can(struct screen *screen, const struct command *command, char text[ACTS_TEXT_MAX])
{
    const char *why = NULL;
    bool tagged = screen->acting.tags.count > 0;
    bool row = row_under_cursor(screen) != NULL;
    const bool harms = command->id == COMMAND_SIGNAL || command->id == COMMAND_CLOSE;
    const struct finding *finding = finding_under_cursor(screen);
    if (harms && is_live(screen) && is_elsewhere(screen, command, text))
        return false;
    if (harms) {
        why = refusal(screen);
        if (!why && finding && !tagged)
            why = refusal_of_finding(finding);
        row |= finding != NULL;
    }
    if (!why && command->id == COMMAND_SIGNAL && !tagged && !row && !process_under_cursor(screen))
        why = "no process is under the cursor";
    if (!why && command->id == COMMAND_CLOSE && !tagged && !row)
        why = "no connection is under the cursor (Enter shows those of a process or a peer)";
    if (!why && command->id == COMMAND_TAG && !row)
        why = finding ? "only connections can be tagged; Enter shows those of the finding"
                      : "only connections can be tagged";
    if (!why && command->id == COMMAND_UNTAG && !tagged)
        why = "nothing is tagged";
    if (!why && command->id == COMMAND_COPY && !row && !process_under_cursor(screen) &&
        text_under_cursor(screen, NULL, 0) == 0)
        why = "nothing is under the cursor";
    snprintf(text, ACTS_TEXT_MAX, "%s", why ? why : "");
    return why == NULL;
}

/* The finding under the cursor has no rows any more. */
static bool has_nothing(struct screen *screen, const struct act_rows *rows)
{
    if (rows->set.count > 0 || !finding_under_cursor(screen))
        return false;
    screen_say(screen, ROLE_NOTICE, "the finding has no rows in this frame");
    return true;
}

/* Rows that wait for accept() have no holder yet: then the target is the process that the finding
 * names. */
static const struct proc *subject_process(const struct frame *frame, const struct finding *finding)
{
    for (uint32_t i = 0; i < frame->proc_count; i++)
        if (frame->procs[i].pid == finding->subject.pid &&
            frame->procs[i].start_ticks == finding->subject.start_ticks)
            return &frame->procs[i];
    return NULL;
}

static struct signal_request *request_signal(struct screen *screen, const struct act_rows *rows,
                                             char text[ACTS_TEXT_MAX])
{
    const struct finding *finding = finding_under_cursor(screen);
    const struct proc *proc = process_under_cursor(screen);
    struct signal_request *request = signal_request_new(
        screen->settings.acts, &screen->picture, rows, proc, row_under_cursor(screen),
        screen_top_pane(screen)->ops == &PANE_LISTENERS, text);
    if (request || !finding || screen->acting.tags.count > 0)
        return request;
    proc = subject_process(screen->picture.frame, finding);
    return proc ? signal_request_new(screen->settings.acts, &screen->picture, &(struct act_rows){0},
                                     proc, NULL, false, text)
                : NULL;
}

static void open_signal(struct screen *screen)
{
    char text[ACTS_TEXT_MAX];
    struct act_rows rows = choose_rows(screen);
    if (has_nothing(screen, &rows))
        return;
    struct signal_request *request = request_signal(screen, &rows, text);
    drop_rows(screen, &rows);
    if (!request)
        screen_say(screen, ROLE_NOTICE, "%s", text);
    else if (screen_open_page(screen, &PANE_SIGNAL, request) != 0)
        signal_request_free(request);
}

static void open_close(struct screen *screen)
{
    char text[ACTS_TEXT_MAX];
    struct act_rows rows = choose_rows(screen);
    if (has_nothing(screen, &rows))
        return;
    struct close_request *request = close_request_new(screen->settings.acts, &screen->picture,
                                                      &rows, row_under_cursor(screen), text);
    drop_rows(screen, &rows);
    if (!request)
        screen_say(screen, ROLE_NOTICE, "%s", text);
    else if (screen_open_page(screen, &PANE_CLOSE, request) != 0)
        close_request_free(request);
}

static void tag(struct screen *screen)
{
    static const struct command DOWN = {.id = COMMAND_DOWN};
    struct pane *pane = screen_top_pane(screen);
    const struct conn *conn = row_under_cursor(screen);
    if (conn_is_ghost(conn) || tags_toggle(&screen->acting.tags, conn->serial) != 0)
        return;
    if (pane->ops->command)
        pane->ops->command(pane, &DOWN);
}

static void untag(struct screen *screen)
{
    screen_say(screen, ROLE_NORMAL, "%" PRIu32 " untagged", screen->acting.tags.count);
    tags_clear(&screen->acting.tags);
}

static void put_row(const struct picture *picture, const struct conn *conn, struct buffer *out)
{
    static const char *const COLUMNS[] = {"local", "remote", "state", "process", "pid"};
    struct column_context numbers = picture->context;
    char text[256];
    numbers.lookup = NULL;
    for (size_t i = 0; i < sizeof(COLUMNS) / sizeof(COLUMNS[0]); i++) {
        column_format(column_find(COLUMNS[i], strlen(COLUMNS[i])), &numbers, conn, text,
                      sizeof(text));
        if (i > 0 && text[0])
            buffer_char(out, ' ');
        buffer_text(out, text);
    }
}

static void copy(struct screen *screen)
{
    const struct picture *picture = &screen->picture;
    const struct conn *conn = row_under_cursor(screen);
    const struct proc *proc = process_under_cursor(screen);
    struct buffer text;
    buffer_init(&text);
    if (conn) {
        put_row(picture, conn, &text);
    } else if (proc) {
        char pid[24];
        snprintf(pid, sizeof(pid), " %d", proc->pid);
        buffer_text(&text, proc->comm);
        buffer_text(&text, pid);
    } else {
        char line[LINE_MAX_BYTES] = "";
        text_under_cursor(screen, line, sizeof(line));
        buffer_text(&text, line);
    }
    if (!text.failed && text.length <= COPY_MAX) {
        term_copy(screen->term, text.data, text.length);
        screen_say(screen, ROLE_NORMAL, "copied: %.*s", (int)text.length, text.data);
    }
    buffer_done(&text);
}

bool screen_acts_command(struct screen *screen, const struct command *command)
{
    static const struct {
        enum command_id id;
        void (*run)(struct screen *screen);
    } ACTS[] = {{COMMAND_SIGNAL, open_signal},
                {COMMAND_CLOSE, open_close},
                {COMMAND_TAG, tag},
                {COMMAND_UNTAG, untag},
                {COMMAND_COPY, copy}};
    char why[ACTS_TEXT_MAX];
    for (size_t i = 0; i < sizeof(ACTS) / sizeof(ACTS[0]); i++) {
        if (ACTS[i].id != command->id)
            continue;
        if (screen_acts_can(screen, command, why))
            ACTS[i].run(screen);
        else
            screen_say(screen, ROLE_NOTICE, "%s", why);
        return true;
    }
    return false;
}

static void stop_watching(struct screen *screen)
{
    struct acting *acting = &screen->acting;
    for (size_t i = 0; i < acting->watched; i++)
        screen->settings.acts->release(&acting->watches[i].process);
    acting->watched = 0;
}

void screen_acts_watch(struct screen *screen, struct acts_process *processes, size_t count,
                       const struct acts_signal *signal)
{
    struct acting *acting = &screen->acting;
    stop_watching(screen);
    for (size_t i = 0; i < count && i < ACT_PROCESSES; i++) {
        acting->watches[i] = (struct watch){.process = processes[i]};
        processes[i].descriptor = -1;
    }
    acting->watched = count < ACT_PROCESSES ? count : ACT_PROCESSES;
    acting->sent = *signal;
    acting->sent_ns = clock_mono_ns();
    acting->still_there = 0;
    if (count == 1)
        screen_say(screen, ROLE_NORMAL, "%s sent to %s %d", signal->name,
                   acting->watches[0].process.name, acting->watches[0].process.pid);
    else
        screen_say(screen, ROLE_NORMAL, "%s sent to %zu processes", signal->name, count);
}

static void say_exited(struct screen *screen, double seconds)
{
    const struct acting *acting = &screen->acting;
    const struct acts_process *first = &acting->watches[0].process;
    if (acting->watched == 1)
        screen_say(screen, ROLE_GOOD, "%s %d exited %.1f s after %s", first->name, first->pid,
                   seconds, acting->sent.name);
    else
        screen_say(screen, ROLE_GOOD, "all %zu exited %.1f s after %s", acting->watched, seconds,
                   acting->sent.name);
}

static void say_still_there(struct screen *screen, size_t exited)
{
    struct acting *acting = &screen->acting;
    const struct acts_process *left = NULL;
    char others[48] = "", before[48] = "";
    for (size_t i = 0; i < acting->watched && !left; i++)
        if (!acting->watches[i].exited)
            left = &acting->watches[i].process;
    size_t more = acting->watched - exited - 1;
    if (more > 0)
        snprintf(others, sizeof(others), " and %zu more", more);
    if (exited > 0)
        snprintf(before, sizeof(before), "%zu of %zu exited; ", exited, acting->watched);
    bool killed = strcmp(acting->sent.name, "KILL") == 0;
    screen_say(screen, ROLE_NOTICE, "%s%s %d%s %s still there 3 s after %s; %s", before, left->name,
               left->pid, others, more > 0 ? "are" : "is", acting->sent.name,
               killed ? "the kernel has not ended it yet" : "F9 again for KILL");
    acting->still_there = left->pid;
    acting->still_there_ticks = left->start_ticks;
}

int64_t screen_acts_look(struct screen *screen, int64_t now_ns)
{
    struct acting *acting = &screen->acting;
    size_t exited = 0;
    if (acting->watched == 0)
        return INT64_MAX;
    for (size_t i = 0; i < acting->watched; i++) {
        struct watch *watch = &acting->watches[i];
        if (!watch->exited)
            watch->exited = screen->settings.acts->exited(&watch->process);
        exited += watch->exited;
    }
    int64_t since = now_ns - acting->sent_ns;
    if (exited == acting->watched)
        say_exited(screen, (double)since / 1e9);
    else if (since >= GIVE_UP_NS && acting->sent.ends)
        say_still_there(screen, exited);
    else if (since < GIVE_UP_NS)
        return now_ns + LOOK_NS;
    stop_watching(screen);
    return INT64_MAX;
}

bool screen_acts_outlived(struct screen *screen, const struct acts_process *process)
{
    const struct acting *acting = &screen->acting;
    return acting->still_there == process->pid && acting->still_there_ticks == process->start_ticks;
}

void screen_acts_done(struct screen *screen)
{
    if (screen->settings.acts)
        stop_watching(screen);
    tags_done(&screen->acting.tags);
}
