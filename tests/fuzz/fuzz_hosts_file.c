/* Any bytes as the file of --hosts: a list of hosts that can be reached, each once, or one line that says what is wrong. */
#include "command/hosts_file.h"
#include "command/open_source.h"
#include "fuzz_target.h"
#include "source/remote/command.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_list(const struct host_list *list)
{
    char why[OPEN_SOURCE_WHY_MAX];

    CHECK(list->count > 0 && list->count <= HOSTS_MAX);
    for (uint32_t i = 0; i < list->count; i++) {
        CHECK(remote_target_check(list->targets[i], why, sizeof why) == 0);
        CHECK(list->lines[i] > (i > 0 ? list->lines[i - 1] : 0));
        for (uint32_t k = 0; k < i; k++)
            CHECK(strcmp(list->targets[i], list->targets[k]) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int file = memfd_create("hosts", MFD_CLOEXEC);
    struct host_list *list = calloc(1, sizeof *list);
    char path[32], why[OPEN_SOURCE_WHY_MAX] = "";

    CHECK(list && file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (hosts_file_read(list, path, why) == 0)
        check_list(list);
    else
        CHECK(strstr(why, path) && !strchr(why, '\n')); /* its printer escapes the rest */
    free(list);
    close(file);
    return 0;
}
