/* Members of a JSON object: ,"key":value, without the comma behind "{". Keys need no escapes. Pure. */
#ifndef TCPLENS_CORE_JSON_MEMBER_H
#define TCPLENS_CORE_JSON_MEMBER_H

#include "base/arena.h"
#include "core/addr.h"

#include <stdint.h>

void json_member_key(struct buffer *buffer, const char *key); /* the value is the caller's */
void json_member_text(struct buffer *buffer, const char *key, const char *text); /* safe UTF-8 */
void json_member_text_if(struct buffer *buffer, const char *key,
                         const char *text); /* not NULL, "" */
/* At most INT64_MAX: readers (jansson, jq) take no more. */
void json_member_number(struct buffer *buffer, const char *key, uint64_t value);
void json_member_signed(struct buffer *buffer, const char *key, int64_t value);
void json_member_time(struct buffer *buffer, const char *key, int64_t wall_ns); /* RFC 3339 */
void json_member_address(struct buffer *buffer, const char *key, const struct addr *addr,
                         uint8_t family);
void json_member_true(struct buffer *buffer, const char *key);
void json_member_null(struct buffer *buffer, const char *key);

#endif
