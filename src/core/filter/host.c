/* filter_host: hosts and ports as ss writes them: [FAMILY:]ADDRESS[/n][:PORT]. */
#include "core/filter/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PORT_MAX 65535

static bool parse_decimal(const char *text, size_t length, unsigned maximum, unsigned *out)
{
    unsigned value = 0;

    if (length == 0 || length > 9 || (length > 1 && text[0] == '0'))
        return false; /* in ss a leading 0 means octal: refuse rather than differ */
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

/* "0x1bb", as ss takes it. */
static bool parse_hexadecimal(const char *text, unsigned *out)
{
    if (strncmp(text, "0x", 2) != 0 || strlen(text) > 6 || !text[2] ||
        text[2 + strspn(text + 2, "0123456789abcdefABCDEF")])
        return false;
    *out = (unsigned)strtoul(text + 2, NULL, 16);
    return true;
}

static bool find_port_number(const char *text, const struct filter_names *names, uint16_t *port)
{
    unsigned number;

    if (parse_decimal(text, strlen(text), PORT_MAX, &number) || parse_hexadecimal(text, &number)) {
        *port = (uint16_t)number;
        return true;
    }
    return names && names->service && names->service(names->data, text, strlen(text), port);
}

static int parse_port_text(const char *text, const struct token *token,
                           const struct filter_names *names, uint16_t *port,
                           struct filter_error *error)
{
    if (find_port_number(text, names, port))
        return 0;
    return filter_fail(error, token,
                       "no port or service \"%.40s\": expected 0 to 65535 or a service name", text);
}

/* IPv4 in the short form of ss: "10", "10.1" are the leading bytes. */
static bool parse_short_inet(const char *text, size_t length, struct host_prefix *prefix)
{
    struct addr addr = {{0}};
    unsigned count = 0, value;

    if (length == 0 || text[length - 1] == '.')
        return false;
    while (length > 0 && count < 4) {
        const char *dot = memchr(text, '.', length);
        const size_t part = dot ? (size_t)(dot - text) : length;
        if (!parse_decimal(text, part, 255, &value))
            return false;
        addr.bytes[count++] = (uint8_t)value;
        text += part + (dot ? 1 : 0);
        length -= part + (dot ? 1 : 0);
    }
    if (length > 0)
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
    if (count == 0 && name[strspn(name, "0123456789")] == '\0')
        return filter_fail(error, token, "no address \"%.60s\"; a port is written :%.60s", name,
                           name);
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

/* "[ADDRESS]", "[ADDRESS]/n" and, as in ss, "[ADDRESS/n]", with the part after the slash already
 * cut off. */
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
    if (node->family && node->family != prefix.family)
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

static const char *skip_family(const char *text, uint8_t *family)
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

static bool is_address(const char *text, size_t length)
{
    struct host_prefix prefix;
    return parse_address(text, length, &prefix);
}

/* Where ":PORT" begins: after "]", after the prefix length, else at the last colon, as in ss; but a
 * complete IPv6 address has no port unless both sides of that colon are valid. */
static char *find_port(char *text, const struct filter_names *names)
{
    char *bracket = strrchr(text, ']'), *slash = strchr(text, '/'), *last = strrchr(text, ':');
    uint16_t port;

    if (text[0] == '[' && bracket)
        return strchr(bracket, ':');
    if (slash)
        return strchr(slash, ':');
    if (last && is_address(text, strlen(text)) &&
        !(is_address(text, (size_t)(last - text)) && find_port_number(last + 1, names, &port)))
        return NULL;
    return last;
}

int filter_parse_port(struct filter_node *node, const struct token *token,
                      const struct filter_names *names, struct filter_error *error)
{
    const char *text = skip_family(token->word, &node->family);

    if (strncmp(text, "*:", 2) == 0)
        text += 2;
    else if (text[0] == ':')
        text++;
    return parse_port_text(text, token, names, &node->u.port.number, error);
}

int filter_parse_host(struct filter_node *node, const struct token *token,
                      const struct filter_names *names, struct filter_error *error)
{
    char *copy = strdup(token->word);
    int result = 0;

    if (!copy)
        return -ENOMEM;
    char *text = copy + (skip_family(copy, &node->family) - copy);
    char *port = find_port(text, names);
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
