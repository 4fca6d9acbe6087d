/* lately: sums over slots. Independent of frames. */
#include "core/lately.h"

#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

uint32_t lately_passed(int64_t from_ns, int64_t to_ns)
{
    const int64_t passed = to_ns / LATELY_SLOT_NS - from_ns / LATELY_SLOT_NS;
    if (passed < 0)
        return 0;
    return passed < LATELY_SLOTS ? (uint32_t)passed : LATELY_SLOTS;
}

static void age(uint64_t *slots, uint32_t passed)
{
    memmove(slots + passed, slots, (LATELY_SLOTS - passed) * sizeof(*slots));
    memset(slots, 0, passed * sizeof(*slots));
}

void lately_age(struct lately *lately, uint32_t passed)
{
    if (!passed)
        return;
    age(lately->sent, passed);
    age(lately->retrans, passed);
}

void lately_add(struct lately *lately, const struct counters *grown)
{
    lately->sent[0] += grown->bytes_sent;
    lately->retrans[0] += grown->bytes_retrans;
}

void lately_merge(struct lately *lately, const struct lately *more)
{
    for (uint32_t i = 0; i < LATELY_SLOTS; i++) {
        lately->sent[i] += more->sent[i];
        lately->retrans[i] += more->retrans[i];
    }
}

void lately_show(const struct lately *lately, struct conn *conn)
{
    conn->sent_10s = conn->retrans_10s = 0;
    for (uint32_t i = 0; i < LATELY_SLOTS; i++) {
        conn->sent_10s += lately->sent[i];
        conn->retrans_10s += lately->retrans[i];
    }
}

void lately_rows_done(struct lately_rows *rows)
{
    free(rows->list);
    free(rows->places);
    *rows = (struct lately_rows){0};
}

const struct lately *lately_rows_find(const struct lately_rows *rows, uint32_t row)
{
    return &rows->list[rows->places[row]];
}

struct lately *lately_rows_add(struct lately_rows *rows, uint32_t row)
{
    if (GROW(rows->list, rows->capacity, rows->count + 1) ||
        GROW(rows->places, rows->place_capacity, row + 1))
        return NULL;
    rows->places[row] = rows->count;
    struct lately *added = &rows->list[rows->count++];
    *added = (struct lately){0};
    return added;
}
