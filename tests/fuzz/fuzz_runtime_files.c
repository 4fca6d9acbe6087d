/* Any bytes as what container runtimes write, as command lines and as mountinfo: nothing is read
 * beyond them, and a name that is found ends within its room. */
#include "fuzz_target.h"
#include "source/netns/mounts.h"
#include "source/netns/runtime_files.h"

#include <string.h>

#define ID "4f2a91c03b7e1122334455667788990011223344556677889900aabbccddeeff"

static void check_name(bool found, const char *name, size_t size)
{
    CHECK(!found || (name[0] && memchr(name, '\0', size)));
}

static void read_mounts(const char *text, size_t size)
{
    struct netns_mounts mounts;

    netns_mounts_open(&mounts, "/nowhere");
    CHECK(netns_mounts_parse(&mounts, text, size) == 0);
    for (uint32_t i = 0; i < mounts.count; i++)
        CHECK(mounts.rows[i].inode > 0 && strlen(mounts.rows[i].path) < size);
    netns_mounts_close(&mounts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[16];
    int32_t pid;
    struct pod_name pod;
    char *text = malloc(size + 1); /* of its own, so that a sanitizer sees its end */

    CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    check_name(docker_config_name(text, size, name, sizeof(name)), name, sizeof(name));
    (void)docker_config_has_address(text, size, "172.17.0.2");
    check_name(podman_list_name(text, size, ID, name, sizeof(name)), name, sizeof(name));
    CHECK(!runtime_state_pid(text, size, &pid) || pid > 0);
    check_name(command_value(text, size, "-n", name, sizeof(name)), name, sizeof(name));
    command_program(text, size, name, sizeof(name));
    CHECK(memchr(name, '\0', sizeof(name)));
    (void)pod_of_log_folder(text, ID, &pod);
    (void)pod_of_log_file(text, ID, &pod);
    read_mounts(text, size);
    free(text);
    return 0;
}
