/* Counters and settings of the network namespace in frame lines: those that changed, by the names
 * that the kernel gives them. */
#include "session/format/get.h"
#include "session/format/write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 64

/* Names of sockstat mean something with their line only: "TCP inuse". */
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

static enum host_fact find_fact(const char *name)
{
    char key[KEY_MAX];

    for (int fact = 1; fact < FACT_COUNT; fact++)
        if (strcmp(name, key_of((enum host_fact)fact, key)) == 0)
            return (enum host_fact)fact;
    return FACT_NONE; /* of a newer version */
}

void read_facts(struct get *get)
{
    json_t *object = get->object ? json_object_get(get->object, "facts") : NULL;
    struct host_facts *facts = &get->state->facts;
    const char *name;
    json_t *value;

    if (object && !json_is_object(object))
        get_fail(get, "facts", "no object");
    json_object_foreach(object, name, value)
    {
        const enum host_fact fact = find_fact(name);
        if (fact == FACT_NONE)
            continue;
        if (json_is_null(value))
            host_fact_forget(facts, fact);
        else if (json_is_integer(value) && json_integer_value(value) >= 0)
            host_fact_set(facts, fact, (uint64_t)json_integer_value(value));
        else
            get_fail(get, "facts", "no number in it");
    }
}

int session_build_facts(const struct session_state *state, struct frame *frame)
{
    bool any = false;

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
    facts->bind_failures = (struct bind_failures){.known = false};
    facts->reserved_count = 0;
    return 0;
}
