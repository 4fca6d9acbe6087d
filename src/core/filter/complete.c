/* complete: candidates for the last word of a filter; see complete.h. */
#include "core/filter/complete.h"

#include "base/sort.h"

#include "core/filter/node.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char BREAKS[] = " ()=<>!&|";

struct collector {
    struct filter_completions *out;
    const char *word; /* prefix of the candidates */
    size_t length;
    const struct frame *frame;
};

/* Quoted where the filter would otherwise split it. */
static void add(struct collector *collector, const char *text)
{
    struct filter_completions *out = collector->out;
    const bool plain = strpbrk(text, BREAKS) == NULL && strpbrk(text, "\"*?/\\") == NULL;
    char shown[FILTER_COMPLETION_SIZE];

    if (!*text || strncasecmp(text, collector->word, collector->length) != 0 ||
        out->count == FILTER_COMPLETIONS_MAX ||
        (size_t)snprintf(shown, sizeof shown, plain ? "%s" : "\"%s\"", text) >= sizeof shown)
        return;
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(out->texts[i], shown) == 0)
            return;
    memcpy(out->texts[out->count++], shown, sizeof shown);
}

/* --- values --- */

static void add_states(struct collector *collector)
{
    char name[FILTER_COMPLETION_SIZE];
    const char *set;

    for (enum tcp_state state = STATE_CLOSED; state < STATE_COUNT; state++) {
        size_t at = 0;
        for (const char *from = TCP_STATES[state].name; *from; from++)
            name[at++] = (char)tolower((unsigned char)*from);
        name[at] = '\0';
        add(collector, name);
    }
    for (size_t i = 0; (set = filter_state_set_word(i)) != NULL; i++)
        add(collector, set);
}

/* Listening ports first: they are most wanted, and there is little room. */
static void add_ports(struct collector *collector)
{
    const struct frame *frame = collector->frame;
    char text[8];

    for (int listening = 1; listening >= 0; listening--)
        for (uint32_t i = 0; frame && i < frame->live_count; i++) {
            const struct conn *conn = &frame->conns[i];
            if ((conn->state == STATE_LISTEN) != listening)
                continue;
            snprintf(text, sizeof text, "%u",
                     listening ? conn->tuple.local_port : conn->tuple.remote_port);
            if (strcmp(text, "0") != 0)
                add(collector, text);
        }
}

static void add_address(struct collector *collector, const struct addr *addr, uint8_t family)
{
    char text[ADDR_TEXT_MAX], bracketed[ADDR_TEXT_MAX + 2];

    addr_format(text, sizeof text, addr, family, NULL);
    snprintf(bracketed, sizeof bracketed, family == FAMILY_INET6 ? "[%s]" : "%s", text);
    if (!addr_is_zero(addr))
        add(collector, bracketed);
}

static void add_locals(struct collector *collector)
{
    for (uint32_t i = 0; collector->frame && i < collector->frame->live_count; i++) {
        const struct tuple *tuple = &collector->frame->conns[i].tuple;
        add_address(collector, &tuple->local, tuple->family);
    }
}

static void add_remotes(struct collector *collector)
{
    for (uint32_t i = 0; collector->frame && i < collector->frame->live_count; i++) {
        const struct tuple *tuple = &collector->frame->conns[i].tuple;
        add_address(collector, &tuple->remote, tuple->family);
    }
}

static void add_ends(struct collector *collector)
{
    add_locals(collector);
    add_remotes(collector);
}

static void add_pids(struct collector *collector)
{
    char text[16];

    for (uint32_t i = 0; collector->frame && i < collector->frame->proc_count; i++) {
        snprintf(text, sizeof text, "%d", collector->frame->procs[i].pid);
        add(collector, text);
    }
}

static void add_cgroups(struct collector *collector)
{
    for (uint32_t i = 0; collector->frame && i < collector->frame->group_count; i++)
        add(collector, collector->frame->groups[i].path);
}

static const struct {
    const char *field;
    void (*add)(struct collector *collector);
} VALUES[] = {
    {"state", add_states}, {"exclude", add_states}, {"from", add_states}, {"to", add_states},
    {"port", add_ports},   {"sport", add_ports},    {"dport", add_ports}, {"lport", add_ports},
    {"rport", add_ports},  {"src", add_locals},     {"dst", add_remotes}, {"host", add_ends},
    {"pid", add_pids},     {"cgroup", add_cgroups},
};

/* False: no field whose values are known. */
static bool add_values(struct collector *collector, const char *field)
{
    const char *name;

    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++)
        if (strcasecmp(VALUES[i].field, field) == 0) {
            VALUES[i].add(collector);
            return true;
        }
    if (!filter_has_names(field))
        return false;
    for (uint32_t n = 0; (name = filter_nth_name(field, collector->frame, n)) != NULL; n++)
        add(collector, name);
    return true;
}

/* --- words --- */

static void add_words(struct collector *collector)
{
    static const char *const JOINING[] = {"and", "or", "not"};
    const char *word;

    for (size_t i = 0; i < sizeof JOINING / sizeof *JOINING; i++)
        add(collector, JOINING[i]);
    for (size_t i = 0; (word = filter_field_word(i)) != NULL; i++)
        add(collector, word);
    for (size_t i = 0; i < column_count; i++)
        add(collector, columns[i].id);
    /* A bare word matches names: offered where there is no such keyword. */
    if (collector->out->count == 0 && collector->length > 0)
        (void)add_values(collector, "proc");
}

/* --- the text --- */

static size_t word_begin(const char *text, size_t end)
{
    while (end > 0 && !strchr(BREAKS, text[end - 1]))
        end--;
    return end;
}

/* The word before byte `at`, skipping blanks and an operator. */
static void field_before(const char *text, size_t at, char *out, size_t size)
{
    size_t end = at;

    while (end > 0 && strchr(" =<>!", text[end - 1]))
        end--;
    const size_t begin = word_begin(text, end);
    snprintf(out, size, "%.*s", (int)(end - begin), text + begin);
}

static bool follows_operator(const char *text, size_t at)
{
    while (at > 0 && text[at - 1] == ' ')
        at--;
    return at > 0 && strchr("=<>", text[at - 1]);
}

static int compare_texts(const void *a, const void *b)
{
    return strverscmp(a, b);
}

void filter_complete(struct filter_completions *out, const char *text, size_t cursor,
                     const struct frame *frame)
{
    out->count = 0;
    out->from = word_begin(text, cursor);
    struct collector collector = {out, text + out->from, cursor - out->from, frame};
    field_before(text, out->from, out->field, sizeof out->field);
    out->operand = follows_operator(text, out->from);
    out->values = add_values(&collector, out->field);
    if (!out->values && !out->operand)
        add_words(&collector);
    sort_items(out->texts, out->count, sizeof *out->texts, compare_texts);
}

size_t filter_completions_common(const struct filter_completions *completions)
{
    if (completions->count == 0)
        return 0;
    size_t common = strlen(completions->texts[0]);
    for (size_t i = 1; i < completions->count; i++) {
        size_t same = 0;
        while (same < common && completions->texts[0][same] == completions->texts[i][same])
            same++;
        common = same;
    }
    return common;
}
