/* filter_word: a bare word of a filter, looked for in everything that names a connection. What does
 * not depend on the row (which ports it can mean) is settled once, when it is parsed. */
#include "core/filter_node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENDPOINT_MAX    (ADDR_TEXT_MAX + 32)
#define PORT_DIGITS_MAX 5

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool begins_with(const char *text, const char *word)
{
    while (*word && ascii_lower(*text) == *word) {
        text++;
        word++;
    }
    return *word == '\0';
}

/* word is in lower case. */
static bool contains(const char *text, const char *word)
{
    const char first = word[0];

    for (; *text; text++)
        if (ascii_lower(*text) == first && begins_with(text + 1, word + 1))
            return true;
    return false;
}

static bool name_contains(const char *name, const char *word)
{
    return name && contains(name, word);
}

static void add_port(uint64_t *ports, unsigned port)
{
    ports[port / 64] |= UINT64_C(1) << port % 64;
}

/* All ports in which the digits of word are found with `tail` - 1 or fewer behind them: HEAD word
 * TAIL. */
static void add_numbers_with(uint64_t *ports, const char *word, unsigned tail)
{
    const unsigned middle = (unsigned)strtoul(word, NULL, 10);
    unsigned scale = tail;

    for (const char *at = word; *at; at++)
        scale *= 10;
    for (unsigned head = word[0] == '0'; head * scale + middle * tail <= UINT16_MAX; head++)
        for (unsigned rest = 0; rest < tail; rest++)
            if (head * scale + middle * tail + rest <= UINT16_MAX)
                add_port(ports, head * scale + middle * tail + rest);
}

static void add_numbers(uint64_t *ports, const char *word)
{
    const size_t length = strlen(word);
    unsigned tail = 1;

    if (length > PORT_DIGITS_MAX || strspn(word, "0123456789") != length)
        return;
    for (size_t digits = length; digits <= PORT_DIGITS_MAX; digits++) {
        add_numbers_with(ports, word, tail);
        tail *= 10;
    }
    ports[0] &= ~UINT64_C(1); /* port 0 is none */
}

static void add_services(uint64_t *ports, const char *word, const struct filter_names *names)
{
    const char *name;
    uint16_t port;

    if (!names || !names->nth_service)
        return;
    for (size_t n = 0;; n++) {
        name = names->nth_service(names->data, n, &port);
        if (!name)
            return;
        if (contains(name, word))
            add_port(ports, port);
    }
}

/* Once here is much less than twice for each of 200,000 rows later. */
static int find_ports(struct filter_node *node, const struct filter_names *names)
{
    node->u.word.ports = calloc(PORT_WORDS, sizeof *node->u.word.ports);
    if (!node->u.word.ports)
        return -ENOMEM;
    add_numbers(node->u.word.ports, node->u.word.text);
    add_services(node->u.word.ports, node->u.word.text, names);
    return 0;
}

int filter_word_init(struct filter_node *node, const struct token *token,
                     const struct filter_names *names)
{
    char *text = strdup(token->word);

    if (!text)
        return -ENOMEM;
    for (char *at = text; *at; at++)
        *at = ascii_lower(*at);
    node->kind = NODE_WORD;
    node->u.word.text = text;
    node->u.word.may_be_address =
        strspn(text, "0123456789abcdef.:[]*") == strlen(text) || strchr(text, '%') != NULL;
    return find_ports(node, names);
}

static bool has_port(const struct filter_node *node, uint16_t port)
{
    return node->u.word.ports[port / 64] >> port % 64 & 1;
}

static bool end_contains(const struct column_context *context, const struct conn *conn, bool remote,
                         const char *word)
{
    const struct tuple *tuple = &conn->tuple;
    const struct addr *addr = remote ? &tuple->remote : &tuple->local;
    const char *interface = NULL;
    char text[ENDPOINT_MAX];

    if (tuple->scope && addr_is_link_local(addr, tuple->family))
        interface = frame_interface_name(context->frame, tuple->scope);
    addr_format(text, sizeof text, addr, tuple->family, interface);
    if (contains(text, word))
        return true;
    if (!strpbrk(word, ":*[]"))
        return false;
    addr_format_endpoint(text, sizeof text, addr, tuple->family, interface,
                         remote ? tuple->remote_port : tuple->local_port, NULL);
    return contains(text, word);
}

static bool holder_contains(const struct frame *frame, const struct conn *conn, const char *word)
{
    const struct proc *owner = frame_owner(frame, conn);

    if (owner && contains(owner->comm, word))
        return true;
    for (uint32_t i = 0; i < conn->owner_count; i++) {
        const struct proc *holder = frame_holder(frame, conn, i);
        if (holder && holder != owner && contains(holder->comm, word))
            return true;
    }
    return false;
}

static bool owner_contains(const struct frame *frame, const struct conn *conn, const char *word)
{
    const struct group *group = frame_group(frame, conn);

    if (holder_contains(frame, conn, word))
        return true;
    if (group && (contains(group->unit, word) || contains(group->container, word)))
        return true;
    return conn->known & KNOWN_UID && name_contains(frame_user_name(frame, conn->uid), word);
}

static bool host_contains(const struct column_context *context, const struct conn *conn,
                          const char *word)
{
    const struct lookup *lookup = context->lookup;

    return lookup && lookup->host &&
           name_contains(lookup->host(lookup->data, &conn->tuple.remote, conn->tuple.family), word);
}

/* Cheapest facts first: of 200,000 rows each must cost well under 0.1 us where nothing is to be
 * formatted. */
bool filter_word_accepts(const struct filter_node *node, const struct column_context *context,
                         const struct conn *conn)
{
    const char *word = node->u.word.text;

    if (has_port(node, conn->tuple.local_port) || has_port(node, conn->tuple.remote_port))
        return true;
    if (owner_contains(context->frame, conn, word) || host_contains(context, conn, word))
        return true;
    return node->u.word.may_be_address &&
           (end_contains(context, conn, false, word) ||
            (conn->state != STATE_LISTEN && end_contains(context, conn, true, word)));
}
