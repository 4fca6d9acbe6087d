/* pages: opens the pages of a row. Independent of what they draw. */
#include "ui/pages.h"

#include <stdio.h>

#define OWNER_TEXT_MAX 160

bool pages_is_process(const struct proc *proc, const struct process_identity *identity)
{
    return proc && proc->pid == identity->pid &&
           (!identity->start_ticks || proc->start_ticks == identity->start_ticks);
}

void pages_no_owner_text(const struct column_context *context, const struct conn *conn, char *out,
                         size_t size)
{
    static const char *const TEXTS[] = {
        [OWNER_UNKNOWN] = "its process is still being looked up",
        [OWNER_PROCESS] = "its process has exited",
        [OWNER_HIDDEN] = "its process is hidden: needs CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH",
        [OWNER_NONE] = "no process holds it",
        [OWNER_LAST] = "no process holds it now",
        [OWNER_LISTENER] = "no process has accepted it yet",
        [OWNER_UNSEEN] = "its process is not seen from here: another pid namespace's may hold it",
    };
    const struct proc *proc = frame_owner(context->frame, conn);
    if (conn->owner_word == OWNER_LAST && proc)
        snprintf(out, size, "%s %d held it before, no process holds it now", proc->comm, proc->pid);
    else if (conn->owner_word == OWNER_LISTENER && proc)
        snprintf(out, size, "%s %d has not accepted it yet: no process holds it", proc->comm,
                 proc->pid);
    else if (conn->owner_word == OWNER_HIDDEN && context->frame->missing.hidden_why)
        snprintf(out, size, "its process is hidden: %s", context->frame->missing.hidden_why);
    else
        snprintf(out, size, "%s", TEXTS[conn->owner_word <= OWNER_UNSEEN ? conn->owner_word : 0]);
}

void pages_open_connection(struct screen *screen, const struct conn *conn)
{
    screen_open_page(screen, &PANE_CONNECTION, conn);
}

void pages_open_process(struct screen *screen, const struct proc *proc)
{
    const struct process_identity identity = {proc->host, proc->pid, proc->start_ticks};
    screen_open_page(screen, &PANE_PROCESS, &identity);
}

void pages_open_owner(struct screen *screen, const struct conn *conn)
{
    const struct picture *picture = screen_picture(screen);
    const struct proc *owner = frame_owner(picture->frame, conn);
    char text[OWNER_TEXT_MAX];
    if (conn->owner_word == OWNER_PROCESS && conn->owner_count > 1) {
        const struct socket_set set = {.serial = conn->serial};
        screen_open_page(screen, &PANE_HOLDERS, &set);
    } else if (conn->owner_word == OWNER_PROCESS && owner) {
        pages_open_process(screen, owner);
    } else {
        pages_no_owner_text(&picture->context, conn, text, sizeof(text));
        screen_say(screen, ROLE_NOTICE, "%s", text);
    }
}
