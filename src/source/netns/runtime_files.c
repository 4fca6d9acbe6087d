/* runtime_files: see runtime_files.h. */
#include "source/netns/runtime_files.h"

#include "session/format/flat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_LENGTH 64u

/* --- JSON --- */

static bool is_key(const struct flat_member *item, const char *key)
{
    return item->key_length == strlen(key) && memcmp(item->key, key, item->key_length) == 0;
}

static bool find_in(const struct flat_member *object, const char *key, struct flat_member *found)
{
    struct flat_items items = flat_items(object);

    while (flat_next(&items, found))
        if (is_key(found, key))
            return true;
    return false;
}

static bool copy_text(const struct flat_member *member, char *out, size_t size)
{
    return member && member->type == FLAT_TEXT && flat_text(member, out, size) > 0;
}

/* NULL: no JSON object, or out of memory. To be freed; its members point into the text. */
static struct flat *parse(const char *text, size_t length)
{
    struct flat *flat = malloc(sizeof(*flat));

    if (flat && flat_parse(flat, text, length))
        return flat;
    free(flat);
    return NULL;
}

bool docker_config_name(const char *text, size_t length, char *name, size_t size)
{
    char found[NETNS_NAME_MAX] = "";
    struct flat *flat = parse(text, length);
    const bool has = flat && copy_text(flat_find(flat, "Name"), found, sizeof(found));

    free(flat);
    if (!has || (found[0] == '/' && found[1] == '\0'))
        return false;
    snprintf(name, size, "%s", found + (found[0] == '/'));
    return true;
}

static bool has_address(const struct flat_member *networks, const char *address)
{
    struct flat_items items = flat_items(networks);
    struct flat_member network, found;
    char text[64];

    while (flat_next(&items, &network)) {
        if (network.type == FLAT_OBJECT && find_in(&network, "IPAddress", &found) &&
            copy_text(&found, text, sizeof(text)) && strcmp(text, address) == 0)
            return true;
        if (network.type == FLAT_OBJECT && find_in(&network, "GlobalIPv6Address", &found) &&
            copy_text(&found, text, sizeof(text)) && strcmp(text, address) == 0)
            return true;
    }
    return false;
}

bool docker_config_has_address(const char *text, size_t length, const char *address)
{
    struct flat *flat = parse(text, length);
    struct flat_member networks;
    const struct flat_member *settings = flat ? flat_find(flat, "NetworkSettings") : NULL;
    const bool has = settings && settings->type == FLAT_OBJECT &&
                     find_in(settings, "Networks", &networks) && networks.type == FLAT_OBJECT &&
                     has_address(&networks, address);

    free(flat);
    return has;
}

static bool first_name(const struct flat_member *names, char *name, size_t size)
{
    struct flat_items items = flat_items(names);
    struct flat_member item;

    return names->type == FLAT_LIST && flat_next(&items, &item) && copy_text(&item, name, size);
}

static bool name_in_list(const struct flat_member *list, const char *id, char *name, size_t size)
{
    struct flat_items items = flat_items(list);
    struct flat_member container, member;
    char text[ID_LENGTH + 1];

    while (flat_next(&items, &container))
        if (container.type == FLAT_OBJECT && find_in(&container, "id", &member) &&
            copy_text(&member, text, sizeof(text)) && strcmp(text, id) == 0)
            return find_in(&container, "names", &member) && first_name(&member, name, size);
    return false;
}

bool podman_list_name(const char *text, size_t length, const char *id, char *name, size_t size)
{
    static const char BEFORE[] = "{\"list\":";
    const size_t before = sizeof(BEFORE) - 1;
    char *whole = malloc(before + length + 1);
    bool found = false;

    if (!whole)
        return false;
    memcpy(whole, BEFORE, before);
    memcpy(whole + before, text, length);
    whole[before + length] = '}';
    struct flat *flat = parse(whole, before + length + 1);
    const struct flat_member *list = flat ? flat_find(flat, "list") : NULL;
    if (list && list->type == FLAT_LIST)
        found = name_in_list(list, id, name, size);
    free(flat);
    free(whole);
    return found;
}

