/* remote_command: see command.h. */
#include "source/remote/command.h"

#include "base/clock.h"
#include "source/remote/push.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"
/* Of a host or user: nothing that a shell takes, no blank, no "/". */
#define NAME_LETTERS LETTERS DIGITS "._-%"
#define IPV6_LETTERS "0123456789abcdefABCDEF:."

struct target {
    char user[HOST_NAME_BYTES], host[HOST_NAME_BYTES], port[8];
};

/* --- words --- */

static void add_bytes(struct remote_command *command, const char *text, size_t length)
{
    if (command->used + length + 1 > sizeof(command->text) || command->count == REMOTE_WORDS_MAX) {
        command->used = sizeof(command->text); /* too long: said at the end */
        return;
    }
    char *word = command->text + command->used;
    memcpy(word, text, length);
    word[length] = '\0';
    command->words[command->count++] = word;
    command->used += length + 1;
}

static void add(struct remote_command *command, const char *text)
{
    add_bytes(command, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void add_form(struct remote_command *command,
                                                           const char *form, ...)
{
    char text[REMOTE_TEXT_MAX];
    va_list arguments;

    va_start(arguments, form);
    vsnprintf(text, sizeof(text), form, arguments);
    va_end(arguments);
    add(command, text);
}

static bool is_ssh(const char *program)
{
    const char *slash = strrchr(program, '/');
    return strcmp(slash ? slash + 1 : program, "ssh") == 0;
}

/* ssh joins its words for a shell at the other end, which then reads the script as one word. */
static void add_push(struct remote_command *command, uint64_t bytes)
{
    char script[REMOTE_TEXT_MAX / 2];

    add(command, "sh");
    add(command, "-c");
    if (remote_push_script(script, sizeof(script), bytes))
        command->used = sizeof(command->text); /* too long: said at the end */
    else
        add_form(command, is_ssh(command->words[0]) ? "'%s'" : "%s", script);
}

/* --netns is a word that a shell may read at the other end. */
static int add_tcplens(struct remote_command *command, const struct remote_wish *wish, char *why,
                       size_t size)
{
    const char *netns = wish->netns;

    if (wish->push_bytes)
        add_push(command, wish->push_bytes);
    add(command, "tcplens");
    add(command, "record");
    add(command, "-o");
    add(command, "-");
    add(command, "-i");
    add_form(command, "%lld.%03lld", (long long)(wish->interval_ns / SECOND_NS),
             (long long)(wish->interval_ns / MILLISECOND_NS % 1000));
    if (wish->detail)
        add(command, "--detail");
    if (wish->with_args)
        add(command, "--with-args");
    if (!netns)
        return 0;
    if (!netns[0] || netns[0] == '-' || netns[strspn(netns, NAME_LETTERS)]) {
        snprintf(why, size, "--netns: \"%.40s\" cannot be passed on to another host", netns);
        return -EINVAL;
    }
    add_form(command, "--netns=%s", netns);
    return 0;
}

/* --- ssh:[USER@]HOST[:PORT], ssh://[USER@]HOST[:PORT] --- */

static int refuse(char *why, size_t size, const char *target, const char *what)
{
    snprintf(why, size, "host \"%.80s\": %s", target, what);
    return -EINVAL;
}

static bool take(char *out, size_t size, const char *text, size_t length, const char *letters)
{
    if (length == 0 || length >= size || text[0] == '-' || strspn(text, letters) < length)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

static bool take_port(char *out, size_t size, const char *text)
{
    return take(out, size, text, strlen(text), DIGITS) && strlen(text) <= 5 &&
           strtoul(text, NULL, 10) - 1 < 65535;
}

/* A name, or an IPv6 address with its interface behind "%". */
static bool take_host(struct target *target, const char *text, size_t length)
{
    const char *zone = memchr(text, '%', length);
    const size_t address = zone ? (size_t)(zone - text) : length;

    if (!memchr(text, ':', length))
        return take(target->host, sizeof(target->host), text, length, NAME_LETTERS);
    return strspn(text, IPV6_LETTERS) >= address &&
           take(target->host, sizeof(target->host), text, length, NAME_LETTERS ":");
}

static const char *behind_scheme(const char *target)
{
    const bool has_scheme = strncmp(target, "ssh:", 4) == 0;
    const bool is_url = strncmp(target, "ssh://", 6) == 0;
    return target + (is_url ? 6 : has_scheme ? 4 : 0);
}

static int parse_target(struct target *target, const char *whole, char *why, size_t size)
{
    const char *text = behind_scheme(whole), *at = strrchr(text, '@'), *port = NULL;
    size_t length;

    *target = (struct target){{0}, {0}, {0}};
    if (at && !take(target->user, sizeof(target->user), text, (size_t)(at - text), NAME_LETTERS))
        return refuse(why, size, whole, "the user's name cannot be that");
    text = at ? at + 1 : text;
    const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
    if (bracket) {
        text++;
        length = (size_t)(bracket - text);
        if (bracket[1] && bracket[1] != ':')
            return refuse(why, size, whole, "behind \"]\" comes :PORT or nothing");
        port = bracket[1] ? bracket + 2 : NULL;
    } else { /* one colon is a port's, several are an IPv6 address's */
        const char *colon = strchr(text, ':');
        const bool is_port = colon && !strchr(colon + 1, ':');
        length = is_port ? (size_t)(colon - text) : strlen(text);
        port = is_port ? colon + 1 : NULL;
    }
    if (!take_host(target, text, length))
        return refuse(why, size, whole,
                      "NAME, USER@NAME, NAME:PORT or [IPV6]:PORT is expected, of letters, "
                      "digits, '.', '-' and '_', no '-' in front");
    if (port && !take_port(target->port, sizeof(target->port), port))
        return refuse(why, size, whole, "the port is a number from 1 to 65535");
    return 0;
}

int remote_target_check(const char *target, char *why, size_t size)
{
    struct target parsed;
    return parse_target(&parsed, target, why, size);
}

static void add_ssh(struct remote_command *command, const struct target *target)
{
    static const char *const OPTIONS[] = {"BatchMode=yes", "ConnectTimeout=10",
                                          "ServerAliveInterval=5", "ServerAliveCountMax=3"};

    add(command, "ssh");
    add(command, "-T");
    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
        add(command, "-o");
        add(command, OPTIONS[i]);
    }
    if (target->port[0]) {
        add(command, "-p");
        add(command, target->port);
    }
    if (target->user[0]) {
        add(command, "-l");
        add(command, target->user);
    }
    add(command, "--");
    add(command, target->host);
    const bool is_ipv6 = strchr(target->host, ':') != NULL;
    snprintf(command->copy_to, sizeof(command->copy_to), "%s%s%s%s%s", target->user,
             target->user[0] ? "@" : "", is_ipv6 ? "[" : "", target->host, is_ipv6 ? "]" : "");
    snprintf(command->port, sizeof(command->port), "%s", target->port);
}

/* --- --host-command --- */

/* Words at blanks; what stands in single or double quotes is one. Its length; 0 = no more, with *at at what
 * cannot be taken: too long, or a quote that is not closed. */
static size_t next_word(const char **at, char *out, size_t size)
{
    size_t length = 0;
    bool any = false;

    *at += strspn(*at, " \t");
    while (**at && **at != ' ' && **at != '\t') {
        const char quote = **at == '"' || **at == '\'' ? **at : '\0';
        const char *begin = *at + (quote ? 1 : 0);
        const char *end = quote ? strchr(begin, quote) : begin + strcspn(begin, " \t\"'");
        if (!end || length + (size_t)(end - begin) + 1 > size)
            return 0;
        memcpy(out + length, begin, (size_t)(end - begin));
        length += (size_t)(end - begin);
        *at = end + (quote ? 1 : 0);
        any = true;
    }
    out[length] = '\0';
    return any ? length : 0;
}

/* The word with the name in the place of each {host}. */
static void add_with_name(struct remote_command *command, const char *word)
{
    char text[REMOTE_TEXT_MAX];
    size_t used = 0;

    for (const char *place; word && used < sizeof(text); word = place) {
        place = strstr(word, "{host}");
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%.*s%s",
                                 (int)(place ? place - word : (ptrdiff_t)strlen(word)), word,
                                 place ? command->name : "");
        place = place ? place + strlen("{host}") : NULL;
    }
    if (used < sizeof(text))
        add(command, text);
    else
        command->used = sizeof(command->text); /* too long: said at the end */
}

static int add_template(struct remote_command *command, const struct remote_wish *wish, char *why,
                        size_t size)
{
    const char *at = wish->template;
    char word[256];
    bool placed = false;

    while (next_word(&at, word, sizeof(word))) {
        if (strcmp(word, "{}") != 0 && strstr(word, "{}")) {
            snprintf(why, size, "--host-command: \"%.60s\": {} has to be a word of its own", word);
            return -EINVAL;
        }
        if (strcmp(word, "{}") != 0) {
            add_with_name(command, word);
            continue;
        }
        placed = true;
        if (add_tcplens(command, wish, why, size))
            return -EINVAL;
    }
    at += strspn(at, " \t");
    if ((*at == '"' || *at == '\'') && !strchr(at + 1, *at)) {
        snprintf(why, size, "--host-command: a quote is not closed: %.60s", at);
        return -EINVAL;
    }
    if (command->count == 0 || *at) {
        snprintf(why, size,
                 "--host-command: words of a command are expected, such as "
                 "'kubectl exec {host} -- {}'");
        return -EINVAL;
    }
    return placed ? 0 : add_tcplens(command, wish, why, size);
}

int remote_command_make(struct remote_command *command, const char *target,
                        const struct remote_wish *wish, char *why, size_t size)
{
    struct target parsed;
    int error;

    *command = (struct remote_command){.is_ssh = !wish->template};
    error = parse_target(&parsed, target, why, size);
    if (error)
        return error;
    snprintf(command->name, sizeof(command->name), "%s", parsed.host);
    snprintf(command->place, sizeof(command->place), "%s%.250s", command->is_ssh ? "ssh:" : "",
             behind_scheme(target));
    if (command->is_ssh) {
        add_ssh(command, &parsed);
        error = add_tcplens(command, wish, why, size);
    } else {
        error = add_template(command, wish, why, size);
    }
    if (!error && command->used == sizeof(command->text))
        error = refuse(why, size, target, "the command for it is too long");
    command->words[command->count] = NULL;
    return error;
}
