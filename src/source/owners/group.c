/* owners_group: the table of control group names of service managers and container runtimes, and
 * its parsers. Pure. */
#include "source/owners/group.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum name_form { NAME_ID, NAME_TEXT };

/* A component of a path is a container's if it is prefix + name + suffix, or if the component
 * before it is `parent` (prefix and suffix empty). An id is 64 hex digits, shown as 12. Runtime
 * NULL: the id is alone, as written by docker, containerd, CRI-O and garden. A runtime without
 * systemd that gets a systemd path writes SLICE:NAME:ID as one component. */
static const struct container_pattern {
    const char *runtime, *parent, *prefix, *suffix;
    enum name_form form;
} CONTAINER_PATTERNS[] = {
    {"docker", NULL, "docker-", ".scope", NAME_ID}, /* systemd driver */
    {"docker", "docker", "", "", NAME_ID},          /* cgroupfs driver */
    {"podman", NULL, "libpod-", ".scope", NAME_ID}, /* libpod-conmon-ID is its monitor, outside */
    {"podman", NULL, "libpod-", "", NAME_ID},       /* below libpod_parent, or a pod in it */
    {"podman", NULL, "libpod-payload-", "", NAME_ID},
    {"containerd", NULL, "cri-containerd-", ".scope", NAME_ID},
    {"containerd", NULL, "nerdctl-", ".scope", NAME_ID},
    {"containerd", NULL, "cri-containerd:", "", NAME_ID},
    {"docker", NULL, "docker:", "", NAME_ID},
    {"crio", NULL, "crio:", "", NAME_ID},
    {"crio", NULL, "crio-", ".scope", NAME_ID},
    {"crio", NULL, "crio-", "", NAME_ID},
    {NULL, NULL, "", "", NAME_ID}, /* /kubepods/burstable/podUID/ID, /ecs/TASK/ID, /garden/ID */
    {"lxc", NULL, "lxc.payload.", "", NAME_TEXT}, /* lxc.monitor.NAME is outside */
    {"lxc", "lxc.payload", "", "", NAME_TEXT},
    {"lxc", "lxc", "", "", NAME_TEXT},
    {"nspawn", NULL, "systemd-nspawn@", ".service", NAME_TEXT},
    {"nspawn", "machine.slice", "machine-", ".scope", NAME_TEXT},
};

/* machine.slice also contains virtual machines (libvirt), which are not nspawn containers. */
static const char *const NOT_NSPAWN[] = {"qemu", "lxc", "bhyve"};

static const char *const UNIT_SUFFIXES[] = {".service", ".scope", ".socket", ".mount", ".swap"};

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ID_LENGTH          64u
#define ID_SHOWN           12u

struct piece { /* bytes of a path, not terminated */
    const char *text;
    size_t length;
};

static bool piece_is(struct piece piece, const char *text)
{
    return strlen(text) == piece.length && memcmp(piece.text, text, piece.length) == 0;
}

static bool piece_ends(struct piece piece, const char *suffix)
{
    const size_t length = strlen(suffix);
    return piece.length > length && memcmp(piece.text + piece.length - length, suffix, length) == 0;
}

static bool piece_strip(struct piece *piece, const char *prefix, const char *suffix)
{
    const size_t before = strlen(prefix);
    const size_t after = strlen(suffix);

    if (piece->length <= before + after || memcmp(piece->text, prefix, before) != 0 ||
        memcmp(piece->text + piece->length - after, suffix, after) != 0)
        return false;
    piece->text += before;
    piece->length -= before + after;
    return true;
}

/* The component at *position, which moves past it; false at the end. systemd escapes names that
 * look like the kernel's own files with one leading underscore. */
static bool next_piece(const char **position, struct piece *piece)
{
    const char *start = *position;

    while (*start == '/')
        start++;
    const size_t length = strcspn(start, "/");
    *position = start + length;
    *piece = (struct piece){start, length};
    if (length > 1 && start[0] == '_')
        *piece = (struct piece){start + 1, length - 1};
    return length > 0;
}

static bool is_id(struct piece piece)
{
    if (piece.length != ID_LENGTH)
        return false;
    for (size_t i = 0; i < piece.length; i++) {
        if (!strchr("0123456789abcdef", piece.text[i]))
            return false;
    }
    return true;
}

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* Copies a name, undoing systemd's \xNN. */
static void copy_unescaped(char *out, size_t size, struct piece piece)
{
    size_t used = 0;

    for (size_t i = 0; i < piece.length && used + 1 < size; i++) {
        if (piece.length - i >= 4 && piece.text[i] == '\\' && piece.text[i + 1] == 'x') {
            const int high = hex_value(piece.text[i + 2]);
            const int low = hex_value(piece.text[i + 3]);
            if (high >= 0 && low >= 0 && high + low > 0) {
                out[used++] = (char)(high * 16 + low);
                i += 3;
                continue;
            }
        }
        out[used++] = piece.text[i];
    }
    out[used] = '\0';
}

