/* filter_word: a bare word of a filter, looked for in everything that names a connection; a bare
 * number is a port or a pid. What does not depend on the row (which ports it can mean) is computed
 * once, when it is parsed. */
#include "core/filter/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENDPOINT_MAX    (ADDR_TEXT_MAX + 32)
#define PORT_DIGITS_MAX 5

enum word_place { /* texts of addresses that a word can be part of */
                  PLACE_INET = 1,
                  PLACE_INET6 = 2,
                  PLACE_MAPPED = 4,
                  PLACE_ENDPOINT = 8, /* ADDRESS:PORT, as it is shown, IPv4 */
                  PLACE_ENDPOINT6 = 16,
                  PLACE_INTERFACE = 32
};

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

/* All ports whose digits are HEAD word TAIL, with TAIL < `tail`. */
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

/* Once here is much cheaper than twice for each of 200,000 rows. */
static int find_ports(struct filter_node *node, const struct filter_names *names)
{
    node->u.word.ports = calloc(PORT_WORDS, sizeof *node->u.word.ports);
    if (!node->u.word.ports)
        return -ENOMEM;
    add_numbers(node->u.word.ports, node->u.word.text);
    add_services(node->u.word.ports, node->u.word.text, names);
    return 0;
}

/* Digits (or hexadecimal ones) that follow each other in the word, the longest run. */
static size_t longest_run(const char *word, const char *digits)
{
    size_t longest = 0;

    while (*word) {
        const size_t run = strspn(word, digits);
        longest = run > longest ? run : longest;
        word += run;
        word += strcspn(word, digits);
    }
    return longest;
}

static bool consists_of(const char *word, const char *characters)
{
    return word[strspn(word, characters)] == '\0';
}

/* Where ADDRESS:PORT must be searched, not just the address: for brackets, a star, a port after a
 * colon. */
static uint8_t find_endpoint_places(const char *word)
{
    const char *colon = strchr(word, ':');
    uint8_t places = 0;

    if (strpbrk(word, "[]*") && consists_of(word, "0123456789abcdef:.[]*"))
        places |= PLACE_ENDPOINT | PLACE_ENDPOINT6;
    if (colon && !strchr(colon + 1, ':') && consists_of(word, "0123456789.:"))
        places |= PLACE_ENDPOINT;
    if (colon == word && consists_of(word + 1, "0123456789"))
        places |= PLACE_ENDPOINT6;
    return places;
}

/* The forms of addresses in which the word can occur: most words in none, and formatting 400,000
 * addresses takes longer than all the rest. */
static uint8_t find_places(const char *word)
{
    static const char DECIMAL[] = "0123456789", HEX[] = "0123456789abcdef";
    uint8_t places = 0;

    if (consists_of(word, "0123456789.") && longest_run(word, DECIMAL) <= 3)
        places |= PLACE_INET;
    if (consists_of(word, "0123456789abcdef:") && longest_run(word, HEX) <= 4)
        places |= PLACE_INET6;
    if (consists_of(word, "0123456789abcdef:."))
        places |= PLACE_MAPPED;
    places |= find_endpoint_places(word);
    if (strchr(word, '%'))
        places |= PLACE_INTERFACE;
    return places;
}

#define STATE_LETTERS 3u /* shorter words are in too many names */

static uint32_t find_states(const char *word)
{
    uint32_t states = 0;

    if (strlen(word) < STATE_LETTERS)
        return 0;
    for (unsigned state = STATE_CLOSED; state < STATE_COUNT; state++)
        if (contains(TCP_STATES[state].name, word) || contains(TCP_STATES[state].short_name, word))
            states |= STATE_BIT(state);
    return states;
}

static int32_t find_pid(const char *word)
{
    const long number = consists_of(word, "0123456789") ? strtol(word, NULL, 10) : 0;

    return number > 0 && number <= INT32_MAX ? (int32_t)number : 0;
}

/* "443": a port or a pid; ":443": a port. Never a part of a longer number. */
static bool is_number(const struct token *token)
{
    const bool colon = token->word[0] == ':';
    const char *digits = token->word + colon;
    const unsigned long number = strtoul(digits, NULL, 10);

    return !token->quoted && digits[0] >= '1' && digits[0] <= '9' &&
           consists_of(digits, "0123456789") && number <= (colon ? UINT16_MAX : INT32_MAX);
}

static int number_init(struct filter_node *node)
{
    const unsigned long number =
        strtoul(node->u.word.text + (node->u.word.text[0] == ':'), NULL, 10);

    node->u.word.is_number = true;
    node->u.word.ports = calloc(PORT_WORDS, sizeof *node->u.word.ports);
    if (!node->u.word.ports)
        return -ENOMEM;
    if (number <= UINT16_MAX)
        add_port(node->u.word.ports, (unsigned)number);
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
    node->u.word.pid = find_pid(text);
    node->u.word.memo = calloc(1, sizeof *node->u.word.memo);
    if (!node->u.word.memo)
        return -ENOMEM;
    if (is_number(token))
        return number_init(node);
    node->u.word.places = find_places(text);
    node->u.word.states = find_states(text);
    return find_ports(node, names);
}

static bool has_port(const struct filter_node *node, uint16_t port)
{
    return node->u.word.ports[port / 64] >> port % 64 & 1;
}

