/* ordered: pieces of work that several threads make and the caller takes one after the other, in
 * order. Which thread makes which piece, and when, is left open. */
#ifndef TCPLENS_BASE_ORDERED_H
#define TCPLENS_BASE_ORDERED_H

#include <stdint.h>

#define ORDERED_THREADS_MOST 4u
#define ORDERED_PLACES       16u /* pieces that are made and not taken yet, at most */

struct ordered {
    uint32_t pieces;
    /* Makes a piece. thread: < ORDERED_THREADS_MOST, of the calling thread alone; place: <
     * ORDERED_PLACES, of this piece alone until it has been taken. */
    void (*make)(void *data, uint32_t piece, unsigned thread, unsigned place);
    /* In the caller's thread. Anything but 0 ends the whole. */
    int (*take)(void *data, uint32_t piece, unsigned place);
    void *data;
};

/* 0, or what take() returned. No thread is left when it returns; where none can be started the
 * caller makes all pieces. */
int ordered_run(const struct ordered *work);

#endif
