/* The facts of rows and details in a session log, gathered from the tables. Independent of the
 * format of lines. */
#include "core/column/column.h"

#include <string.h>

static void add_fact(struct logged_facts *facts, const struct fact *fact, const char *key)
{
    struct fact_list *list = fact->of == FACT_OF_DETAIL ? &facts->details : &facts->rows;

    if (list->count == FACT_LIST_MAX)
        return; /* a test counts them */
    struct fact *added = &list->list[list->count++];
    *added = *fact;
    added->key = key;
    added->key_length = (uint8_t)strlen(key);
}

/* Parts of struct conn that the facts read, except ticking ones. */
static void gather_spans(struct logged_facts *facts)
{
    bool read[sizeof(struct conn)] = {false};
    const size_t tuple = offsetof(struct conn, tuple), known = offsetof(struct conn, known);

    memset(read + tuple, true, sizeof(struct tuple));
    memset(read + known, true, sizeof(((struct conn *)0)->known));
    for (uint32_t i = 0; i < facts->rows.count; i++) {
        const struct fact *fact = &facts->rows.list[i];
        memset(read + fact->offset, true, fact_ticks(fact) ? 0 : fact->size);
        if (fact->high)
            read[fact->high - 1] = true;
    }
    for (size_t at = 0; at < sizeof(read); at++) {
        if (!read[at])
            continue;
        if (!at || !read[at - 1])
            facts->spans[facts->span_count++].begin = (uint16_t)at;
        facts->spans[facts->span_count - 1].end = (uint16_t)(at + 1);
    }
}

void logged_facts_gather(struct logged_facts *facts)
{
    *facts = (struct logged_facts){.span_count = 0};
    for (size_t i = 0; i < column_count; i++) {
        if (columns[i].logged)
            add_fact(facts, &columns[i].fact, columns[i].json);
    }
    for (size_t i = 0; i < log_fact_count; i++)
        add_fact(facts, &log_facts[i], log_facts[i].key);
    gather_spans(facts);
}

bool logged_facts_equal(const struct logged_facts *facts, const struct conn *a,
                        const struct conn *b)
{
    for (uint32_t i = 0; i < facts->span_count; i++) {
        const uint16_t begin = facts->spans[i].begin, end = facts->spans[i].end;
        if (memcmp((const char *)a + begin, (const char *)b + begin, (size_t)(end - begin)) != 0)
            return false;
    }
    return true;
}