/* Both are in lower case. strstr has too much overhead for such short texts. */
static bool addr_contains(const struct addr *addr, uint8_t family, const char *word)
{
    char text[ADDR_TEXT_MAX];
    const size_t length = addr_format(text, sizeof text, addr, family, NULL);
    const size_t wanted = strlen(word);

    for (size_t at = 0; at + wanted <= length; at++)
        if (text[at] == word[0] && memcmp(text + at, word, wanted) == 0)
            return true;
    return false;
}

static enum word_place place_of(const struct addr *addr, uint8_t family)
{
    if (family == FAMILY_INET)
        return PLACE_INET;
    return addr_is_mapped(addr, family) ? PLACE_MAPPED : PLACE_INET6;
}

/* "10.0.0.5:44" is not the beginning of another port. */
static bool ends_in_port(const char *word)
{
    const char *colon = strrchr(word, ':');

    return colon && colon > word && colon[1] && consists_of(colon + 1, "0123456789");
}

static bool ends_with(const char *text, const char *word)
{
    const size_t length = strlen(text), wanted = strlen(word);

    return length >= wanted && strcmp(text + length - wanted, word) == 0;
}

static bool endpoint_contains(const struct column_context *context, const struct conn *conn,
                              bool remote, const char *word)
{
    const struct tuple *tuple = &conn->tuple;
    char text[ENDPOINT_MAX];

    tuple_format_end(text, sizeof text, tuple, remote,
                     tuple->scope ? frame_interface_name(context->frame, conn->netns, tuple->scope)
                                  : NULL,
                     NULL);
    return ends_in_port(word) ? ends_with(text, word) : contains(text, word);
}

static bool end_contains(const struct filter_node *node, const struct column_context *context,
                         const struct conn *conn, bool remote)
{
    const struct addr *addr = remote ? &conn->tuple.remote : &conn->tuple.local;
    const uint8_t family = conn->tuple.family, places = node->u.word.places;
    const char *word = node->u.word.text;

    if (places & place_of(addr, family) && addr_contains(addr, family, word))
        return true;
    const uint8_t endpoint = family == FAMILY_INET ? PLACE_ENDPOINT : PLACE_ENDPOINT6;
    if (!(places & (endpoint | PLACE_INTERFACE)))
        return false;
    return endpoint_contains(context, conn, remote, word);
}

static bool proc_contains(const struct filter_node *node, const struct frame *frame,
                          const struct proc *proc)
{
    uint8_t *kept = filter_memo_proc(node->u.word.memo, frame, (uint32_t)(proc - frame->procs));

    if (kept && *kept)
        return *kept == SAYS_YES;
    const bool found = (!node->u.word.is_number && contains(proc->comm, node->u.word.text)) ||
                       (node->u.word.pid && proc->pid == node->u.word.pid);
    if (kept)
        *kept = found ? SAYS_YES : SAYS_NO;
    return found;
}

static bool holder_contains(const struct filter_node *node, const struct frame *frame,
                            const struct conn *conn)
{
    const struct proc *owner = frame_owner(frame, conn);

    if (owner && proc_contains(node, frame, owner))
        return true;
    for (uint32_t i = 0; i < conn->owner_count; i++) {
        const struct proc *holder = frame_holder(frame, conn, i);
        if (holder && holder != owner && proc_contains(node, frame, holder))
            return true;
    }
    return false;
}

static bool group_contains(const struct filter_node *node, const struct frame *frame,
                           const struct conn *conn)
{
    const struct group *group = frame_group(frame, conn);
    uint8_t *kept = filter_memo_group(node->u.word.memo, frame, conn->group);

    if (kept && *kept)
        return *kept == SAYS_YES;
    const bool found = group && (contains(group->unit, node->u.word.text) ||
                                 contains(group->container, node->u.word.text));
    if (kept)
        *kept = found ? SAYS_YES : SAYS_NO;
    return found;
}

static bool user_contains(const struct filter_node *node, const struct frame *frame,
                          const struct conn *conn)
{
    if (!(conn->known & KNOWN_UID))
        return false;
    uint8_t *kept = filter_memo_user(node->u.word.memo, frame, conn->uid);
    if (kept && *kept)
        return *kept == SAYS_YES;
    const bool found =
        name_contains(frame_host_user_name(frame, frame_host_number(frame, conn->netns), conn->uid),
                      node->u.word.text);
    if (kept)
        *kept = found ? SAYS_YES : SAYS_NO;
    return found;
}

static bool host_contains(const struct column_context *context, const struct conn *conn,
                          const char *word)
{
    const struct lookup *lookup = context->lookup;

    return lookup && lookup->host &&
           name_contains(lookup->host(lookup->data, &conn->tuple.remote, conn->tuple.family), word);
}

/* Cheapest facts first. */
bool filter_word_accepts(const struct filter_node *node, const struct column_context *context,
                         const struct conn *conn)
{
    const struct frame *frame = context->frame;

    if (has_port(node, conn->tuple.local_port) || has_port(node, conn->tuple.remote_port) ||
        STATE_BIT(conn->state) & node->u.word.states)
        return true;
    if (node->u.word.is_number)
        return node->u.word.pid && holder_contains(node, frame, conn);
    if (holder_contains(node, frame, conn) || group_contains(node, frame, conn) ||
        user_contains(node, frame, conn) || host_contains(context, conn, node->u.word.text))
        return true;
    return node->u.word.places &&
           (end_contains(node, context, conn, false) ||
            (conn->state != STATE_LISTEN && end_contains(node, context, conn, true)));
}
