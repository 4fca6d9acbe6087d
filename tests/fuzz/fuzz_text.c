/* Any bytes through core/text.h, and what reads text of users: what it promises is checked. The
 * first two bytes choose room and cells, the rest is the text. */
#include "core/addr.h"
#include "core/offload.h"
#include "core/state.h"
#include "core/text/text.h"
#include "fuzz_target.h"

#include <stdbool.h>
#include <string.h>

static const char MARK[] = "\xe2\x80\xa6";

static void check_safe(const char *text)
{
    while (*text != '\0') {
        uint32_t code;
        unsigned cells;
        size_t used = text_next(text, &code, &cells);
        CHECK(cells == 1 || cells == 2);
        CHECK(used > 1 || (code >= 0x20 && code < 0x7f));
        text += used;
    }
}

static void check_cuts(const char *text, size_t room, size_t cells, bool is_safe)
{
    char *out = malloc(room + 1);
    CHECK(out != NULL);
    for (int middle = 0; middle < 2; middle++) {
        size_t used = middle != 0 ? text_cut_middle(out, room + 1, text, cells, MARK)
                                  : text_cut(out, room + 1, text, cells, MARK);
        CHECK(used <= cells);
        CHECK(text_width(out) == used);
        CHECK(strlen(out) <= room);
        if (is_safe)
            check_safe(out);
    }
    free(out);
    CHECK(text_fit(text, cells) <= strlen(text));
}

static void check_text(const char *raw, size_t length, size_t room, size_t cells)
{
    size_t whole_size = TEXT_CLEAN_MAX(length);
    char *whole = malloc(whole_size), *part = malloc(room + 1);
    CHECK(whole != NULL && part != NULL);
    size_t written = text_clean(whole, whole_size, raw, length);
    CHECK(written < whole_size && strlen(whole) == written && written >= length);
    check_safe(whole);
    size_t part_written = text_clean(part, room + 1, raw, length);
    CHECK(part_written <= room && part_written <= written);
    CHECK(memcmp(part, whole, part_written) == 0);
    CHECK(part_written == written || part_written + 16 > room);
    check_safe(part);
    check_cuts(whole, room, cells, true);
    free(whole);
    free(part);
}

static void check_words(const char *text, size_t length)
{
    struct addr addr, again;
    char interface[16], out[ADDR_TEXT_MAX];
    uint8_t family, state;
    int64_t wall_ns, same_ns;
    if (addr_parse(text, length, &addr, &family, interface) == 0) {
        const char *name = interface[0] != '\0' ? interface : NULL;
        size_t used = addr_format(out, sizeof(out), &addr, family, name);
        CHECK(addr_parse(out, used, &again, &family, interface) == 0);
        CHECK(addr_compare(&addr, &again) == 0);
    }
    if (text_parse_rfc3339(text, length, &wall_ns) == 0) {
        size_t used = text_rfc3339(out, sizeof(out), wall_ns);
        CHECK(text_parse_rfc3339(out, used, &same_ns) == 0 && same_ns == wall_ns);
    }
    if (offload_from_name(text, length, &state) == 0)
        CHECK(offload_name(state) != NULL);
    CHECK(state_from_name(text, length) < STATE_COUNT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t room = data[0], cells = data[1], length = size - 2;
    char *raw = malloc(length + 1);
    CHECK(raw != NULL);
    memcpy(raw, data + 2, length);
    raw[length] = '\0';
    check_text((const char *)data + 2, length, room, cells);
    check_words((const char *)data + 2, length);
    check_cuts(raw, room, cells, false);
    CHECK(text_distance(raw, "connections") <= (length > 11 ? length : 11));
    free(raw);
    return 0;
}
