/* Any bytes as what /proc says of a process (its control groups, its state, the mounts) and as a socket unit: nothing is
 * read beyond them, and a name that is found ends within its room and is safe to print. */
#include "core/proc_stat.h"
#include "fuzz_target.h"
#include "source/owners/group.h"
#include "source/owners/socket_units.h"

#include <string.h>

static void check_safe(const char *text, size_t size)
{
    CHECK(memchr(text, '\0', size) != NULL);
    for (; *text; text++)
        CHECK((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void check_path(const char *path)
{
    char unit[GROUP_NAME_MAX], container[GROUP_NAME_MAX], uid[64];
    struct group_found found;

    group_unit(path, unit, sizeof(unit));
    check_safe(unit, sizeof(unit));
    group_container(path, container, sizeof(container));
    CHECK(memchr(container, '\0', sizeof(container)) != NULL);
    if (group_find_container(path, &found)) {
        CHECK(found.id[0] && memchr(found.id, '\0', sizeof(found.id)));
        CHECK(!found.is_id || strlen(found.id) == 64);
    }
    if (group_pod_uid(path, uid, sizeof(uid)))
        CHECK(uid[0] && memchr(uid, '\0', sizeof(uid)));
    (void)group_path_says_nothing(path);
}

static void read_groups(const char *text)
{
    char path[GROUP_PATH_MAX], mount[64];

    if (group_path_of_process(text, path, sizeof(path))) {
        CHECK(path[0] && memchr(path, '\0', sizeof(path)));
        check_path(path);
    } else {
        CHECK(!path[0]);
    }
    check_path(text);
    if (group_find_mount(text, mount, sizeof(mount)))
        CHECK(memchr(mount, '\0', sizeof(mount)) != NULL);
}

static void read_stat(const char *text, size_t size)
{
    struct proc_stat stat;

    if (proc_stat_parse(text, size, &stat) == 0)
        check_safe(stat.name, sizeof(stat.name));
}

static void read_unit(const char *text)
{
    const struct tuple at = {.family = FAMILY_INET, .local_port = 631};
    struct socket_unit unit = {0};

    socket_unit_read(&unit, text, &at);
    CHECK(memchr(unit.service, '\0', sizeof(unit.service)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1); /* of its own, so that a sanitizer sees its end */

    CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    read_groups(text);
    read_stat(text, size);
    read_unit(text);
    free(text);
    return 0;
}