static bool is_machine_of_others(const struct container_pattern *pattern, struct piece name)
{
    if (!pattern->runtime || strcmp(pattern->runtime, "nspawn") != 0 || !pattern->parent)
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(NOT_NSPAWN); i++) {
        struct piece rest = name;
        if (piece_strip(&rest, NOT_NSPAWN[i], "") && (rest.text[0] == '-' || rest.text[0] == '\\'))
            return true;
    }
    return false;
}

/* The part after the first colon, or the last. */
static struct piece after_colon(struct piece piece, bool last)
{
    struct piece rest = piece;

    for (size_t i = 0; i < piece.length; i++) {
        if (piece.text[i] != ':')
            continue;
        rest = (struct piece){piece.text + i + 1, piece.length - i - 1};
        if (!last)
            break;
    }
    return rest;
}

/* The part of a component that a pattern is compared with. */
static struct piece compared_part(const struct container_pattern *pattern, struct piece piece)
{
    if (!pattern->parent && !pattern->prefix[0])
        return after_colon(piece, true);
    return piece_ends((struct piece){pattern->prefix, strlen(pattern->prefix)}, ":")
               ? after_colon(piece, false)
               : piece;
}

static const struct container_pattern *match_pattern(struct piece parent, struct piece piece,
                                                     struct piece *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(CONTAINER_PATTERNS); i++) {
        const struct container_pattern *pattern = &CONTAINER_PATTERNS[i];
        *name = compared_part(pattern, piece);
        if (pattern->parent && !piece_is(parent, pattern->parent))
            continue;
        if (!piece_strip(name, pattern->prefix, pattern->suffix))
            continue;
        if (pattern->form == NAME_ID && !is_id(*name))
            continue;
        if (is_machine_of_others(pattern, *name))
            continue;
        return pattern;
    }
    return NULL;
}

/* The innermost container; *inside is what follows it in the path. */
static const struct container_pattern *find_container(const char *path, struct piece *name,
                                                      const char **inside)
{
    const struct container_pattern *found = NULL;
    struct piece parent = {"", 0};
    struct piece piece;
    const char *position = path;

    *inside = path;
    while (next_piece(&position, &piece)) {
        struct piece candidate;
        const struct container_pattern *pattern = match_pattern(parent, piece, &candidate);
        if (pattern) {
            found = pattern;
            *name = candidate;
            *inside = position;
        }
        parent = piece;
    }
    return found;
}

void group_container(const char *path, char *container, size_t size)
{
    struct piece name;
    const char *inside;
    const struct container_pattern *pattern = find_container(path, &name, &inside);

    container[0] = '\0';
    if (!pattern)
        return;
    if (pattern->form == NAME_ID)
        name.length = ID_SHOWN;
    const int length = pattern->runtime ? snprintf(container, size, "%s:", pattern->runtime) : 0;
    if (length >= 0 && (size_t)length < size)
        copy_unescaped(container + length, size - (size_t)length, name);
}

bool group_find_container(const char *path, struct group_found *found)
{
    struct piece name;
    const char *inside;
    const struct container_pattern *pattern = find_container(path, &name, &inside);

    *found = (struct group_found){0};
    if (!pattern)
        return false;
    found->runtime = pattern->runtime;
    found->is_id = pattern->form == NAME_ID;
    copy_unescaped(found->id, sizeof found->id, name);
    return true;
}

#define UID_LENGTH 36u /* of a UUID */

static bool is_uid(const char *text, size_t length)
{
    if (length != UID_LENGTH)
        return false;
    for (size_t i = 0; i < length; i++) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text[i] != '-' && text[i] != '_' : hex_value(text[i]) < 0)
            return false;
    }
    return true;
}

bool group_pod_uid(const char *path, char *uid, size_t size)
{
    struct piece piece;
    bool found = false;

    while (next_piece(&path, &piece)) {
        (void)piece_strip(&piece, "", ".slice");
        const char *last = memrchr(piece.text, '-', piece.length);
        if (last && !is_uid(piece.text + 3, piece.length > 3 ? piece.length - 3 : 0))
            piece = (struct piece){last + 1, piece.length - (size_t)(last + 1 - piece.text)};
        if (!piece_strip(&piece, "pod", "") || !is_uid(piece.text, piece.length) ||
            size <= piece.length)
            continue;
        for (size_t i = 0; i < piece.length; i++)
            uid[i] = piece.text[i] == '_' ? '-' : piece.text[i];
        uid[piece.length] = '\0';
        found = true;
    }
    return found;
}

/* Characters of unit names (unit_name_is_valid); systemd escapes others. */
static bool is_unit_name(struct piece piece)
{
    for (size_t i = 0; i < piece.length; i++) {
        const char c = piece.text[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            !memchr(":-_.\\@", c, 6))
            return false;
    }
    return true;
}

