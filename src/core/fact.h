/* fact: where a value is in a struct, when it is known, and how it is written. columns[] and the
 * tables of the session log consist of facts. The macros accept only members of the type that the
 * form needs; others do not compile. Pure. */
#ifndef TCPLENS_CORE_FACT_H
#define TCPLENS_CORE_FACT_H

#include "core/conn.h"
#include "core/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fact_form {
    FACT_NUMBER = 0,
    FACT_SIGNED,
    FACT_TIME, /* wall clock, ns */
    FACT_WORD, /* one of words */
    FACT_FLAG,
    FACT_TICK_UP,   /* ms that grow by themselves */
    FACT_TICK_DOWN, /* ms that shrink by themselves */
    FACT_HEX,       /* from here on: text of many kinds */
    FACT_TEXT       /* an array of char with safe text, "" = unknown */
};

enum fact_of { FACT_OF_NOTHING = 0, FACT_OF_CONN, FACT_OF_DETAIL, FACT_OF_OTHER };
enum fact_where { WHERE_ALWAYS = 0, WHERE_LISTEN, WHERE_NOT_LISTEN, WHERE_TIMER_RUNS };

struct fact {
    const char *key; /* in the session log; of a column: NULL, its JSON key */
    const struct words *words;
    uint64_t absent;  /* value that means "unknown", where no bit does */
    uint32_t known;   /* KNOWN_* that is set if it is known; 0: it is known unless it is `absent` */
    uint32_t without; /* KNOWN_* that makes it unknown nevertheless */
    uint16_t offset;  /* of the member */
    uint16_t high;    /* offset + 1 of a byte with the bits above 32; 0 = none */
    uint16_t flag;    /* offset + 1 of a byte that is not 0 if it is known; 0 = none */
    uint16_t counter; /* offset + 1 of a byte that is at least `least` if it is known; 0 = none */
    uint8_t least;
    uint8_t size;       /* bytes of the member; 0: it is just the bit in `known` */
    uint8_t of;         /* enum fact_of: which struct */
    uint8_t form;       /* enum fact_form */
    uint8_t where;      /* enum fact_where: which rows have it */
    uint8_t key_length; /* of those gathered for a log */
};

#define FACT_MEMBER(type, member) (((struct type *)0)->member)
#define FACT_UNSIGNED(type, member)                                                                \
    _Generic(FACT_MEMBER(type, member), bool : 1, uint8_t : 1, uint16_t : 2, uint32_t : 4,         \
             uint64_t : 8)

/* Initialisers of the parts of a struct fact named `in` ("" or ".fact"). */
#define FACT_AT(in, type, member, bytes)                                                           \
    in.offset = (uint16_t)offsetof(struct type, member), in.size = (bytes)
#define FACT_NUMBER_AT(in, type, member) FACT_AT(in, type, member, FACT_UNSIGNED(type, member))
#define FACT_SIGNED_AT(in, type, member)                                                           \
    FACT_AT(in, type, member, _Generic(FACT_MEMBER(type, member), int32_t : 4, int64_t : 8)),      \
        in.form = FACT_SIGNED
#define FACT_TIME_AT(in, type, member)                                                             \
    FACT_AT(in, type, member, _Generic(FACT_MEMBER(type, member), int64_t : 8)), in.form = FACT_TIME
#define FACT_TEXT_AT(in, type, member)                                                             \
    FACT_AT(in, type, member,                                                                      \
            _Generic(FACT_MEMBER(type, member), char *: sizeof(FACT_MEMBER(type, member)))),       \
        in.form = FACT_TEXT
#define FACT_WORD_AT(in, type, member, table)                                                      \
    FACT_NUMBER_AT(in, type, member), in.form = FACT_WORD, in.words = &(table)
#define FACT_FLAG_AT(in, type, member)                                                             \
    FACT_AT(in, type, member, _Generic(FACT_MEMBER(type, member), bool : 1)), in.form = FACT_FLAG

/* The member's value, of whatever size. Not of FACT_TEXT. */
static inline uint64_t fact_number(const struct fact *fact, const void *base)
{
    const char *at = (const char *)base + fact->offset;
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight;

    if (fact->size == sizeof(four)) {
        memcpy(&four, at, sizeof(four));
        if (!fact->high)
            return four;
        memcpy(&one, (const char *)base + fact->high - 1, sizeof(one));
        return (uint64_t)one << 32 | four;
    }
    if (fact->size == sizeof(eight)) {
        memcpy(&eight, at, sizeof(eight));
        return eight;
    }
    if (fact->size == sizeof(one)) {
        memcpy(&one, at, sizeof(one));
        return one;
    }
    if (fact->size != sizeof(two))
        return 0;
    memcpy(&two, at, sizeof(two));
    return two;
}

static inline const char *fact_text(const struct fact *fact, const void *base)
{
    return (const char *)base + fact->offset;
}

static inline uint8_t fact_byte(const void *base, uint16_t place)
{
    return ((const uint8_t *)base)[place - 1];
}

/* Inline because writing a row calls it some fifty times. */
static inline bool fact_is_known(const struct fact *fact, const void *base)
{
    if (fact->form == FACT_TEXT)
        return *fact_text(fact, base) != '\0';
    if (fact->known) {
        if ((((const struct conn *)base)->known & (fact->known | fact->without)) != fact->known)
            return false;
    } else if (fact->flag) {
        if (!fact_byte(base, fact->flag))
            return false;
    } else if (fact->counter) {
        if (fact_byte(base, fact->counter) < fact->least)
            return false;
    } else if (fact_number(fact, base) == fact->absent) {
        return false;
    }
    return fact->form != FACT_WORD || words_name(fact->words, fact_number(fact, base));
}

/* True if rows of its kind have it, known or not. */
static inline bool fact_applies(const struct fact *fact, const struct conn *conn)
{
    if (fact->where == WHERE_ALWAYS)
        return true;
    if (fact->where == WHERE_TIMER_RUNS)
        return conn->timer != 0;
    return (conn->state == STATE_LISTEN) == (fact->where == WHERE_LISTEN);
}

/* Values that do not fit are capped. */
void fact_set(const struct fact *fact, void *base, uint64_t value);
void fact_forget(const struct fact *fact, void *base);
uint64_t fact_most(const struct fact *fact); /* the largest value that fact_set takes */

static inline bool fact_ticks(const struct fact *fact)
{
    return fact->form == FACT_TICK_UP || fact->form == FACT_TICK_DOWN;
}

#endif
