/* Parses the kernel's files of counters by the names in them, never by position. */
#include "core/host_facts.h"

#include <string.h>

const struct host_fact_row HOST_FACT_ROWS[FACT_COUNT] = {
#define HOST_FACT_ROW(id, name, group, file, column)                                               \
    [FACT_##id] = {name, group, FACT_FILE_##file, column},
    HOST_FACTS(HOST_FACT_ROW)
#undef HOST_FACT_ROW
};

struct span {
    const char *at, *end;
};

static struct span take_line(struct span *text)
{
    struct span line = {text->at, text->end};
    const char *newline =
        text->at < text->end ? memchr(text->at, '\n', (size_t)(text->end - text->at)) : NULL;

    line.end = newline ? newline : text->end;
    text->at = newline ? newline + 1 : text->end;
    return line;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next word, empty at the end of the line. */
static struct span take_word(struct span *line)
{
    while (line->at < line->end && is_blank(*line->at))
        line->at++;
    struct span word = {line->at, line->at};
    while (word.end < line->end && !is_blank(*word.end))
        word.end++;
    line->at = word.end;
    return word;
}

static bool is_empty(struct span word)
{
    return word.at == word.end;
}

static bool equals(struct span word, const char *text)
{
    const size_t length = strlen(text);
    return (size_t)(word.end - word.at) == length && memcmp(word.at, text, length) == 0;
}

static bool read_number(struct span word, unsigned base, uint64_t *value)
{
    uint64_t number = 0;

    if (is_empty(word))
        return false;
    for (const char *at = word.at; at < word.end; at++) {
        const char c = (char)(*at | 0x20);
        const unsigned digit = *at >= '0' && *at <= '9' ? (unsigned)(*at - '0')
                               : c >= 'a' && c <= 'f'   ? (unsigned)(c - 'a') + 10
                                                        : base;
        if (digit >= base || number > (UINT64_MAX - digit) / base)
            return false;
        number = number * base + digit;
    }
    *value = number;
    return true;
}

/* FACT_NONE where no detector reads it. */
static enum host_fact find_fact(enum fact_file file, struct span group, struct span name)
{
    for (int fact = 1; fact < FACT_COUNT; fact++) {
        const struct host_fact_row *row = &HOST_FACT_ROWS[fact];
        if (row->file == file && row->name[0] == *name.at && equals(name, row->name) &&
            equals(group, row->group))
            return (enum host_fact)fact;
    }
    return FACT_NONE;
}

static void take_value(struct host_facts *facts, enum fact_file file, struct span group,
                       struct span name, struct span text)
{
    uint64_t value;
    if (is_empty(name) || !read_number(text, 10, &value))
        return;
    const enum host_fact fact = find_fact(file, group, name);
    if (fact != FACT_NONE)
        host_fact_set(facts, fact, value);
}

/* The word before the colon at the beginning of a line. */
static struct span take_group(struct span *line)
{
    struct span group = take_word(line);
    if (!is_empty(group) && group.end[-1] == ':')
        group.end--;
    return group;
}

static void parse_pairs_of_lines(struct host_facts *facts, enum fact_file file, struct span text)
{
    while (text.at < text.end) {
        struct span names = take_line(&text), values = take_line(&text);
        const struct span group = take_group(&names);
        (void)take_group(&values);
        for (struct span name = take_word(&names); !is_empty(name); name = take_word(&names))
            take_value(facts, file, group, name, take_word(&values));
    }
}

static void parse_named_lines(struct host_facts *facts, enum fact_file file, struct span text)
{
    while (text.at < text.end) {
        struct span line = take_line(&text);
        const struct span name = take_word(&line);
        take_value(facts, file, (struct span){name.at, name.at}, name, take_word(&line));
    }
}

static void parse_sockstat(struct host_facts *facts, enum fact_file file, struct span text)
{
    while (text.at < text.end) {
        struct span line = take_line(&text);
        const struct span group = take_group(&line);
        for (struct span name = take_word(&line); !is_empty(name); name = take_word(&line))
            take_value(facts, file, group, name, take_word(&line));
    }
}

static void add_value(struct host_facts *facts, enum host_fact fact, struct span word, bool first)
{
    uint64_t value;
    if (fact != FACT_NONE && read_number(word, 16, &value))
        host_fact_set(facts, fact, first ? value : host_fact(facts, fact) + value);
}

#define CONNTRACK_COLUMNS 32

static void parse_conntrack(struct host_facts *facts, struct span text)
{
    enum host_fact facts_of[CONNTRACK_COLUMNS];
    unsigned columns = 0;
    struct span names = take_line(&text);

    for (struct span name = take_word(&names); !is_empty(name) && columns < CONNTRACK_COLUMNS;
         name = take_word(&names))
        facts_of[columns++] = find_fact(FACT_FILE_CONNTRACK, (struct span){name.at, name.at}, name);
    for (bool first = true; text.at < text.end; first = false) {
        struct span line = take_line(&text);
        for (unsigned i = 0; i < columns; i++)
            add_value(facts, facts_of[i], take_word(&line), first);
    }
}

static enum host_fact softnet_fact(unsigned column)
{
    for (int fact = 1; fact < FACT_COUNT; fact++)
        if (HOST_FACT_ROWS[fact].file == FACT_FILE_SOFTNET && HOST_FACT_ROWS[fact].column == column)
            return (enum host_fact)fact;
    return FACT_NONE;
}

static void parse_softnet(struct host_facts *facts, struct span text)
{
    for (bool first = true; text.at < text.end; first = false) {
        struct span line = take_line(&text), word = take_word(&line);
        for (unsigned column = 0; !is_empty(word); column++, word = take_word(&line))
            add_value(facts, softnet_fact(column), word, first);
    }
}

void host_facts_parse(struct host_facts *facts, enum fact_file file, const char *text,
                      size_t length)
{
    const struct span whole = {text, text + length};

    switch (file) {
    case FACT_FILE_NETSTAT:
    case FACT_FILE_SNMP:
        parse_pairs_of_lines(facts, file, whole);
        return;
    case FACT_FILE_SNMP6:
        parse_named_lines(facts, file, whole);
        return;
    case FACT_FILE_SOCKSTAT:
    case FACT_FILE_SOCKSTAT6:
        parse_sockstat(facts, file, whole);
        return;
    case FACT_FILE_CONNTRACK:
        parse_conntrack(facts, whole);
        return;
    case FACT_FILE_SOFTNET:
        parse_softnet(facts, whole);
        return;
    case FACT_FILE_SYSCTL:
    case FACT_FILE_NONE:
        return;
    }
}

void host_facts_parse_sysctl(struct host_facts *facts, enum host_fact fact, const char *text,
                             size_t length)
{
    struct span whole = {text, text + length};
    struct span line = take_line(&whole), word = take_word(&line);
    uint64_t value;

    for (unsigned column = 0; column < HOST_FACT_ROWS[fact].column; column++)
        word = take_word(&line);
    if (read_number(word, 10, &value))
        host_fact_set(facts, fact, value);
}

static bool take_port(struct span *line, uint16_t *port)
{
    unsigned number = 0;
    const char *from = line->at;

    for (; line->at < line->end && *line->at >= '0' && *line->at <= '9'; line->at++) {
        number = number * 10 + (unsigned)(*line->at - '0');
        if (number > UINT16_MAX)
            return false;
    }
    *port = (uint16_t)number;
    return line->at > from;
}

void host_facts_parse_reserved(struct host_facts *facts, const char *text, size_t length)
{
    struct span whole = {text, text + length}, line = take_line(&whole);

    facts->reserved_count = 0;
    while (facts->reserved_count < PORT_SPANS_MAX) {
        struct port_span ports;
        if (!take_port(&line, &ports.first))
            return;
        ports.last = ports.first;
        if (line.at < line.end && *line.at == '-') {
            line.at++;
            if (!take_port(&line, &ports.last))
                return;
        }
        if (ports.last >= ports.first)
            facts->reserved[facts->reserved_count++] = ports;
        if (line.at >= line.end || *line.at++ != ',')
            return;
    }
}

bool host_facts_is_reserved(const struct host_facts *facts, uint16_t port)
{
    for (unsigned i = 0; facts && i < facts->reserved_count; i++)
        if (port >= facts->reserved[i].first && port <= facts->reserved[i].last)
            return true;
    return false;
}

uint32_t host_facts_local_ports(const struct host_facts *facts)
{
    if (!host_fact_known(facts, FACT_PORT_FIRST) || !host_fact_known(facts, FACT_PORT_LAST))
        return 0;
    const uint64_t first = host_fact(facts, FACT_PORT_FIRST);
    const uint64_t last = host_fact(facts, FACT_PORT_LAST);
    if (last < first || last > UINT16_MAX)
        return 0;
    uint32_t ports = (uint32_t)(last - first + 1);
    for (unsigned i = 0; i < facts->reserved_count; i++) {
        const uint64_t from = facts->reserved[i].first > first ? facts->reserved[i].first : first;
        const uint64_t to = facts->reserved[i].last < last ? facts->reserved[i].last : last;
        if (to >= from)
            ports -= (uint32_t)(to - from + 1);
    }
    return ports;
}

/* --- bind() --- */

static bool same_calls(const struct call_failure *a, const struct call_failure *b)
{
    return a->port == b->port && a->family == b->family && a->error == b->error &&
           addr_compare(&a->address, &b->address) == 0 && strcmp(a->name, b->name) == 0;
}

const struct call_failure *call_failures_find(const struct call_failures *failures,
                                              const struct call_failure *call)
{
    for (unsigned i = 0; i < failures->count; i++)
        if (same_calls(&failures->rows[i], call))
            return &failures->rows[i];
    return NULL;
}

static struct call_failure *place_of_calls(struct call_failures *failures,
                                           const struct call_failure *call)
{
    struct call_failure *oldest = &failures->rows[0];

    for (unsigned i = 0; i < failures->count; i++) {
        struct call_failure *row = &failures->rows[i];
        if (same_calls(row, call))
            return row;
        if (row->last_ns[0] < oldest->last_ns[0])
            oldest = row;
    }
    if (failures->count < CALL_FAILURES_MAX)
        oldest = &failures->rows[failures->count++];
    *oldest = *call;
    oldest->count = 0;
    oldest->first_ns = call->last_ns[0];
    memset(oldest->last_ns, 0, sizeof(oldest->last_ns));
    return oldest;
}

void call_failures_set(struct call_failures *failures, const struct call_failure *calls)
{
    *place_of_calls(failures, calls) = *calls;
}

void call_failures_add(struct call_failures *failures, const struct call_failure *call)
{
    struct call_failure *row = place_of_calls(failures, call);

    row->count++;
    row->pid = call->pid;
    row->start_ticks = call->start_ticks;
    memmove(&row->last_ns[1], &row->last_ns[0], sizeof(row->last_ns) - sizeof(row->last_ns[0]));
    row->last_ns[0] = call->last_ns[0];
}