static bool is_unit(struct piece piece)
{
    if (!is_unit_name(piece))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(UNIT_SUFFIXES); i++) {
        if (piece_ends(piece, UNIT_SUFFIXES[i]))
            return true;
    }
    return false;
}

/* The first component that is a unit but not a slice; below a user manager, one of its units. */
static bool find_unit(const char *path, struct piece *unit)
{
    struct piece piece;
    bool found = false;

    while (next_piece(&path, &piece)) {
        if (!is_unit(piece))
            continue;
        const bool is_manager = piece.length > 5 && memcmp(piece.text, "user@", 5) == 0;
        if (found && piece_is(piece, "init.scope"))
            continue; /* the manager itself */
        *unit = piece;
        found = true;
        if (!is_manager)
            break;
    }
    return found;
}

void group_unit(const char *path, char *unit, size_t size)
{
    struct piece name;
    struct piece found;
    const char *inside = path;

    find_container(path, &name, &inside);
    unit[0] = '\0';
    if (find_unit(inside, &found) || find_unit(path, &found))
        snprintf(unit, size, "%.*s", (int)found.length, found.text);
}

bool group_path_says_nothing(const char *path)
{
    return path[0] == '\0' || strcmp(path, "/") == 0 || strcmp(path, "/init.scope") == 0;
}

static struct piece line_path(const char *line, size_t length, struct piece *controllers)
{
    const char *first = memchr(line, ':', length);
    if (!first)
        return (struct piece){NULL, 0};
    const size_t rest = length - (size_t)(first + 1 - line);
    const char *second = memchr(first + 1, ':', rest);
    if (!second)
        return (struct piece){NULL, 0};
    *controllers = (struct piece){first + 1, (size_t)(second - first - 1)};
    struct piece path = {second + 1, length - (size_t)(second + 1 - line)};
    if (piece_ends(path, " (deleted)"))
        path.length -= strlen(" (deleted)");
    return path;
}

static bool lies_in_container(struct piece path)
{
    char copy[GROUP_PATH_MAX];
    struct piece name;
    const char *inside;

    if (path.length >= sizeof copy)
        return false;
    memcpy(copy, path.text, path.length);
    copy[path.length] = '\0';
    return find_container(copy, &name, &inside) != NULL;
}

/* If both versions are mounted, a runtime without systemd may leave its containers in its own
 * version 2 group. */
static int path_rank(struct piece controllers, struct piece path)
{
    if (path.length == 1)
        return 1; /* "/" */
    const int in_container = lies_in_container(path) ? 3 : 0;
    if (controllers.length == 0)
        return 4 + in_container;
    return (piece_is(controllers, "name=systemd") ? 3 : 2) + in_container;
}

bool group_path_of_process(const char *text, char *path, size_t size)
{
    struct piece best = {NULL, 0};
    int best_rank = 0;

    for (const char *line = text; *line;) {
        const size_t length = strcspn(line, "\n");
        struct piece controllers = {"", 0};
        const struct piece found = line_path(line, length, &controllers);
        const int rank = found.text && found.length ? path_rank(controllers, found) : 0;
        if (rank > best_rank) {
            best_rank = rank;
            best = found;
        }
        line += length + (line[length] == '\n');
    }
    path[0] = '\0';
    if (!best.text || best.length >= size)
        return false;
    memcpy(path, best.text, best.length);
    path[best.length] = '\0';
    return true;
}

/* mountinfo writes space, tab, newline and backslash as three octal digits (proc(5)). */
static void copy_octal(char *out, size_t size, struct piece piece)
{
    size_t used = 0;

    for (size_t i = 0; i < piece.length && used + 1 < size; i++) {
        const char *c = piece.text + i;
        if (c[0] == '\\' && piece.length - i >= 4 && c[1] >= '0' && c[1] <= '3') {
            out[used++] = (char)((c[1] - '0') * 64 + (c[2] - '0') * 8 + (c[3] - '0'));
            i += 3;
        } else {
            out[used++] = *c;
        }
    }
    out[used] = '\0';
}

bool group_find_mount(const char *mountinfo, char *mount, size_t size)
{
    for (const char *line = mountinfo; *line;) {
        const size_t length = strcspn(line, "\n");
        const char *type = memmem(line, length, " - cgroup2 ", strlen(" - cgroup2 "));
        const char *field = line;
        for (int i = 0; type && i < 4; i++) { /* ID, parent, device, root, then the mount point */
            field = memchr(field, ' ', (size_t)(line + length - field));
            if (!field)
                return false;
            field++;
        }
        if (type) {
            copy_octal(mount, size, (struct piece){field, strcspn(field, " \n")});
            return true;
        }
        line += length + (line[length] == '\n');
    }
    return false;
}
