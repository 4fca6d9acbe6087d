/* Users and services as the files of this machine name them, interfaces as the kernel does.
 * Independent of what rows mean. */
#include "source/system_names.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/sort.h"
#include "core/text/text.h"
#include "source/cgroup_id.h"
#include "source/interface_name.h"
#include "source/user_names.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (16u << 20) /* a longer file is not read: its names stay numbers */
#define SEEN     64u         /* remembered users of the frame being filled */
#define PATIENCE                                                                                   \
    (100 * MILLISECOND_NS) /* with NSS, in all: for the first frame, which may be the only one */

struct name {
    uint32_t number;
    size_t text; /* offset in table.text */
};

struct table { /* sorted by number; of equal numbers the first line counts */
    struct name *names;
    uint32_t count, capacity;
    struct buffer text;
};

struct system_names {
    struct table services, users;
    struct table aliases; /* every name of a service, for filters */
    bool services_read, aliases_read;
    char *services_path, *passwd;
    struct timespec passwd_changed;
    ino_t passwd_inode;
    struct user_names *others; /* NULL: only the file counts */
    int64_t patience_ns;
};

static void table_done(struct table *table)
{
    free(table->names);
    buffer_done(&table->text);
    *table = (struct table){0};
}

static int table_add(struct table *table, uint32_t number, const char *name, size_t length)
{
    char *room;

    if (GROW(table->names, table->capacity, table->count + 1))
        return -ENOMEM;
    room = buffer_reserve(&table->text, TEXT_CLEAN_MAX(length));
    if (!room)
        return -ENOMEM;
    table->names[table->count++] = (struct name){number, table->text.length};
    table->text.length += text_clean(room, TEXT_CLEAN_MAX(length), name, length) + 1;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    const struct name *left = a, *right = b;

    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    return (left->text > right->text) - (left->text < right->text);
}

static const char *table_find(const struct table *table, uint32_t number)
{
    size_t first = 0, last = table->count;

    while (first < last) {
        size_t middle = first + (last - first) / 2;

        if (table->names[middle].number < number)
            first = middle + 1;
        else
            last = middle;
    }
    if (first == table->count || table->names[first].number != number)
        return NULL;
    return table->text.data + table->names[first].text;
}

static bool table_find_name(const struct table *table, const char *name, size_t length,
                            uint32_t *number)
{
    for (size_t i = 0; i < table->count; i++) {
        const char *text = table->text.data + table->names[i].text;

        if (strlen(text) == length && !memcmp(text, name, length)) {
            *number = table->names[i].number;
            return true;
        }
    }
    return false;
}

/* A number that ends at one of `ends`, which it is then moved behind. */
static bool read_number(const char **at, const char *ends, uint32_t *number)
{
    uint64_t value = 0;
    const char *digit = *at;

    for (; *digit >= '0' && *digit <= '9'; digit++) {
        value = value * 10 + (uint64_t)(*digit - '0');
        if (value > UINT32_MAX)
            return false;
    }
    if (digit == *at || !*digit || !strchr(ends, *digit))
        return false;
    *at = digit + 1;
    *number = (uint32_t)value;
    return true;
}

/* "NAME PORT/tcp ALIAS... # COMMENT": what is behind "tcp", NULL for a line that is none. */
static const char *read_service_port(const char *line, size_t name_length, uint32_t *port)
{
    const char *at = line + name_length;

    at += strspn(at, " \t");
    if (!name_length || !read_number(&at, "/", port) || *port > UINT16_MAX ||
        strncmp(at, "tcp", 3) != 0 || !strchr(" \t\n#", at[3]))
        return NULL;
    return at + 3;
}

static int read_service(struct table *table, const char *line)
{
    size_t length = strcspn(line, " \t#\n");
    uint32_t port;

    return read_service_port(line, length, &port) ? table_add(table, port, line, length) : 0;
}

static int read_aliases(struct table *table, const char *line)
{
    size_t length = strcspn(line, " \t#\n");
    uint32_t port;
    const char *at = read_service_port(line, length, &port);
    int error = at ? table_add(table, port, line, length) : 0;

    while (at && !error) {
        at += strspn(at, " \t");
        length = strcspn(at, " \t#\n");
        if (!length)
            break;
        error = table_add(table, port, at, length);
        at += length;
    }
    return error;
}

