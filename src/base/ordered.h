/* ordered: several threads make pieces of work, the caller takes them one after the other, in
 * order. Any thread may make any piece. */
#ifndef TCPLENS_BASE_ORDERED_H
#define TCPLENS_BASE_ORDERED_H

#include <stdint.h>

#define ORDERED_THREADS_MOST 4u
#define ORDERED_PLACES       16u /* pieces made and not yet taken, at most */

struct ordered {
    uint32_t pieces;
    /* Makes a piece. thread: < ORDERED_THREADS_MOST, the number of the calling thread; place: <
     * ORDERED_PLACES, reserved for this piece until it is taken. */
    void (*make)(void *data, uint32_t piece, unsigned thread, unsigned place);
    /* In the caller's thread. Anything but 0 stops the run. */
    int (*take)(void *data, uint32_t piece, unsigned place);
    void *data;
};

/* 0, or what take() returned. No thread is left when it returns; where none can be started the
 * caller makes all pieces. */
int ordered_run(const struct ordered *work);

#endif
