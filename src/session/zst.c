/* Frame formats of RFC 8878, as far as needed to find the end of a frame. */
#include "session/zst.h"

#include "base/grow.h"
#include "base/read_at.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC_DATA  0xFD2FB528u
#define MAGIC_SKIP  0x184D2A50u /* to ...5F */
#define MAGIC_OURS  0x184D2A5Cu
#define SKIP_HEADER 8u
#define MARK_NAME   UINT64_C(0x79656b736e656c74) /* "tlenskey", little endian */
#define INDEX_NAME  UINT64_C(0x786469736e656c74) /* "tlensidx" */
#define KEY_BYTES   32u
#define TRAILER     24u /* count, checksum, length, name */
#define SCAN_BYTES  65536u
#define BLOCK_MAX   (1u << 17)

void zst_keys_done(struct zst_keys *keys)
{
    free(keys->list);
    *keys = (struct zst_keys){0};
}

int zst_keys_add(struct zst_keys *keys, const struct zst_key *key)
{
    if (keys->count >= ZST_KEYS_MAX)
        return -E2BIG;
    if (GROW(keys->list, keys->capacity, keys->count + 1))
        return -ENOMEM;
    keys->list[keys->count++] = *key;
    return 0;
}

static uint32_t read_32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static uint64_t read_64(const uint8_t *bytes)
{
    return read_32(bytes) | (uint64_t)read_32(bytes + 4) << 32;
}

static void put_32(struct buffer *buffer, uint32_t value)
{
    char bytes[4] = {(char)(value & 255), (char)(value >> 8 & 255), (char)(value >> 16 & 255),
                     (char)(value >> 24)};
    buffer_append(buffer, bytes, sizeof(bytes));
}

static void put_64(struct buffer *buffer, uint64_t value)
{
    put_32(buffer, (uint32_t)value);
    put_32(buffer, (uint32_t)(value >> 32));
}

/* FNV-1a: detects any single flipped bit. */
static uint32_t checksum(const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    uint32_t hash = 0x811c9dc5u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * 0x01000193u;
    return hash;
}

bool zst_is_magic(const uint8_t *bytes)
{
    uint32_t magic = read_32(bytes);
    return magic == MAGIC_DATA || (magic & 0xfffffff0u) == MAGIC_SKIP;
}

/* All of `length` bytes at offset; -ENODATA when the file ends before. */
static int read_whole(int descriptor, uint64_t offset, void *bytes, size_t length)
{
    const ssize_t got = read_at(descriptor, bytes, length, offset);
    if (got < 0)
        return (int)got;
    return (size_t)got < length ? -ENODATA : 0;
}

/* Bytes of a frame header from its descriptor byte (RFC 8878, 3.1.1.1). */
static uint32_t header_length(uint8_t descriptor)
{
    static const uint8_t content_bytes[] = {0, 2, 4, 8}, dictionary_bytes[] = {0, 1, 2, 4};
    bool single = descriptor >> 5 & 1;
    uint32_t content = content_bytes[descriptor >> 6];
    if (single && !content)
        content = 1;
    return 5u + !single + dictionary_bytes[descriptor & 3] + content;
}

static int skippable(int descriptor, uint64_t size, uint64_t offset, struct zst_frame *frame)
{
    uint8_t head[SKIP_HEADER], content[ZST_MARK_LENGTH - SKIP_HEADER];
    int error = read_whole(descriptor, offset, head, sizeof(head));
    if (error)
        return error;
    *frame =
        (struct zst_frame){.kind = ZST_SKIP, .length = (uint64_t)SKIP_HEADER + read_32(head + 4)};
    if (frame->length > size - offset)
        return -ENODATA;
    if (read_32(head) != MAGIC_OURS || frame->length < ZST_MARK_LENGTH)
        return 0;
    error = read_whole(descriptor, offset + SKIP_HEADER, content, sizeof(content));
    if (error)
        return error;
    if (read_64(content) == INDEX_NAME)
        frame->kind = ZST_INDEX;
    if (read_64(content) != MARK_NAME || frame->length != ZST_MARK_LENGTH)
        return 0;
    frame->kind = ZST_MARK;
    if (read_32(content + 16) == checksum(content, 16))
        frame->wall_ns = (int64_t)read_64(content + 8);
    return 0;
}

/* Goes over the blocks to the end of a data frame. */
static int walk_blocks(int descriptor, uint64_t size, uint64_t *at)
{
    for (;;) {
        uint8_t header[3];
        if (size - *at < sizeof(header))
            return -ENODATA;
        int error = read_whole(descriptor, *at, header, sizeof(header));
        if (error)
            return error;
        uint32_t value = (uint32_t)header[0] | (uint32_t)header[1] << 8 | (uint32_t)header[2] << 16;
        uint32_t type = value >> 1 & 3, length = value >> 3;
        if (type == 3 || (type != 1 && length > BLOCK_MAX))
            return -EBADMSG;
        *at += sizeof(header) + (type == 1 ? 1 : length); /* type 1: one byte, repeated */
        if (*at > size)
            return -ENODATA;
        if (value & 1)
            return 0;
    }
}

