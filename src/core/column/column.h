/* columns[]: every fact of a row, once: id, JSON key, title, help, type, what must be collected,
 * and how to read it. --columns, --sort, filters, JSON, CSV, the table on the screen and the man
 * page check all read this table. Adding a fact means adding a row. Pure. */
#ifndef TCPLENS_CORE_COLUMN_COLUMN_H
#define TCPLENS_CORE_COLUMN_COLUMN_H

#include "core/fact.h"
#include "core/frame.h"
#include "core/name_ranks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What must be collected for a fact (struct wish.needs). */
enum need {
    NEED_NOTHING = 0,
    NEED_OWNER = 1u << 0,        /* pid, name, owners */
    NEED_PROCESS = 1u << 1,      /* user, executable, command line, cpu, memory, threads, files */
    NEED_GROUP = 1u << 2,        /* unit, container, cgroup */
    NEED_DETAIL = 1u << 3,       /* all of tcp_info, meminfo, congestion control for every row */
    NEED_HOST_NAME = 1u << 4,    /* reverse look-up by the screen */
    NEED_EXECUTABLE = 1u << 5,   /* of NEED_PROCESS, the executable alone */
    NEED_PROCESS_USER = 1u << 6, /* of NEED_PROCESS, the user of the process alone */
    NEED_HOST_FACTS = 1u << 7,   /* frame.facts: counters and settings of the network namespace */
    /* tcp_info and meminfo of the rows that detectors examine: conn_is_suspect(), _delayed(),
     * _far(), _heavy() */
    NEED_SUSPECTS = 1u << 8,
    NEED_COMMAND = 1u << 10, /* of NEED_PROCESS, the command line alone */
    /* every row must be read: what is used changes without an event (column.moves) */
    NEED_EVERY_ROW = 1u << 11,
    /* with NEED_SUSPECTS: of all rows where there are few (WISH_FEW_ROWS), so that a page has a
     * history when it is opened */
    NEED_FEW = 1u << 9
};

enum column_type {
    TYPE_TEXT,
    TYPE_STATE,   /* number = enum tcp_state */
    TYPE_ADDRESS, /* text is the address */
    TYPE_PORT,
    TYPE_COUNT,
    TYPE_BYTES,
    TYPE_RATE,     /* bytes a second */
    TYPE_DURATION, /* ns */
    TYPE_TIME,     /* wall ns */
    TYPE_FLAG,
    TYPE_SHARE /* thousandths of a percent */
};

/* Names from outside core; pointers may be NULL, functions return NULL for "no name". */
struct lookup {
    const char *(*service)(void *data, uint16_t port);                        /* "https" */
    const char *(*host)(void *data, const struct addr *addr, uint8_t family); /* reverse look-up */
    void *data;
};

struct column_context {
    const struct frame *frame;
    const struct lookup *lookup; /* NULL = numbers only */
    int64_t now_ns;              /* wall clock of the frame (in a replay, the log's) */
    bool ascii;                  /* format() must write ASCII */
    bool with_args;              /* command lines with their arguments */
    /* Of frame->procs, for a sort key that column_sorts_by_name(); NULL = names are compared. */
    const struct name_ranks *name_ranks;
};

struct column_value { /* one fact of one row */
    int64_t number;
    const char *text; /* TYPE_TEXT, TYPE_ADDRESS: safe text; may point into scratch */
    char scratch[ADDR_TEXT_MAX + 32];
};

#define COLUMN_MEMBER_MAX 40

struct column {
    /* read when a row is written */
    const char *json; /* JSON and CSV key; NULL = not in JSON: it is composed (`parts`) */
    /* the key as written: ",\"rtt_us\":"; of fixed size, which is quick to copy */
    char json_member[COLUMN_MEMBER_MAX];
    uint8_t json_member_length;
    uint8_t type;    /* enum column_type */
    bool when_named; /* in JSON only where --columns names it: meaningless outside one session */
    /* the same for all rows of one owner, as core/json/memo.c defines it; these columns follow each
     * other */
    bool of_owner;
    uint32_t with;    /* all of these KNOWN_* must be set, too */
    int32_t argument; /* columns of tcp_info: index in TCP_INFO + 1; others: 0 */
    uint32_t unit_ns; /* TYPE_DURATION: ns in the unit of the member and of the JSON key */
    struct fact fact; /* where its value is */
    /* Computes it where it is more than a member; NULL = column_read. Like column_get. */
    bool (*value)(const struct column_context *context, const struct conn *conn,
                  struct column_value *value);
    /* Writes the JSON value; NULL = by type. */
    void (*put_json)(struct buffer *buffer, const struct column_context *context,
                     const struct conn *conn);

