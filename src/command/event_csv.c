#include "command/event_csv.h"

#include "core/json/json.h"
#include "session/format/flat.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CELL_MAX 4096

/* In the order in which they were introduced; a finding's addresses and process are in its
 * subject. */
static const char *const COLUMNS[] = {
    "t",
    "ev",
    "from",
    "to",
    "family",
    "laddr",
    "lport",
    "raddr",
    "rport",
    "pid",
    "comm",
    "from_ms",
    "duration_ms",
    "in_bytes",
    "out_bytes",
    "rtt_us",
    "retrans",
    "exact",
    "ifindex",
    "netns",
    "cookie",
    "uid",
    "user",
    "unit",
    "container",
    "count",
    "reason",
    "end",
    "reset",
    "error",
    "finding",
    "step",
    "severity",
    "since",
    "ended",
    "title",
    "seq",
    "proto",
    "id",
    "created_min",
    "created_max",
    "confidence",
    "since_at_least",
    "window_ms",
    "filter",
    "netns_name",
    "left",
    "host",
    "clock_error_ms",
};
#define COLUMN_COUNT (sizeof(COLUMNS) / sizeof(COLUMNS[0]))

struct cells {
    struct flat_member of[COLUMN_COUNT];
    bool known[COLUMN_COUNT];
};

static void set_cell(struct cells *cells, const char *key, size_t length,
                     const struct flat_member *member)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (strlen(COLUMNS[i]) != length || memcmp(COLUMNS[i], key, length) != 0)
            continue;
        cells->of[i] = *member;
        cells->known[i] = true;
        return;
    }
}

static void set_family(struct cells *cells, const struct flat_member *address)
{
    static const struct flat_member inet = {.type = FLAT_TEXT, .text = "inet", .text_length = 4},
                                    inet6 = {.type = FLAT_TEXT, .text = "inet6", .text_length = 5};
    const bool has_colon = memchr(address->text, ':', address->text_length) != NULL;

    set_cell(cells, "family", 6, has_colon ? &inet6 : &inet);
}

/* The address of a listener is local, all others are remote. */
static void set_subject(struct cells *cells, const struct flat_member *subject)
{
    struct flat_items items = flat_items(subject);
    struct flat_member item;
    bool local = false;

    while (flat_next(&items, &item)) {
        const bool is_kind = item.key_length == 4 && memcmp(item.key, "kind", 4) == 0;
        const bool is_address = item.key_length == 7 && memcmp(item.key, "address", 7) == 0;
        const bool is_port = item.key_length == 4 && memcmp(item.key, "port", 4) == 0;
        if (is_address && item.type == FLAT_TEXT)
            set_family(cells, &item);
        if (is_kind)
            local = item.text_length == 8 && memcmp(item.text, "listener", 8) == 0;
        else if (is_address || is_port)
            set_cell(cells,
                     is_address ? local ? "laddr" : "raddr"
                     : local    ? "lport"
                                : "rport",
                     5, &item);
        else
            set_cell(cells, item.key, item.key_length, &item);
    }
}

/* Some readers take a cookie like "1e5" for a number: it gets 0x, as in --csv of rows. */
static void put_cell(struct buffer *out, const struct flat_member *member, const char *column,
                     bool first)
{
    char text[CELL_MAX];

    switch ((enum flat_type)member->type) {
    case FLAT_TEXT:
        if (strcmp(column, "cookie") == 0) {
            snprintf(text, sizeof(text), "0x%.*s", (int)member->text_length, member->text);
            break;
        }
        (void)flat_text(member, text, sizeof(text));
        break;
    case FLAT_INTEGER:
        snprintf(text, sizeof(text), "%" PRId64, member->integer);
        break;
    case FLAT_REAL:
        snprintf(text, sizeof(text), "%.3f", member->real);
        break;
    case FLAT_TRUE:
        snprintf(text, sizeof(text), "true");
        break;
    case FLAT_NULL:
    case FLAT_FALSE:
    case FLAT_LIST:
    case FLAT_OBJECT:
        text[0] = '\0';
        break;
    }
    csv_cell(out, text, first);
}

void event_csv_header(struct buffer *out)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        csv_cell(out, COLUMNS[i], i == 0);
    buffer_char(out, '\n');
}

void event_csv_line(struct buffer *out, const char *json, size_t length)
{
    static const struct flat_member none = {.type = FLAT_NULL};
    struct cells cells = {.known = {false}};
    struct flat flat;

    if (!flat_parse(&flat, json, length))
        return;
    for (uint32_t i = 0; i < flat.count; i++) {
        const struct flat_member *member = &flat.members[i];
        if (member->type == FLAT_OBJECT)
            set_subject(&cells, member);
        else
            set_cell(&cells, member->key, member->key_length, member);
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        put_cell(out, cells.known[i] ? &cells.of[i] : &none, COLUMNS[i], i == 0);
    buffer_char(out, '\n');
}