/* "NAME:PASSWORD:UID:..." */
static int read_user(struct table *table, const char *line)
{
    size_t length = strcspn(line, ":\n");
    const char *at = line + length;
    uint32_t uid;

    if (!length || *line == '+' || *line == '-' || *at != ':')
        return 0;
    at = strchr(at + 1, ':');
    if (!at)
        return 0;
    at++;
    if (!read_number(&at, ":", &uid))
        return 0;
    return table_add(table, uid, line, length);
}

static int read_lines(FILE *file, struct table *table,
                      int (*read_line)(struct table *table, const char *line))
{
    char *line = NULL;
    size_t size = 0, total = 0;
    int error = 0;

    while (!error && total < FILE_MAX) {
        ssize_t length = getline(&line, &size, file);

        if (length < 0)
            break;
        total += (size_t)length;
        error = read_line(table, line);
    }
    free(line);
    return error;
}

/* The table as it is in the file now; untouched when the file cannot be read. */
static int read_table(const char *path, struct table *table,
                      int (*read_line)(struct table *table, const char *line))
{
    struct table made = {0};
    FILE *file = fopen(path, "re");
    int error;

    if (!file)
        return 0;
    buffer_init(&made.text);
    error = read_lines(file, &made, read_line);
    fclose(file);
    if (error) {
        table_done(&made);
        return error;
    }
    sort_items(made.names, made.count, sizeof(*made.names), compare_names);
    table_done(table);
    *table = made;
    return 0;
}

static int read_users(struct system_names *names)
{
    struct stat now;

    if (stat(names->passwd, &now) || !S_ISREG(now.st_mode))
        return 0;
    if (now.st_ino == names->passwd_inode && now.st_mtim.tv_sec == names->passwd_changed.tv_sec &&
        now.st_mtim.tv_nsec == names->passwd_changed.tv_nsec)
        return 0;
    names->passwd_inode = now.st_ino;
    names->passwd_changed = now.st_mtim;
    return read_table(names->passwd, &names->users, read_user);
}

int system_names_new(struct system_names **names, const char *services, const char *passwd)
{
    struct system_names *made = calloc(1, sizeof(*made));
    int error = -ENOMEM;

    if (!made)
        return -ENOMEM;
    made->services_path = strdup(services ? services : "/etc/services");
    made->passwd = strdup(passwd ? passwd : "/etc/passwd");
    if (made->services_path && made->passwd)
        error = read_users(made);
    if (error) {
        system_names_free(made);
        return error;
    }
    *names = made;
    return 0;
}

void system_names_free(struct system_names *names)
{
    if (!names)
        return;
    table_done(&names->services);
    table_done(&names->aliases);
    table_done(&names->users);
    user_names_free(names->others);
    free(names->services_path);
    free(names->passwd);
    free(names);
}

void system_names_use_nss(struct system_names *names)
{
    if (!names->others && user_names_new(&names->others) == 0)
        names->patience_ns = PATIENCE;
}

static const char *find_name(struct system_names *names, uint32_t uid, int64_t now_ns)
{
    const char *name = table_find(&names->users, uid);

    if (!name)
        name = user_names_find(names->others, uid, now_ns);
    if (name || names->patience_ns <= 0)
        return name;
    const int64_t began_ns = clock_mono_ns();
    user_names_wait(names->others, (int)(names->patience_ns / MILLISECOND_NS));
    names->patience_ns -= clock_mono_ns() - began_ns;
    return user_names_find(names->others, uid, now_ns);
}

struct seen { /* what was looked up last, by the low bits of its number */
    uint32_t number[SEEN];
    bool used[SEEN];
};

/* True at first sight; a number may be called new again, never old wrongly. */
static bool is_new(struct seen *seen, uint32_t number)
{
    uint32_t slot = number % SEEN;

    if (seen->used[slot] && seen->number[slot] == number)
        return false;
    seen->used[slot] = true;
    seen->number[slot] = number;
    return true;
}