int zst_frame_at(int descriptor, uint64_t size, uint64_t offset, struct zst_frame *frame)
{
    uint8_t head[5];
    if (offset >= size || size - offset < sizeof(head))
        return -ENODATA;
    int error = read_whole(descriptor, offset, head, sizeof(head));
    if (error)
        return error;
    if (!zst_is_magic(head))
        return -EBADMSG;
    if (read_32(head) != MAGIC_DATA)
        return skippable(descriptor, size, offset, frame);
    uint64_t at = offset + header_length(head[4]);
    if (at > size)
        return -ENODATA;
    error = walk_blocks(descriptor, size, &at);
    if (error)
        return error;
    at += head[4] & 4 ? 4 : 0; /* content checksum */
    if (at > size)
        return -ENODATA;
    *frame = (struct zst_frame){.kind = ZST_DATA, .length = at - offset};
    return 0;
}

int zst_resync(int descriptor, uint64_t size, uint64_t offset, uint64_t *found)
{
    uint8_t bytes[SCAN_BYTES];
    struct zst_frame frame;

    while (offset < size && size - offset >= 4) {
        size_t length = size - offset < sizeof(bytes) ? (size_t)(size - offset) : sizeof(bytes);
        int error = read_whole(descriptor, offset, bytes, length);
        if (error)
            return error;
        for (size_t i = 0; i + 4 <= length; i++) {
            if (!zst_is_magic(bytes + i) || zst_frame_at(descriptor, size, offset + i, &frame) != 0)
                continue;
            *found = offset + i;
            return 0;
        }
        offset += length - 3;
    }
    return -ENODATA;
}

void zst_put_mark(struct buffer *buffer, int64_t wall_ns)
{
    put_32(buffer, MAGIC_OURS);
    put_32(buffer, ZST_MARK_LENGTH - SKIP_HEADER);
    size_t start = buffer->length;
    put_64(buffer, MARK_NAME);
    put_64(buffer, (uint64_t)wall_ns);
    if (buffer->failed)
        return;
    put_32(buffer, checksum(buffer->data + start, 16));
    put_32(buffer, 0);
}

void zst_put_index(struct buffer *buffer, const struct zst_keys *keys)
{
    uint32_t length = 8 + keys->count * KEY_BYTES + TRAILER;

    put_32(buffer, MAGIC_OURS);
    put_32(buffer, length);
    size_t start = buffer->length;
    put_64(buffer, INDEX_NAME);
    for (uint32_t i = 0; i < keys->count; i++) {
        const struct zst_key *key = &keys->list[i];
        put_64(buffer, key->offset);
        put_64(buffer, (uint64_t)key->wall_ns);
        put_32(buffer, key->frames);
        put_32(buffer, key->opened);
        put_32(buffer, key->changed);
        put_32(buffer, key->closed);
    }
    put_32(buffer, keys->count);
    if (buffer->failed)
        return;
    put_32(buffer, checksum(buffer->data + start, buffer->length - start));
    put_64(buffer, length + SKIP_HEADER);
    put_64(buffer, INDEX_NAME);
}

static int keys_from_bytes(const uint8_t *bytes, uint32_t count, uint64_t end,
                           struct zst_keys *keys)
{
    uint64_t before = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *at = bytes + (size_t)i * KEY_BYTES;
        const struct zst_key key = {read_64(at),      (int64_t)read_64(at + 8), read_32(at + 16),
                                    read_32(at + 20), read_32(at + 24),         read_32(at + 28)};
        if (key.offset >= end || (i && key.offset <= before))
            return -ENODATA;
        before = key.offset;
        int error = zst_keys_add(keys, &key);
        if (error)
            return error;
    }
    return 0;
}

int zst_read_index(int descriptor, uint64_t size, struct zst_keys *keys, uint64_t *offset)
{
    uint8_t trailer[TRAILER];
    struct zst_keys read = {0};

    if (size < TRAILER || read_whole(descriptor, size - TRAILER, trailer, sizeof(trailer)) != 0)
        return -ENODATA;
    uint32_t count = read_32(trailer);
    uint64_t length = read_64(trailer + 8);
    if (read_64(trailer + 16) != INDEX_NAME || count > ZST_KEYS_MAX || length > size ||
        length != SKIP_HEADER + 8 + (uint64_t)count * KEY_BYTES + TRAILER)
        return -ENODATA;
    size_t content_length = (size_t)length - SKIP_HEADER;
    uint8_t *content = malloc(content_length);
    if (!content)
        return -ENOMEM;
    int error = read_whole(descriptor, size - content_length, content, content_length);
    if (!error && read_32(trailer + 4) != checksum(content, content_length - TRAILER + 4))
        error = -ENODATA;
    if (!error)
        error = keys_from_bytes(content + 8, count, size - length, &read);
    free(content);
    if (error) {
        zst_keys_done(&read);
        return error;
    }
    zst_keys_done(keys);
    *keys = read;
    *offset = size - length;
    return 0;
}
