/* Counters and settings of the network namespace in frame lines: those that changed, by the
 * kernel's names. */
#include "session/format/get.h"
#include "session/format/write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 64

/* Names of sockstat need the name of their line: "TCP inuse". */
static const char *key_of(enum host_fact fact, char *key)
{
    const struct host_fact_row *row = &HOST_FACT_ROWS[fact];
    const bool grouped = row->file == FACT_FILE_SOCKSTAT || row->file == FACT_FILE_SOCKSTAT6;

    snprintf(key, KEY_MAX, "%s%s%s", grouped ? row->group : "", grouped ? " " : "", row->name);
    return key;
}

static void put_fact(struct buffer *buffer, enum host_fact fact, const struct host_facts *facts,
                     bool first)
{
    char key[KEY_MAX];

    buffer_printf(buffer, "%s\"%s\":", first ? ",\"facts\":{" : ",", key_of(fact, key));
    if (host_fact_known(facts, fact))
        buffer_unsigned(buffer, host_fact(facts, fact));
    else
        buffer_text(buffer, "null");
}

void session_put_facts(const struct session_pass *pass)
{
    struct session_state *state = pass->state;
    const struct host_facts none = {0}, *facts = pass->frame->facts ? pass->frame->facts : &none;
    bool first = true;

    for (int i = 1; i < FACT_COUNT; i++) {
        const enum host_fact fact = (enum host_fact)i;
        if (host_fact_known(facts, fact) == host_fact_known(&state->facts, fact) &&
            host_fact(facts, fact) == host_fact(&state->facts, fact))
            continue;
        put_fact(pass->buffer, fact, facts, first);
        first = false;
    }
    if (!first)
        buffer_char(pass->buffer, '}');
    state->facts = *facts;
}

static enum host_fact find_fact(const struct flat_member *item)
{
    char key[KEY_MAX];

    for (int fact = 1; fact < FACT_COUNT; fact++) {
        const char *name = key_of((enum host_fact)fact, key);
        if (strlen(name) == item->key_length && memcmp(name, item->key, item->key_length) == 0)
            return (enum host_fact)fact;
    }
    return FACT_NONE; /* of a newer version */
}

void read_facts(struct get *get)
{
    struct host_facts *facts = &get->state->facts;
    struct flat_items items = get_items(get, "facts", FLAT_OBJECT);
    struct flat_member item;

    while (flat_next(&items, &item)) {
        const enum host_fact fact = find_fact(&item);
        if (fact == FACT_NONE)
            continue;
        if (item.type == FLAT_NULL)
            host_fact_forget(facts, fact);
        else if (item.type == FLAT_INTEGER && item.integer >= 0)
            host_fact_set(facts, fact, (uint64_t)item.integer);
        else
            get_fail(get, "facts", "no number in it");
    }
}

int session_build_facts(const struct session_state *state, const struct session_frame *line,
                        struct frame *frame)
{
    const int64_t offset_ns = (int64_t)((uint64_t)line->wall_ns - (uint64_t)line->mono_ns);
    bool any = line->traces_bind || line->traces_connect;

    for (size_t i = 0; i < sizeof(state->facts.known) / sizeof(state->facts.known[0]); i++)
        any |= state->facts.known[i] != 0;
    if (!any)
        return 0;
    struct host_facts *facts = frame_add_facts(frame);
    if (!facts)
        return -ENOMEM;
    *facts = state->facts;
    facts->netns = frame->netns;
    facts->mono_ns = frame->mono_ns;
    session_build_failures(&state->facts.bind_failures, line->traces_bind, offset_ns,
                           &facts->bind_failures);
    session_build_failures(&state->facts.connect_failures, line->traces_connect, offset_ns,
                           &facts->connect_failures);
    facts->reserved_count = 0;
    return 0;
}
