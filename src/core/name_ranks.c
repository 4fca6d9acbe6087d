/* name_ranks: names sorted, then numbered. */
#include "core/name_ranks.h"

#include "base/grow.h"
#include "base/sort.h"
#include "core/text/text.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right, void *data)
{
    const struct name_rank *a = left, *b = right;
    const struct proc *procs = data;

    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return strcmp(procs[a->proc].comm, procs[b->proc].comm);
}

int name_ranks_take(struct name_ranks *ranks, const struct frame *frame)
{
    const uint32_t count = frame->proc_count;
    uint32_t rank = 0;
    const int error = GROW(ranks->list, ranks->capacity, count);

    if (error)
        return error;
    struct name_rank *list = ranks->list;
    ranks->count = count;
    for (uint32_t i = 0; i < count; i++)
        list[i] = (struct name_rank){.begin = text_key(frame->procs[i].comm), .proc = i};
    sort_items_by(list, count, sizeof(*list), compare, frame->procs);
    for (uint32_t i = 0; i < count; i++) {
        rank += i > 0 && compare(&list[i - 1], &list[i], frame->procs) != 0;
        list[list[i].proc].rank = frame->procs[list[i].proc].comm[0] ? rank : NAME_RANK_LAST;
    }
    return 0;
}

void name_ranks_done(struct name_ranks *ranks)
{
    free(ranks->list);
    *ranks = (struct name_ranks){0};
}
