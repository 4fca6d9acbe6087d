/* Private to session/format: members of a JSON object, checked. */
#ifndef TCPLENS_SESSION_FORMAT_GET_H
#define TCPLENS_SESSION_FORMAT_GET_H

#include "session/format/flat.h"
#include "session/format/format.h"

#define GET_TEXT_MAX 16384u /* bytes of a text that are read */

/* The line being read. The first error is kept as text. */
struct get {
    struct flat *flat; /* the line */
    struct session_state *state;
    char *why;
    size_t why_size;
    int error;
    char scratch[GET_TEXT_MAX]; /* of a text with escapes */
};

void get_fail(struct get *get, const char *key, const char *what);
/* Each returns false if the key is absent or null (value untouched), or wrong (get->error set). */
bool get_number(struct get *get, const char *key, uint64_t most, uint64_t *value);
bool get_signed(struct get *get, const char *key, int64_t *value);
bool get_time(struct get *get, const char *key, int64_t *wall_ns);
bool get_flag(struct get *get, const char *key);
/* As safe text, truncated to `size`. */
bool get_text(struct get *get, const char *key, char *text, size_t size);
bool get_state(struct get *get, const char *key, uint8_t *state);
bool get_null(const struct get *get, const char *key);     /* it is there and null */
bool get_is_there(const struct get *get, const char *key); /* null or not */
/* Numbers of processes; false if the key is absent or wrong. */
bool get_list(struct get *get, const char *key, uint32_t *numbers, uint32_t most, uint32_t *count);
/* The items of a list or an object; none if it is absent or wrong. */
struct flat_items get_items(struct get *get, const char *key, enum flat_type type);
bool get_hex(struct get *get, const char *key, uint64_t *value);
bool get_ms(struct get *get, const char *key, int64_t *ns); /* with decimals */
/* family, laddr, lport, raddr, rport, ifindex; false if there is no family. */
bool get_tuple(struct get *get, struct tuple *tuple);
/* Reads a key of the tables into base: sets it, or clears it if it is null. */
void get_key(struct get *get, const struct fact *key, void *base);

/* Numbers; 0 where the key is absent. get_ns is never negative. */
uint32_t get_u32(struct get *get, const char *key);
uint64_t get_u64(struct get *get, const char *key);
int64_t get_ns(struct get *get, const char *key);
/* Learns the name of a user or an interface. */
void get_name(struct get *get, struct session_names *names, const char *key, uint64_t number);

/* What RECORDS names: reads a line of its family and applies it to the state. */
#define RECORD_FAMILY(kind, word, family)                                                          \
    void session_read_##family(struct get *get, struct session_line *line);                        \
    extern const struct session_keys session_##family##_keys;
SESSION_RECORDS(RECORD_FAMILY)
#undef RECORD_FAMILY

/* proc.c: the group with the line's texts: texts that are absent stay unchanged, null clears
 * them */
uint32_t session_get_group(struct get *get, uint32_t group);
/* netns.c: from a frame line: which namespaces were read for this frame */
void session_read_unread(struct get *get, int64_t mono_ns);
/* facts.c: the facts of a frame line, into the state */
void read_facts(struct get *get);

#endif