static int fill_user(struct system_names *names, struct frame *frame, struct seen *seen,
                     uint32_t uid)
{
    const char *name;

    if (!is_new(seen, uid) || frame_user_name(frame, uid))
        return 0;
    name = find_name(names, uid, frame->mono_ns);
    return name ? frame_add_user(frame, uid, name) : 0;
}

static int fill_interface(struct frame *frame, struct seen *seen, const struct conn *conn)
{
    const struct frame_netns *netns = frame_find_netns(frame, conn->netns);
    const uint32_t index = conn->tuple.scope;
    char name[INTERFACE_NAME_MAX];

    if (!is_new(seen, index ^ conn->netns) || (netns && !netns->is_own) ||
        frame_interface_name(frame, conn->netns, index) || !interface_name(index, name))
        return 0;
    return frame_add_interface(frame, conn->netns, index, name);
}

/* Names the users that the source noted; those without a name go. */
static void name_users(struct system_names *names, struct frame *frame)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < frame->user_count; i++) {
        struct user user = frame->users[i];

        if (!*user.name)
            user.name = frame_copy_text(frame, find_name(names, user.uid, frame->mono_ns));
        if (*user.name)
            frame->users[kept++] = user;
    }
    frame->user_count = kept;
}

int system_names_fill(struct system_names *names, struct frame *frame)
{
    struct seen users = {0}, interfaces = {0};
    int error = read_users(names);

    if (!error && frame->user_count) { /* a source that notes users names interfaces, too */
        name_users(names, frame);
        return 0;
    }
    for (uint32_t i = 0; !error && i < frame->conn_count; i++) {
        const struct conn *conn = &frame->conns[i];

        if (conn->known & KNOWN_UID)
            error = fill_user(names, frame, &users, conn->uid);
        if (!error && conn->tuple.scope)
            error = fill_interface(frame, &interfaces, conn);
    }
    return error;
}

int system_names_fill_ghosts(struct system_names *names, struct frame *frame)
{
    struct seen users = {0};
    int error = 0;

    for (uint32_t i = frame->live_count; !error && i < frame->conn_count; i++) {
        if (frame->conns[i].known & KNOWN_UID)
            error = fill_user(names, frame, &users, frame->conns[i].uid);
    }
    return error;
}

int system_names_fill_processes(struct system_names *names, struct frame *frame)
{
    struct seen users = {0};
    int error = 0;

    for (uint32_t i = 0; !error && i < frame->proc_count; i++) {
        if (frame->procs[i].uid != UINT32_MAX)
            error = fill_user(names, frame, &users, frame->procs[i].uid);
    }
    return error;
}

static const char *lookup_service(void *data, uint16_t port)
{
    const struct system_names *names = data;

    return table_find(&names->services, port);
}

/* Without memory ports are numbers. */
static void read_services(struct system_names *names)
{
    if (!names->services_read)
        (void)read_table(names->services_path, &names->services, read_service);
    names->services_read = true;
}

struct lookup system_names_lookup(struct system_names *names)
{
    read_services(names);
    return (struct lookup){.service = lookup_service, .data = names};
}

static bool find_service(void *data, const char *name, size_t length, uint16_t *port)
{
    struct system_names *names = data;
    uint32_t number;

    if (!names->aliases_read)
        (void)read_table(names->services_path, &names->aliases, read_aliases);
    names->aliases_read = true;
    if (!table_find_name(&names->aliases, name, length, &number))
        return false;
    *port = (uint16_t)number;
    return true;
}

static const char *nth_service(void *data, size_t n, uint16_t *port)
{
    struct system_names *names = data;

    read_services(names);
    if (n >= names->services.count)
        return NULL;
    *port = (uint16_t)names->services.names[n].number;
    return names->services.text.data + names->services.names[n].text;
}

static bool find_interface(void *data, const char *name, size_t length, uint32_t *index)
{
    (void)data;
    *index = interface_index(name, length);
    return *index != 0;
}

struct filter_names system_names_filter(struct system_names *names)
{
    return (struct filter_names){.service = find_service,
                                 .nth_service = nth_service,
                                 .interface = find_interface,
                                 .cgroup = cgroup_find_id,
                                 .data = names};
}
