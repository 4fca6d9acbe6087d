/* netns: the words of netns.h. */
#include "core/netns.h"

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

static const char *const REACHES[] = {"none", "proc", "enter"};
const struct words NETNS_REACH_WORDS = WORDS(REACHES);
