/* zst: a session log in zstd frames: finding where each frame ends without decompressing it, the
 * mark before a keyframe, and the index at the end. Reads by pread only; writes into buffers. Marks
 * and index are skippable frames, which zstdcat ignores. */
#ifndef TCPLENS_SESSION_ZST_H
#define TCPLENS_SESSION_ZST_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

#define ZST_CHUNK_MAX   (1u << 20) /* bytes of whole lines in one frame, unless one line is longer */
#define ZST_MARK_LENGTH 32u
#define ZST_KEYS_MAX    (1u << 20)

/* A keyframe: where its mark begins, its time, and the number of events from it to the next one. */
struct zst_key {
    uint64_t offset;
    int64_t wall_ns;
    uint32_t frames, opened, changed, closed;
};

struct zst_keys {
    struct zst_key *list;
    uint32_t count, capacity;
};

void zst_keys_done(struct zst_keys *keys);
int zst_keys_add(struct zst_keys *keys, const struct zst_key *key); /* 0, -ENOMEM, -E2BIG */

enum zst_kind { ZST_DATA, ZST_MARK, ZST_INDEX, ZST_SKIP };

struct zst_frame {
    enum zst_kind kind;
    uint64_t length; /* of the whole frame */
    int64_t wall_ns; /* of a ZST_MARK with a valid checksum, else 0 */
};

bool zst_is_magic(const uint8_t *bytes); /* the four bytes that a frame begins with */
/* The frame at `offset` of a file of `size` bytes. 0; -ENODATA: it ends beyond the file;
 * -EBADMSG: no frame begins there; -errno of pread. */
int zst_frame_at(int descriptor, uint64_t size, uint64_t offset, struct zst_frame *frame);
/* The next offset from `offset` on where a whole frame begins. -ENODATA: there is none. */
int zst_resync(int descriptor, uint64_t size, uint64_t offset, uint64_t *found);

void zst_put_mark(struct buffer *buffer, int64_t wall_ns);
void zst_put_index(struct buffer *buffer, const struct zst_keys *keys);
/* The index that ends a closed file, and where it begins. 0; -ENODATA: there is none, or it is
 * damaged (the marks have the same information). */
int zst_read_index(int descriptor, uint64_t size, struct zst_keys *keys, uint64_t *offset);

#endif
