/* Rows as JSON and CSV (doc/json.md), into a buffer. Pure. About one microsecond a row. */
#ifndef TCPLENS_CORE_JSON_JSON_H
#define TCPLENS_CORE_JSON_JSON_H

#include "base/arena.h"
#include "core/column/column.h"
#include "core/event.h"
#include "core/event_place.h"

/* "text" with JSON escapes; text is safe UTF-8. (json_string is a name of jansson.) */
void json_put_text(struct buffer *buffer, const char *text);
/* One row as one object without newline; keys absent where unknown. `only`: JSON only for these
 * column indexes, NULL = everything known. */
void json_row(struct buffer *buffer, const struct column_context *context, const struct conn *conn,
              const uint16_t *only, size_t only_count);
/* Everything known of one row, as by json_row. Faster for many rows of one frame: text common to
 * rows of one owner is formatted once. The memo is for one frame and one thread; may be NULL. */
struct json_memo;
struct json_memo *json_memo_new(void); /* NULL when out of memory */
void json_memo_free(struct json_memo *memo);
void json_row_of_many(struct buffer *buffer, const struct column_context *context,
                      const struct conn *conn, struct json_memo *memo);
/* ,"other_end":{...}: the row at the other end, of the same frame; NULL: `several` rows may be it;
 * if 0, there is none and nothing is written. */
void json_other_end(struct buffer *buffer, const struct frame *frame, const struct conn *other,
                    uint32_t several);
/* The value alone as in CSV: as in JSON, without quotes; columns that JSON writes as an array and
 * composed ones as on the screen. "" = unknown. */
void json_value_text(const struct column *column, const struct column_context *context,
                     const struct conn *conn, char *out, size_t size);
/* ,"family":...,"laddr":...,"lport":...: both endpoints as far as they are known, and the scope. */
void json_tuple_members(struct buffer *buffer, const struct tuple *tuple);
/* One event as one object without newline (keys of doc/session-log.md: ev, t, seq, from ...).
 * seq: number of the line. */
void json_event(struct buffer *buffer, uint64_t seq, const struct event *event,
                const struct event_place *place);

/* CSV per RFC 4180, LF; cells beginning with = + - @ get a leading apostrophe so that no
 * spreadsheet runs them (not for plain numbers). */
void csv_cell(struct buffer *buffer, const char *text, bool first);

#endif
