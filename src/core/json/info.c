/* The fields of struct tcp_info as JSON, with code generated from each line of INFO_FIELDS: they
 * are half of a row's text, and a loop over a table takes twice as long. Independent of columns. */
#include "core/json/info.h"

#include "core/column/values.h"
#include "core/digits.h"
#include "core/info.h"

#define NOTHING(field, id, key, label, title, at, bytes, low, width, kind, no_value)

#define ROOM(field, id, key, label, title, at, bytes, low, width, kind, no_value)                  \
    +sizeof(",\"" key "\":") + DIGITS_ROOM
_Static_assert(0 INFO_FIELDS(NOTHING, ROOM) <= JSON_INFO_ROOM, "JSON_INFO_ROOM is too small");

/* All but the pointers is constant: the compiler removes the rest. */
static inline __attribute__((always_inline)) char *write_field(char *at,
                                                               const struct info_field *field,
                                                               const char *key, size_t key_length,
                                                               const struct conn_detail *detail)
{
    uint64_t number;

    if (!info_value(field, detail->info, detail->info_length, &number))
        return at;
    memcpy(at, key, key_length);
    return digits_write(at + key_length, number);
}

#define WRITE(field, id, key, label, title, place, bytes, low, width, kind, no_value)              \
    if (info_is_filled(conn, INFO_##field))                                                        \
        at = write_field(                                                                          \
            at,                                                                                    \
            &(const struct info_field){                                                            \
                .offset = place, .size = bytes, .shift = low, .bits = width, .unset = no_value},   \
            ",\"" key "\":", sizeof(",\"" key "\":") - 1, detail);

char *json_info_write(char *at, const struct conn *conn, const struct conn_detail *detail)
{
    INFO_FIELDS(NOTHING, WRITE)
    return at;
}
