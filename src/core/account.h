/* Accounts: counts what connections carried between two frames, each byte once, including those
 * that ended in between; and keeps the flows, which stand for connections without a row.
 * Independent of ghosts. Used by track only. Pure. */
#ifndef TCPLENS_CORE_ACCOUNT_H
#define TCPLENS_CORE_ACCOUNT_H

#include "base/map.h"
#include "core/endings.h"
#include "core/ghost.h"
#include "core/lately.h"
#include "core/netns_time.h"
#include "core/port_set.h"
#include "core/rates.h"

#define ACCOUNT_FLOWS_MOST 4096u /* further ones are counted in one flow without an owner */

/* Gets what each connection carried, as it is counted. `whose`: its row, or the key of a flow that
 * stands for it, whose tuple is incomplete; its indexes refer to `frame`, which has all its
 * rows. */
struct account_sink {
    void (*carried)(void *data, const struct frame *frame, const struct conn *whose,
                    const struct tuple *tuple, const struct counters *grown);
    void *data;
};

struct account {
    struct account_sink sink; /* carried NULL: none */
    struct endings endings;
    struct hash_index flow_index;
    uint64_t flow_serial;
    int64_t began_ns;                         /* mono_ns of the first frame */
    struct lately_rows lately, lately_before; /* of the rows of next and of previous */
    /* rows read since the last complete reading, by cookie: how many milliseconds after it */
    struct map readings;
    struct port_set listening; /* in the last frame */
    struct port_set coming;    /* the same, of the present frame */

    /* of the present frame */
    struct ghost_copier *copier;
    const struct frame *previous;
    struct frame *next;
    struct netns_time time; /* of the namespace of the present row */
    int64_t elapsed_ns;     /* since the last frame */
    uint32_t slots_passed;  /* of struct lately, since previous */
    bool some_stand;        /* next or previous read only some of their rows */
    bool ends_come;         /* ends are reported: a row that left waits for its end */
    uint32_t last_owner;    /* index in next of the process that the last ending named */
    int error;              /* -ENOMEM: flows are missing in it */
};

void account_done(struct account *account);
/* The end of a socket, before the frame that follows it is tracked. 0 or -ENOMEM. */
int account_note_end(struct account *account, const struct socket_end *end);

/* Its end was reported, or it left the rows. */
static inline bool account_has_ending(const struct account *account, const struct conn *conn)
{
    return account->endings.count &&
           endings_find(&account->endings, conn->cookie, conn->netns) != NULL;
}

/* For each frame: begin; then each row of previous without a successor, and each row of next; then
 * finish. */
void account_begin(struct account *account, struct ghost_copier *copier,
                   const struct frame *previous, struct frame *next);
/* A row of previous has no row in next, or one without counters. */
void account_left(struct account *account, const struct conn *previous);
/* A row of next, with its row in previous. Sets its rates. */
void account_row(struct account *account, const struct conn *previous, struct conn *conn);
/* The same for a row that was not read for this frame. */
void account_standing_row(struct account *account, const struct conn *previous, struct conn *conn);
/* A row of next that has none in previous; its KNOWN_OPENED is decided. */
void account_new_row(struct account *account, struct conn *conn);
/* Counts the sockets that were never in a frame, and the totals of the flows. */
void account_finish(struct account *account);

#endif
