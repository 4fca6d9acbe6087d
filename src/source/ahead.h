/* ahead: prepares the first frame in a second thread while its rows are dumped: memory for the
 * rows, and the walk over the descriptors of their owners. With few rows, or one processor, it does
 * nothing. */
#ifndef TCPLENS_SOURCE_AHEAD_H
#define TCPLENS_SOURCE_AHEAD_H

#include "base/worker.h"
#include "core/frame.h"
#include "core/wish.h"

#define AHEAD_ROWS_LEAST 4096u

struct owners;

struct ahead {
    struct worker worker;
    struct owners *owners; /* NULL: no walk */
    struct ahead_memory {
        char *begin, *end;
    } memory[2];
};

#define AHEAD_NONE ((struct ahead){.worker = WORKER_NONE})

/* For a frame with room for the expected rows, if those are at least `least`. Until ahead_end() the
 * owners must not be used otherwise (NULL: none are needed). */
void ahead_begin(struct ahead *ahead, const struct frame *frame, struct owners *owners,
                 const struct wish *wish, uint32_t least);
/* Waits for it. */
void ahead_end(struct ahead *ahead);

#endif