    const char *id;    /* "rtt": --columns, --sort, filter word */
    const char *parts; /* composed columns: the columns that stand for it in JSON */
    const char *title; /* "RTT" */
    const char *help;  /* one line */
    const char *label; /* on the connection page; NULL = it is not an item there */
    uint8_t width;     /* cells on the screen, at 120 columns */
    uint8_t min_width; /* its least width */
    uint8_t grow;      /* share of spare width, 0 = fixed */
    /* when the screen narrows, columns with higher values are hidden first; 0 = never */
    uint8_t leave;
    bool right;      /* aligned right */
    bool exact;      /* a number that is a name: written in full */
    bool descending; /* first press of sort: largest first */
    bool moves;      /* changes without an event */
    bool logged;     /* `fact` is in the session log, under the JSON key */
    uint32_t needs;  /* enum need */
    /* Text for the screen; NULL = by type. Returns bytes; "" = unknown. The caller truncates
     * it. */
    size_t (*format)(const struct column_context *context, const struct conn *conn, char *out,
                     size_t size);
};

extern const struct column columns[];
extern const size_t column_count;
/* Facts of rows and details in the session log in addition to the columns that are `logged`. */
extern const struct fact log_facts[];
extern const size_t log_fact_count;

/* All facts of rows (struct conn) and of details (struct conn_detail, without tcp_info) in a
 * session log, with their keys. */
#define FACT_LIST_MAX 64u
struct fact_list {
    struct fact list[FACT_LIST_MAX];
    uint32_t count;
};
struct logged_facts {
    struct fact_list rows, details;
    struct {
        uint16_t begin, end;
    } spans[FACT_LIST_MAX + 2]; /* parts of struct conn that are compared */
    uint32_t span_count;
};
void logged_facts_gather(struct logged_facts *facts);
/* True if log lines of these rows would be equal, except for ticking facts. May return false for
 * equal rows. */
bool logged_facts_equal(const struct logged_facts *facts, const struct conn *a,
                        const struct conn *b);

#define COLUMN_LIST_MAX 256 /* columns in one list */

/* True, with the value, for a column whose member is in struct conn. */
static inline bool column_read_conn(const struct column *column, const struct conn *conn,
                                    uint64_t *number)
{
    const struct fact *fact = &column->fact;
    const uint32_t all = fact->known | column->with;

    if ((conn->known & (all | fact->without)) != all || !fact_applies(fact, conn))
        return false;
    *number = fact_number(fact, conn);
    return fact->known || *number != fact->absent;
}

/* The fact of this row. False = unknown (value untouched): blank, absent in JSON, no filter
 * matches. */
bool column_read(const struct column *column, const struct column_context *context,
                 const struct conn *conn, struct column_value *value);
static inline bool column_get(const struct column *column, const struct column_context *context,
                              const struct conn *conn, struct column_value *value)
{
    return column->value ? column->value(context, conn, value)
                         : column_read(column, context, conn, value);
}

const struct column *column_find(const char *id, size_t length); /* NULL if unknown */
size_t column_index(const struct column *column);
/* Nearest ids for a hint ("did you mean"), comma separated; "" if none is near. */
void column_suggest(const char *word, char *out, size_t size);

/* "state,local,remote,..." to indexes; -EINVAL, with *bad pointing at the offending word. */
int columns_parse(const char *list, uint16_t *out, size_t max, size_t *count, const char **bad);

/* Replaces composed columns by their parts, each column once. -EINVAL if there are more than
 * max. */
int columns_expand(const uint16_t *columns_in, size_t count_in, uint16_t *out, size_t max,
                   size_t *count);
uint32_t columns_needs(const uint16_t *list, size_t count); /* NEED_* of all of them */
/* NEED_* of sorting and filtering by it. */
static inline uint32_t column_needs_of_all(const struct column *column)
{
    return column->needs | (column->moves ? (uint32_t)NEED_EVERY_ROW : 0u);
}

/* Bounds of the age at context->now_ns. False when nothing is known of it. */
struct age {
    int64_t least_ns, most_ns; /* INT64_MAX: no upper bound */
    bool exact;                /* they differ by less than a clock tick plus the interval */
    bool close;                /* they lie within 10 % */
};
bool column_age(const struct column_context *context, const struct conn *conn, struct age *age);

/* The fact as text for screen and table. */
size_t column_format(const struct column *column, const struct column_context *context,
                     const struct conn *conn, char *out, size_t size);
/* Sort key: rows are sorted by key; then by column_compare, where a text, an IPv6 address or the
 * ends within one state do not fit in the key; then by serial. Rows of one state are sorted by
 * process, then by their ends. Unknown sorts last in both directions (returns false). */
bool column_sorts_by_name(const struct column *column); /* of processes, by context->name_ranks */
bool column_sort_key(const struct column *column, const struct column_context *context,
                     const struct conn *conn, uint64_t *key);
/* column_compare would add nothing */
bool column_key_is_whole(const struct column *column, uint64_t key);
int column_compare(const struct column *column, const struct column_context *context,
                   const struct conn *a, const struct conn *b);

/* Default sets for the screen and for `list`. */
extern const char COLUMNS_SCREEN[];
extern const char COLUMNS_LIST[];
/* The same where more than one network namespace is shown. */
extern const char COLUMNS_SCREEN_MANY[];
extern const char COLUMNS_LIST_MANY[];
/* The same where more than one host is. */
extern const char COLUMNS_SCREEN_HOSTS[];
extern const char COLUMNS_LIST_HOSTS[];
/* The one of these sets that fits the frame. */
const char *columns_for_screen(const struct frame *frame);
const char *columns_for_list(const struct frame *frame);

#endif
