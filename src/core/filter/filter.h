/* The filter language (doc/filter.md): one grammar for the prompt, every command and the
 * log. Pure: names of services, users, interfaces come through
 * lookups. */
#ifndef TCPLENS_CORE_FILTER_FILTER_H
#define TCPLENS_CORE_FILTER_FILTER_H

#include "base/arena.h"
#include "core/column/column.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filter;

struct filter_error {
    size_t column;     /* byte offset of the error in the text */
    size_t length;     /* bytes of the offending word, 0 = the end of the text */
    char message[160]; /* one line without the caret: what is wrong and what was expected */
};

/* By name; false = no such name. NULL functions = names are not understood. */
struct filter_names {
    bool (*service)(void *data, const char *name, size_t length, uint16_t *port);
    bool (*interface)(void *data, const char *name, size_t length, uint32_t *index);
    bool (*cgroup)(void *data, const char *path, size_t length, uint64_t *id);
    /* all services one after the other, for bare words: the name of the nth, NULL behind the last
     */
    const char *(*nth_service)(void *data, size_t n, uint16_t *port);
    /* host name to addresses: only without --numeric use of `list`/`close`; NULL on the screen */
    uint32_t (*host)(void *data, const char *name, size_t length, struct addr *addrs,
                     uint8_t *families, uint32_t max);
    bool several_hosts; /* "host web1" may mean the machine of a row rather than an address */
    void *data;
};

/* Parses text (NULL or blank = everything). 0, -EINVAL (error filled) or -ENOMEM. */
int filter_parse(struct filter **filter, const char *text, const struct filter_names *names,
                 struct filter_error *error);
void filter_free(struct filter *filter);

/* The words, other than column ids, that begin a condition; and the sets of states. NULL after the
 * last. For completions and checks of the documentation. */
const char *filter_field_word(size_t index);
const char *filter_state_set_word(size_t index);

/* Canonical text: parsing it again gives an equal filter. With parentheses where and/or are
 * mixed. */
void filter_print(const struct filter *filter, struct buffer *out);
bool filter_equal(const struct filter *a, const struct filter *b);
bool filter_is_empty(const struct filter *filter);
bool filter_mixes_and_or(const struct filter *filter); /* the prompt then shows the parentheses */

/* NEED_* for evaluating it. */
uint32_t filter_needs(const struct filter *filter);
/* For a filter with `count` the kernel must return all rows: all states, both families, no
 * bytecode. */
/* States of the leading state/exclude words (STATE_BITs); STATE_ALL if there are none. */
uint32_t filter_states(const struct filter *filter);
/* As in ss, "inet:" or "inet6:" in front of any address restricts the whole filter to that family
 * (the last one counts): enum family, 0 = both. */
uint8_t filter_family(const struct filter *filter);
/* True if `autobound` occurs: only the kernel can test it. */
bool filter_needs_kernel(const struct filter *filter);
/* True if `fwmark` occurs: the kernel shows marks only with CAP_NET_ADMIN. */
bool filter_needs_admin(const struct filter *filter);
/* True if it can be decided by the rows of one dump, without owners and without earlier frames. */
bool filter_needs_dump_only(const struct filter *filter);
#define FILTER_HINT_MAX 96
/* For a filter that accepts no row of the frame: a condition whose name is part of a name in the
 * frame, in the form that finds it: "proc pyth*". False: none; frame may be NULL. */
bool filter_hint(const struct filter *filter, const struct frame *frame, char *out, size_t size);
/* True if `count` occurs: all rows of a frame are needed. */
bool filter_counts(const struct filter *filter);
/* True if an event alone may not suffice to decide it: its row is needed too. */
bool filter_needs_rows(const struct filter *filter);
/* True if `close` accepts it: all rows that pass have an address, port, pid, state or cookie named
 * in it, and it has no bare word. */
bool filter_names_target(const struct filter *filter);

/* view_accept: data is a struct filter. One thread at a time: a filter caches results for the
 * frame. */
bool filter_accepts(const void *filter, const struct column_context *context,
                    const struct conn *conn);

/* INET_DIAG_REQ_BYTECODE for the part that the kernel can decide, for both families: rows that it
 * drops would not be accepted; others must still be tested here. Empty (length 0) when the kernel
 * can decide nothing. 0, -ENOMEM or -E2BIG. */
int filter_bytecode(const struct filter *filter, struct buffer *out);
/* The bytecode of `autobound` alone: rows of a dump with it get KNOWN_AUTOBOUND. */
void filter_autobound_bytecode(struct buffer *out);

#endif
