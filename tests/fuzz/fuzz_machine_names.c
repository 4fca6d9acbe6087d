/* Any bytes as the files of users and services: each line has a name or none, and what is found is safe to print. Files,
 * for they are read line by line. */
#include "fuzz_target.h"
#include "source/system_names.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TRIED 600u /* numbers: those of most corpora and more */

static int make_file(const uint8_t *data, size_t size, char path[32])
{
    const int file = memfd_create("names", MFD_CLOEXEC);

    CHECK(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, 32, "/proc/self/fd/%d", file);
    return file;
}

static void check_name(const char *name)
{
    for (; name && *name; name++)
        CHECK((unsigned char)*name >= ' ' && *name != 0x7f);
}

static void check_users(struct system_names *names, struct frame *frame)
{
    for (uint32_t uid = 0; uid < TRIED; uid++)
        CHECK(frame_add_user(frame, uid, "") == 0);
    CHECK(system_names_fill(names, frame) == 0);
    CHECK(frame->user_count <= TRIED);
    for (uint32_t i = 0; i < frame->user_count; i++) {
        CHECK(frame->users[i].uid < TRIED && *frame->users[i].name);
        check_name(frame->users[i].name);
    }
}

/* By number, and by each name in turn. */
static void check_services(struct system_names *names)
{
    const struct lookup lookup = system_names_lookup(names);
    const struct filter_names filter = system_names_filter(names);
    const char *name;
    uint16_t port, found;

    for (uint16_t i = 0; i < TRIED; i++)
        check_name(lookup.service(lookup.data, i));
    for (size_t i = 0; (name = filter.nth_service(filter.data, i, &port)) != NULL; i++) {
        check_name(name);
        CHECK(filter.service(filter.data, name, strlen(name), &found));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    const int file = make_file(data, size, path);
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = pool ? frame_new(pool) : NULL;
    struct system_names *names;

    CHECK(frame && system_names_new(&names, path, path) == 0);
    check_users(names, frame);
    check_services(names);
    system_names_free(names);
    frame_release(frame);
    frame_pool_release(pool);
    close(file);
    return 0;
}
