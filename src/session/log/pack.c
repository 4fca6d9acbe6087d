/* log_pack: see pack.h. */
#include "session/log/pack.h"

#include <errno.h>
#include <string.h>

#define ZSTD_LEVEL 3

int log_packer_init(struct log_packer *packer, bool zstd)
{
    *packer = (struct log_packer){.zstd = zstd ? ZSTD_createCCtx() : NULL};
    buffer_init(&packer->packed);
    if (!zstd)
        return 0;
    if (!packer->zstd)
        return -ENOMEM;
    ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
    ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_checksumFlag, 1);
    return 0;
}

void log_packer_done(struct log_packer *packer)
{
    buffer_done(&packer->packed);
    ZSTD_freeCCtx(packer->zstd);
    packer->zstd = NULL;
}

static int pack(struct log_packer *packer, const char *lines, size_t length)
{
    size_t bound = ZSTD_compressBound(length);
    char *room = buffer_reserve(&packer->packed, bound);
    if (!room)
        return -ENOMEM;
    size_t done = ZSTD_compress2(packer->zstd, room, bound, lines, length);
    if (ZSTD_isError(done))
        return -ENOMEM;
    packer->packed.length += done;
    return 0;
}

int log_pack(struct log_packer *packer, const struct buffer *lines)
{
    const char *at = lines->data, *end = at + lines->length;

    while (at < end) {
        size_t length = (size_t)(end - at);
        if (length > ZST_CHUNK_MAX) {
            const char *newline = memrchr(at, '\n', ZST_CHUNK_MAX);
            if (!newline)
                newline = memchr(at, '\n', length);
            length = newline ? (size_t)(newline - at) + 1 : length;
        }
        int error = pack(packer, at, length);
        if (error)
            return error;
        at += length;
    }
    return 0;
}

void log_pack_index(struct log_packer *packer, const struct zst_keys *keys)
{
    struct buffer *packed = &packer->packed;

    buffer_clear(packed);
    if (packer->zstd && keys->count)
        zst_put_index(packed, keys);
    if (packed->failed)
        buffer_clear(packed);
    packed->failed = 0;
}