bool runtime_state_pid(const char *text, size_t length, int32_t *pid)
{
    static const char INIT[] = "init_process_pid", PID[] = "pid";
    struct flat *flat = parse(text, length);
    const struct flat_member *member = flat ? flat_find(flat, INIT) : NULL;

    if (flat && !member)
        member = flat_find(flat, PID);
    const bool found = member && member->type == FLAT_INTEGER && member->integer > 0 &&
                       member->integer <= INT32_MAX;
    if (found)
        *pid = (int32_t)member->integer;
    free(flat);
    return found;
}

/* --- pods --- */

/* Copies up to the next underscore, which names of Kubernetes do not contain. Returns the rest;
 * NULL: there is none, or it does not fit. */
static const char *take_part(const char *at, char *out, size_t size)
{
    const size_t length = strcspn(at, "_");

    if (length == 0 || length >= size || at[length] == '\0')
        return NULL;
    memcpy(out, at, length);
    out[length] = '\0';
    return at + length + 1;
}

bool pod_of_log_folder(const char *name, const char *uid, struct pod_name *pod)
{
    struct pod_name found;
    const char *at = take_part(name, found.space, sizeof(found.space));

    at = at ? take_part(at, found.pod, sizeof(found.pod)) : NULL;
    if (!at || strcmp(at, uid) != 0)
        return false;
    *pod = found;
    return true;
}

bool pod_of_log_file(const char *name, const char *id, struct pod_name *pod)
{
    struct pod_name found;
    char end[ID_LENGTH + 8];
    const char *at = take_part(name, found.pod, sizeof(found.pod));

    at = at ? take_part(at, found.space, sizeof(found.space)) : NULL;
    if (!at || strlen(id) > ID_LENGTH)
        return false;
    snprintf(end, sizeof(end), "-%s.log", id);
    if (strlen(at) <= strlen(end) || strcmp(at + strlen(at) - strlen(end), end) != 0)
        return false;
    *pod = found;
    return true;
}

/* --- command lines --- */

/* The argument at *at, which moves past it; NULL at the end. It may not be terminated. */
static const char *next_argument(const char **at, const char *end, size_t *length)
{
    const char *argument = *at;

    if (argument >= end)
        return NULL;
    const char *stop = memchr(argument, '\0', (size_t)(end - argument));
    *length = (size_t)((stop ? stop : end) - argument);
    *at = stop ? stop + 1 : end;
    return argument;
}

static bool copy_part(const char *part, size_t length, char *out, size_t size)
{
    if (length == 0 || length >= size)
        return false;
    memcpy(out, part, length);
    out[length] = '\0';
    return true;
}

bool command_value(const char *command, size_t length, const char *option, char *value, size_t size)
{
    const char *at = command, *const end = command + length;
    const size_t wanted = strlen(option);
    size_t found;

    for (const char *argument; (argument = next_argument(&at, end, &found));) {
        if (found < wanted || memcmp(argument, option, wanted) != 0)
            continue;
        if (found > wanted + 1 && argument[wanted] == '=')
            return copy_part(argument + wanted + 1, found - wanted - 1, value, size);
        if (found == wanted && (argument = next_argument(&at, end, &found)))
            return copy_part(argument, found, value, size);
    }
    return false;
}

void command_program(const char *command, size_t length, char *program, size_t size)
{
    const char *at = command;
    size_t found = 0;
    const char *first = next_argument(&at, command + length, &found);
    const char *slash = first ? memrchr(first, '/', found) : NULL;

    program[0] = '\0';
    if (slash)
        found -= (size_t)(slash + 1 - first);
    if (first)
        (void)copy_part(slash ? slash + 1 : first, found, program, size);
}
