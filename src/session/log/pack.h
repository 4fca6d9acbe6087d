/* log_pack: whole lines to what a log file holds: as they are, or in zstd frames with checksums. */
#ifndef TCPLENS_SESSION_LOG_PACK_H
#define TCPLENS_SESSION_LOG_PACK_H

#include "base/arena.h"
#include "session/zst.h"

#include <stdbool.h>
#include <zstd.h>

struct log_packer {
    ZSTD_CCtx *zstd;      /* NULL: lines stay as they are */
    struct buffer packed; /* the caller may put marks and an index into it */
};

/* 0 or -ENOMEM. */
int log_packer_init(struct log_packer *packer, bool zstd);
void log_packer_done(struct log_packer *packer);
/* Appends the lines to `packed`, cut into chunks of whole lines: a reader checks a chunk before it
 * believes a line. Not without zstd. 0 or -ENOMEM. */
int log_pack(struct log_packer *packer, const struct buffer *lines);
/* An index of the keys in `packed`; nothing where the file cannot have one. */
void log_pack_index(struct log_packer *packer, const struct zst_keys *keys);
/* What to append to the file for these lines. */
static inline const struct buffer *log_packed(const struct log_packer *packer,
                                              const struct buffer *lines)
{
    return packer->zstd ? &packer->packed : lines;
}

#endif
