/* The text common to rows of one owner, in a direct-mapped cache. Independent of that text's
 * format. */
#include "core/json/memo.h"

#include "core/json/json.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES  512u /* a power of two */
#define TEXT_MAX 896u /* longer text is not kept */

/* Everything that columns marked `of_owner` read of a row. No padding: compared as bytes. */
struct owner_key {
    uint64_t cgroup_id;
    uint32_t known, uid, owner, holder, group;
    uint32_t netns, zero; /* which may name the container */
    uint8_t owner_word, unit_from;
    uint16_t owner_count;
};

struct json_memo_entry {
    struct owner_key key;
    uint32_t length; /* 0 = empty */
    char text[TEXT_MAX];
};

struct json_memo {
    struct json_memo_entry entries[ENTRIES];
};

struct json_memo *json_memo_new(void)
{
    return calloc(1, sizeof(struct json_memo));
}

void json_memo_free(struct json_memo *memo)
{
    free(memo);
}

static struct owner_key make_key(const struct frame *frame, const struct conn *conn)
{
    struct owner_key key = {.known = conn->known & (KNOWN_UID | KNOWN_CGROUP),
                            .cgroup_id = conn->cgroup_id,
                            .uid = conn->uid,
                            .owner = conn->owner,
                            .holder = CONN_NO_INDEX,
                            .group = conn->group,
                            .netns = conn->netns,
                            .owner_word = conn->owner_word,
                            .unit_from = conn->unit_from,
                            .owner_count = conn->owner_count};

    if (conn->owner_count && conn->owners < frame->owner_ref_count)
        key.holder = frame->owner_refs[conn->owners];
    return key;
}

struct json_memo_entry *json_memo_entry(struct json_memo *memo, const struct frame *frame,
                                        const struct conn *conn)
{
    struct owner_key key;
    struct json_memo_entry *entry;

    if (!memo || conn->owner_count > 1)
        return NULL;
    key = make_key(frame, conn);
    entry = &memo->entries[(key.owner + 31 * key.uid + 131 * key.group) % ENTRIES];
    if (memcmp(&entry->key, &key, sizeof(key)) != 0) {
        entry->key = key;
        entry->length = 0;
    }
    return entry;
}

const char *json_memo_text(const struct json_memo_entry *entry, size_t *length)
{
    *length = entry->length;
    return entry->length ? entry->text : NULL;
}

void json_memo_keep(struct json_memo_entry *entry, const char *text, size_t length)
{
    if (length > sizeof(entry->text))
        return;
    memcpy(entry->text, text, length);
    entry->length = (uint32_t)length;
}
