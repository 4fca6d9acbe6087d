/* socket_units: see socket_units.h. */
#include "source/owners/socket_units.h"

#include "source/regular_file.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".socket"

/* By precedence: the first with a file of that name counts (systemd.unit(5)). */
static const char *const FOLDERS[] = {"etc/systemd/system",     "run/systemd/system",
                                      "run/systemd/generator",  "usr/local/lib/systemd/system",
                                      "usr/lib/systemd/system", "lib/systemd/system"};
#define FOLDER_COUNT (sizeof FOLDERS / sizeof FOLDERS[0])

/* --- the text of a unit --- */

struct piece { /* bytes of the text, not terminated */
    const char *text;
    size_t length;
};

static struct piece trimmed(const char *text, size_t length)
{
    while (length && strchr(" \t\r", *text)) {
        text++;
        length--;
    }
    while (length && strchr(" \t\r", text[length - 1]))
        length--;
    return (struct piece){text, length};
}

static bool piece_is(struct piece piece, const char *text)
{
    return piece.length == strlen(text) && memcmp(piece.text, text, piece.length) == 0;
}

static bool read_port(struct piece piece, uint16_t *port)
{
    unsigned value = 0;

    for (size_t i = 0; i < piece.length; i++) {
        if (piece.text[i] < '0' || piece.text[i] > '9' || value > UINT16_MAX)
            return false;
        value = value * 10 + (unsigned)(piece.text[i] - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= UINT16_MAX;
}

/* PORT, ADDRESS:PORT or [ADDRESS]:PORT; of sockets of other families neither. */
static bool is_address(struct piece value, const struct tuple *at)
{
    struct addr addr;
    uint8_t family;
    uint16_t port;

    if (read_port(value, &port))
        return port == at->local_port && addr_is_zero(&at->local);
    const char *colon = memrchr(value.text, ':', value.length);
    if (!colon ||
        !read_port((struct piece){colon + 1, value.length - (size_t)(colon + 1 - value.text)},
                   &port))
        return false;
    struct piece host = {value.text, (size_t)(colon - value.text)};
    if (host.length > 2 && host.text[0] == '[' && host.text[host.length - 1] == ']')
        host = (struct piece){host.text + 1, host.length - 2};
    return port == at->local_port &&
           addr_parse(host.text, host.length, &addr, &family, NULL) == 0 && family == at->family &&
           memcmp(&addr, &at->local, sizeof addr) == 0;
}

static bool is_true(struct piece value)
{
    return piece_is(value, "yes") || piece_is(value, "true") || piece_is(value, "on") ||
           piece_is(value, "1");
}

static void read_setting(struct socket_unit *unit, struct piece key, struct piece value,
                         const struct tuple *at)
{
    if (piece_is(key, "ListenStream"))
        unit->listens = value.length > 0 && (unit->listens || is_address(value, at));
    else if (piece_is(key, "Accept"))
        unit->accepts = is_true(value);
    else if (piece_is(key, "Service") && value.length < sizeof unit->service)
        snprintf(unit->service, sizeof unit->service, "%.*s", (int)value.length, value.text);
}

void socket_unit_read(struct socket_unit *unit, const char *text, const struct tuple *at)
{
    bool in_section = false;

    while (*text) {
        const size_t length = strcspn(text, "\n");
        const struct piece line = trimmed(text, length);
        const char *equals = line.length ? memchr(line.text, '=', line.length) : NULL;
        if (line.length && line.text[0] == '[') {
            in_section = piece_is(line, "[Socket]");
        } else if (in_section && equals && line.text[0] != '#' && line.text[0] != ';') {
            const size_t before = (size_t)(equals - line.text);
            read_setting(unit, trimmed(line.text, before),
                         trimmed(equals + 1, line.length - before - 1), at);
        }
        text += length + (text[length] == '\n');
    }
}

/* --- the files --- */

static bool is_socket_unit(const char *name)
{
    const size_t length = strlen(name), suffix = strlen(SUFFIX);

    return length > suffix && length < SOCKET_UNIT_MAX - 16 && name[0] != '.' &&
           strcmp(name + length - suffix, SUFFIX) == 0 && name[length - suffix - 1] != '@';
}

static bool has_file(const char *root, size_t folder, const char *name)
{
    char path[PATH_MAX];
    struct stat about;

    snprintf(path, sizeof path, "%s/%s/%s", root, FOLDERS[folder], name);
    return lstat(path, &about) == 0;
}

/* A link to a file of another name is an alias. */
static bool is_alias(const char *path, const char *name)
{
    char target[PATH_MAX];
    const ssize_t length = readlink(path, target, sizeof target - 1);

    if (length <= 0)
        return false;
    target[length] = '\0';
    const char *slash = strrchr(target, '/');
    return strcmp(slash ? slash + 1 : target, name) != 0;
}

static void read_text(struct socket_unit *unit, const char *path, const struct tuple *at)
{
    size_t length;
    char *text = regular_file_read(path, &length);

    if (text)
        socket_unit_read(unit, text, at);
    free(text);
}

static int is_setting_file(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name);

    return length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static void read_dropped_in(struct socket_unit *unit, const char *root, const char *name,
                            const struct tuple *at)
{
    for (size_t folder = FOLDER_COUNT; folder-- > 0;) {
        char path[PATH_MAX];
        struct dirent **entries = NULL;
        snprintf(path, sizeof path, "%s/%s/%s.d", root, FOLDERS[folder], name);
        const int count = scandir(path, &entries, is_setting_file, alphasort);
        for (int i = 0; i < count; i++) {
            snprintf(path, sizeof path, "%s/%s/%s.d/%s", root, FOLDERS[folder], name,
                     entries[i]->d_name);
            read_text(unit, path, at);
            free(entries[i]);
        }
        free(entries);
    }
}

/* True: it listens there; `found` is the unit it activates, "?" if that differs from an earlier
 * one. */
static bool try_unit(const char *root, size_t folder, const char *name, const struct tuple *at,
                     char found[SOCKET_UNIT_MAX])
{
    struct socket_unit unit = {.service = ""};
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s/%s", root, FOLDERS[folder], name);
    if (is_alias(path, name))
        return false;
    read_text(&unit, path, at);
    read_dropped_in(&unit, root, name, at);
    if (!unit.listens)
        return false;
    if (!unit.service[0])
        snprintf(unit.service, sizeof unit.service, "%.*s%s.service",
                 (int)(strlen(name) - strlen(SUFFIX)), name, unit.accepts ? "@" : "");
    if (found[0] && strcmp(found, unit.service) != 0)
        snprintf(found, SOCKET_UNIT_MAX, "?");
    else
        memcpy(found, unit.service, SOCKET_UNIT_MAX);
    return true;
}

bool socket_units_find(const char *root, const struct tuple *at, char unit[SOCKET_UNIT_MAX])
{
    bool any = false;

    unit[0] = '\0';
    for (size_t folder = 0; folder < FOLDER_COUNT; folder++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", root, FOLDERS[folder]);
        DIR *listing = opendir(path);
        for (const struct dirent *entry; listing && (entry = readdir(listing));) {
            bool hidden = !is_socket_unit(entry->d_name);
            for (size_t higher = 0; !hidden && higher < folder; higher++)
                hidden = has_file(root, higher, entry->d_name);
            if (!hidden)
                any |= try_unit(root, folder, entry->d_name, at, unit);
        }
        if (listing)
            closedir(listing);
    }
    return any;
}
