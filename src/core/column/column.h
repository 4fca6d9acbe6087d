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
    NEED_EXECUTABLE = 1u << 5,   /* of what NEED_PROCESS collects, the executable alone */
    NEED_PROCESS_USER = 1u << 6, /* the same, the user a process runs as */
    NEED_HOST_FACTS = 1u << 7,   /* frame.facts: counters and settings of the network namespace */
    NEED_SUSPECTS = 1u << 8,     /* tcp_info and meminfo of the rows that detectors look into:
                                  * conn_is_suspect(), _delayed(), _far(), _heavy() */
    NEED_COMMAND = 1u << 10,     /* of what NEED_PROCESS collects, the command line alone */
    NEED_EVERY_ROW = 1u << 11,   /* of all rows what changes without an event (column.moves) */
    NEED_FEW = 1u << 9           /* with NEED_SUSPECTS: of all rows where there are few, so that a
                                  * page has a history when it is opened */
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

/* What is handed in from outside; pointers may be NULL, functions return NULL for "no name". */
struct lookup {
    const char *(*service)(void *data, uint16_t port);                        /* "https" */
    const char *(*host)(void *data, const struct addr *addr, uint8_t family); /* reverse look-up */
    void *data;
};

struct column_context {
    const struct frame *frame;
    const struct lookup *lookup; /* NULL = numbers only */
    int64_t now_ns;              /* wall clock of the picture (frame time; replay: its own) */
    bool ascii;                  /* no UTF-8 in what format writes */
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
    /* what writing a row reads */
    const char *json; /* JSON and CSV key, NULL = not in JSON: it has parts */
    /* the key as it is written: ",\"rtt_us\":", in a place of fixed size, which is quick to copy */
    char json_member[COLUMN_MEMBER_MAX];
    uint8_t json_member_length;
    uint8_t type;     /* enum column_type */
    bool when_named;  /* in JSON only where --columns names it: means nothing outside one session */
    bool of_owner;    /* the same for all rows that core/json/memo.c takes for one owner's; these
                       * columns follow each other */
    uint32_t with;    /* all of these KNOWN_* must be known, too */
    int32_t argument; /* columns of tcp_info: index in TCP_INFO and 1; 0 for all others */
    uint32_t unit_ns; /* TYPE_DURATION: ns in the unit of the member and of the JSON key */
    struct fact fact; /* where its value stands */
    /* Where there is more to it than the member; NULL = column_read. Like column_get. */
    bool (*value)(const struct column_context *context, const struct conn *conn,
                  struct column_value *value);
    /* Writes the JSON value, where it is none of the types'; NULL = by type. */
    void (*put_json)(struct buffer *buffer, const struct column_context *context,
                     const struct conn *conn);

    const char *id;    /* "rtt": --columns, --sort, filter word */
    const char *parts; /* composed columns: the columns that JSON has in its place */
    const char *title; /* "RTT" */
    const char *help;  /* one line */
    const char *label; /* on the connection page; NULL = it has no item of its own there */
    uint8_t width;     /* cells on the screen, at 120 columns */
    uint8_t min_width; /* may shrink to this */
    uint8_t grow;      /* share of spare width, 0 = fixed */
    uint8_t leave;     /* leaves the screen first when it narrows: higher leaves earlier; 0 never */
    bool right;        /* aligned right */
    bool exact;        /* a number that names something: written in full */
    bool descending;   /* first press of sort: largest first */
    bool moves;        /* changes without an event */
    bool logged;       /* the session log has `fact`, under the JSON key */
    uint32_t needs;    /* enum need */
    /* Text for the screen; NULL = by type. Returns bytes; "" = not known. Never wider text than
     * needed, the caller cuts. */
    size_t (*format)(const struct column_context *context, const struct conn *conn, char *out,
                     size_t size);
};

extern const struct column columns[];
extern const size_t column_count;
/* What the session log has of rows and details beyond the columns that are `logged`. */
extern const struct fact log_facts[];
extern const size_t log_fact_count;

/* All that a session log has of rows (struct conn) and of details (struct conn_detail, but for
 * tcp_info), with their keys. */
#define FACT_LIST_MAX 64u
struct fact_list {
    struct fact list[FACT_LIST_MAX];
    uint32_t count;
};
struct logged_facts {
    struct fact_list rows, details;
    struct {
        uint16_t begin, end;
    } spans[FACT_LIST_MAX + 2]; /* bytes of struct conn that are compared */
    uint32_t span_count;
};
void logged_facts_gather(struct logged_facts *facts);
/* True if lines of these rows would say the same, but for what ticks. May take rows for different
 * that are not. */
bool logged_facts_equal(const struct logged_facts *facts, const struct conn *a,
                        const struct conn *b);

#define COLUMN_LIST_MAX 256 /* columns in one list */

/* True with the value of a column whose member is in struct conn. */
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

/* The fact of this row. False = not known (value untouched): blank, absent in JSON, no filter
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

/* Puts the parts of composed columns in their place, each column once. -EINVAL if max is too few.
 */
int columns_expand(const uint16_t *columns_in, size_t count_in, uint16_t *out, size_t max,
                   size_t *count);
uint32_t columns_needs(const uint16_t *list, size_t count); /* NEED_* of all of them */
/* NEED_* of sorting and filtering by it. */
static inline uint32_t column_needs_of_all(const struct column *column)
{
    return column->needs | (column->moves ? (uint32_t)NEED_EVERY_ROW : 0u);
}

/* Bounds of the age at context->now_ns. False when nothing at all is known of it. */
struct age {
    int64_t least_ns, most_ns; /* INT64_MAX: no upper bound */
    bool exact;                /* they differ by less than a clock tick plus the interval */
    bool close;                /* they lie within 10 % */
};
bool column_age(const struct column_context *context, const struct conn *conn, struct age *age);

/* Text of a fact for screen and table. */
size_t column_format(const struct column *column, const struct column_context *context,
                     const struct conn *conn, char *out, size_t size);
/* Sort key: rows order by (key, then column_compare for what of text, of an IPv6 address or of the
 * ends within one state is beyond the key; then serial). Rows of one state order by process, then
 * by their ends. Unknown sorts last in both directions (returns false). */
bool column_sorts_by_name(const struct column *column); /* of processes, by context->name_ranks */
bool column_sort_key(const struct column *column, const struct column_context *context,
                     const struct conn *conn, uint64_t *key);
bool column_key_is_whole(const struct column *column, uint64_t key); /* nothing is beyond it */
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
/* Of these, the set for what the frame shows. */
const char *columns_for_screen(const struct frame *frame);
const char *columns_for_list(const struct frame *frame);

#endif
