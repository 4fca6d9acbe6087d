/* Reads frame after frame: conditions on rows have no index. */
#include "command/log_when.h"

#include "base/error.h"
#include "core/text/text.h"

#include <errno.h>
#include <stdio.h>

static bool has_match(const struct frame *frame, const struct filter *filter)
{
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};

    for (uint32_t i = 0; i < frame->live_count; i++)
        if (filter_accepts(filter, &context, &frame->conns[i]))
            return true;
    return false;
}

/* 1: no row matches in this frame. */
static int try_next(struct source *log, struct frame_pool *pool, const struct filter *filter,
                    int64_t *wall_ns)
{
    const struct wish everything = {.state_bits = 0};
    struct frame *frame = frame_new(pool);
    int error = frame ? source_next(log, frame, &everything) : -ENOMEM;

    if (!error) {
        *wall_ns = frame->wall_ns;
        error = has_match(frame, filter) ? 0 : 1;
    }
    frame_release(frame);
    return error;
}

int log_when_seek(struct source *log, const struct filter *filter, int64_t *wall_ns, char *why,
                  size_t size)
{
    const struct source_travel *travel = log->ops->travel;
    struct frame_pool *pool = frame_pool_new();
    int64_t first_ns = 0, last_ns;
    int error = pool ? travel->span(log, &first_ns, &last_ns) : -ENOMEM;
    char time[40];

    first_ns = 0;
    if (!error)
        error = travel->peek(log, &first_ns);
    do {
        error = error < 0 ? error : try_next(log, pool, filter, wall_ns);
    } while (error == 1);
    if (pool)
        frame_pool_release(pool);
    if (!error)
        error = travel->seek(log, *wall_ns);
    text_rfc3339(time, sizeof(time), first_ns);
    if (error == -ENODATA && first_ns)
        snprintf(why, size, "--when: no row matches, from the frame of %s on", time);
    else if (error && error != -EINTR)
        snprintf(why, size, "--when: %s",
                 error == -ESPIPE    ? "a pipe cannot be searched: give a file"
                 : error == -ENODATA ? "the log has no whole frame"
                                     : error_text(error));
    return error == -ENODATA && !first_ns ? -EBADMSG : error;
}
