/* filter_host: hosts and ports as ss writes them: [FAMILY:]ADDRESS[/n][:PORT]. */
#include "core/filter_node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PORT_MAX 65535

static bool parse_decimal(const char *text, size_t length, unsigned maximum, unsigned *out)
{
    unsigned value = 0;

    if (length == 0 || length > 9)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    if (value > maximum)
        return false;
    *out = value;
    return true;
}

static int parse_port_text(const char *text, const struct token *token,
                           const struct filter_names *names, uint16_t *port,
                           struct filter_error *error)
{
    const size_t length = strlen(text);
    unsigned number;

    if (parse_decimal(text, length, PORT_MAX, &number)) {
        *port = (uint16_t)number;
        return 0;
    }
    if (names && names->service && names->service(names->data, text, length, port))
        return 0;
    return filter_fail(error, token,
                       "no port or service \"%.40s\": expected 0 to 65535 or a service name", text);
}

int filter_parse_port(const struct token *token, const struct filter_names *names, uint16_t *port,
                      struct filter_error *error)
{
    const char *text = token->word;

    if (strncmp(text, "*:", 2) == 0)
        text += 2;
    else if (text[0] == ':')
        text++;
    return parse_port_text(text, token, names, port, error);
}

/* IPv4 in the short form of ss: "10", "10.1" are the leading bytes. */
static bool parse_short_inet(const char *text, size_t length, struct host_prefix *prefix)
{
    struct addr addr = {{0}};
    unsigned count = 0, value;

    while (length > 0 && count < 4) {
        const char *dot = memchr(text, '.', length);
        const size_t part = dot ? (size_t)(dot - text) : length;
        if (!parse_decimal(text, part, 255, &value))
            return false;
        addr.bytes[count++] = (uint8_t)value;
        text += part + (dot ? 1 : 0);
        length -= part + (dot ? 1 : 0);
    }
    if (length > 0 || count == 0)
        return false;
    *prefix = (struct host_prefix){addr, FAMILY_INET, 32};
    return true;
}

static bool parse_address(const char *text, size_t length, struct host_prefix *prefix)
{
    uint8_t family;
    struct addr addr;

    if (parse_short_inet(text, length, prefix))
        return true;
    if (addr_parse(text, length, &addr, &family, NULL))
        return false;
    *prefix = (struct host_prefix){addr, family, family == FAMILY_INET ? 32 : 128};
    return true;
}

static int parse_prefix_length(struct host_prefix *prefix, const char *text,
                               const struct token *token, struct filter_error *error)
{
    const unsigned most = prefix->family == FAMILY_INET ? 32 : 128;
    unsigned bits;

    if (!parse_decimal(text, strlen(text), most, &bits))
        return filter_fail(error, token, "bad prefix length \"/%.20s\": expected 0 to %u", text,
                           most);
    prefix->bits = (uint8_t)bits;
    return 0;
}

static int look_up_host(struct filter_node *node, const char *name, const struct token *token,
                        const struct filter_names *names, struct filter_error *error)
{
    struct addr addrs[HOST_ADDRESSES_MAX];
    uint8_t families[HOST_ADDRESSES_MAX];
    uint32_t count = 0;

    if (names && names->host)
        count = names->host(names->data, name, strlen(name), addrs, families, HOST_ADDRESSES_MAX);
    if (count == 0)
        return filter_fail(error, token,
                           "no address \"%.60s\": expected an IPv4 or [IPv6] address, /n, :port",
                           name);
    for (uint32_t i = 0; i < count; i++)
        node->u.host.prefixes[i] =
            (struct host_prefix){addrs[i], families[i], families[i] == FAMILY_INET ? 32 : 128};
    node->u.host.prefix_count = count;
    node->u.host.name = strdup(name);
    return node->u.host.name ? 0 : -ENOMEM;
}

/* "[ADDRESS]", "[ADDRESS]/n" and, as ss has it, "[ADDRESS/n]", the part behind the slash cut off
 * already. */
static const char *strip_brackets(char *text, char *prefix_length)
{
    if (text[0] != '[')
        return text;
    char *end = strchr(text, ']');
    if (!end && prefix_length)
        end = strchr(prefix_length, ']');
    if (end)
        *end = '\0';
    return text + 1;
}

/* The address part, without family and port; text may be changed. */
static int parse_host_address(struct filter_node *node, char *text, const struct token *token,
                              const struct filter_names *names, struct filter_error *error)
{
    struct host_prefix prefix;

    if (text[0] == '\0' || strcmp(text, "*") == 0)
        return 0;
    char *slash = strchr(text, '/');
    if (slash)
        *slash++ = '\0';
    const bool bracketed = text[0] == '[';
    const char *address = strip_brackets(text, slash);
    if (!parse_address(address, strlen(address), &prefix)) {
        if (slash || bracketed)
            return filter_fail(error, token, "no address \"%.60s\"", token->word);
        return look_up_host(node, text, token, names, error);
    }
    if (node->u.host.family && node->u.host.family != prefix.family)
        return filter_fail(error, token, "\"%.60s\" is of the other address family", text);
    if (slash) {
        const int result = parse_prefix_length(&prefix, slash, token, error);
        if (result)
            return result;
    }
    node->u.host.prefixes[0] = prefix;
    node->u.host.prefix_count = 1;
    return 0;
}

static char *skip_family(char *text, uint8_t *family)
{
    if (strncmp(text, "inet6:", 6) == 0) {
        *family = FAMILY_INET6;
        return text + 6;
    }
    if (strncmp(text, "inet:", 5) == 0) {
        *family = FAMILY_INET;
        return text + 5;
    }
    return text;
}

/* Where ":PORT" begins: after "]", or the only colon (more of them make an IPv6 address). */
static char *find_port(char *text)
{
    char *bracket = strrchr(text, ']');
    if (bracket)
        return strchr(bracket, ':');
    char *slash = strchr(text, '/');
    char *first = strchr(text, ':');
    if (first && strchr(first + 1, ':') && !(slash && strchr(slash, ':')))
        return NULL;
    return slash && strchr(slash, ':') ? strchr(slash, ':') : first;
}

int filter_parse_host(struct filter_node *node, const struct token *token,
                      const struct filter_names *names, struct filter_error *error)
{
    char *copy = strdup(token->word);
    int result = 0;

    if (!copy)
        return -ENOMEM;
    char *text = skip_family(copy, &node->u.host.family);
    char *port = find_port(text);
    if (port) {
        *port++ = '\0';
        if (port[0] && strcmp(port, "*") != 0) {
            node->u.host.has_port = true;
            result = parse_port_text(port, token, names, &node->u.host.port, error);
        }
    }
    if (!result)
        result = parse_host_address(node, text, token, names, error);
    free(copy);
    return result;
}
