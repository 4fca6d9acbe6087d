/* netns: the words of netns.h. */
#include "core/netns.h"

#include <stdio.h>
#include <string.h>

static const char *const KINDS[NETNS_KIND_COUNT] = {
    [NETNS_KIND_PROCESS] = "process",
    [NETNS_KIND_HOST] = "host",
    [NETNS_KIND_NAMED] = "named",
    [NETNS_KIND_MOUNT] = "mount",
    [NETNS_KIND_DOCKER] = "docker",
    [NETNS_KIND_PODMAN] = "podman",
    [NETNS_KIND_CONTAINERD] = "containerd",
    [NETNS_KIND_CRIO] = "crio",
    [NETNS_KIND_POD] = "pod",
    [NETNS_KIND_LXC] = "lxc",
    [NETNS_KIND_NSPAWN] = "nspawn",
    [NETNS_KIND_CONTAINER] = "container",
};
const struct words NETNS_KIND_WORDS = WORDS(KINDS);

bool netns_is_named(const char *name, uint32_t inode)
{
    char digits[16];

    snprintf(digits, sizeof(digits), "%u", inode);
    return name && name[0] && strcmp(name, digits) != 0;
}

static const char *const REACHES[] = {"none", "proc", "enter"};
const struct words NETNS_REACH_WORDS = WORDS(REACHES);

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

size_t other_netns_text(const struct other_netns *others, char *out, size_t size)
{
    int length = 0;

    out[0] = '\0';
    if (others->count)
        length =
            snprintf(out, size, "%u other network namespace%s hold%s %llu socket%s: --netns all",
                     others->count, plural(others->count), others->count == 1 ? "s" : "",
                     (unsigned long long)others->sockets, plural(others->sockets));
    else if (others->unread)
        length = snprintf(out, size, "%u other network namespace%s hold%s processes",
                          others->unread, plural(others->unread), others->unread == 1 ? "s" : "");
    return length < 0 ? 0 : (size_t)length;
}
