/* Units and containers of control group paths, as the service managers and runtimes name them; and what groups are
 * called from frame to frame. */
#include "source/owners/group.h"
#include "source/owners/groups.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define OTHER "5f2a91c03b7e1122334455667788990011223344556677889900aabbccddeeff"
#define ID    "4f2a91c03b7e1122334455667788990011223344556677889900aabbccddeeff"

static const struct {
    const char *path, *unit, *container;
} PATHS[] = {
    {"/", "", ""},
    {"/init.scope", "init.scope", ""},
    {"/system.slice/nginx.service", "nginx.service", ""},
    {"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", ""},
    {"/system.slice/ssh.socket", "ssh.socket", ""},
    {"/user.slice/user-1000.slice/session-3.scope", "session-3.scope", ""},
    {"/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox.scope",
     "app-firefox.scope", ""},
    {"/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service", ""},
    {"/user.slice/user-1000.slice/user@1000.service", "user@1000.service", ""},
    {"/system.slice/docker-" ID ".scope", "docker-" ID ".scope", "docker:4f2a91c03b7e"},
    {"/docker/" ID, "", "docker:4f2a91c03b7e"},
    {"/docker/" ID "/system.slice/nginx.service", "nginx.service", "docker:4f2a91c03b7e"},
    {"/docker/short", "", ""},
    {"/machine.slice/libpod-" ID ".scope", "libpod-" ID ".scope", "podman:4f2a91c03b7e"},
    {"/machine.slice/libpod-" ID ".scope/container", "libpod-" ID ".scope", "podman:4f2a91c03b7e"},
    {"/machine.slice/libpod-conmon-" ID ".scope", "libpod-conmon-" ID ".scope", ""},
    {"/libpod_parent/libpod-" ID, "", "podman:4f2a91c03b7e"},
    {"/libpod_parent/" OTHER "/libpod-" ID, "", "podman:4f2a91c03b7e"}, /* of a pod */
    {"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope",
     "libpod-" ID ".scope", "podman:4f2a91c03b7e"},
    {"/kubepods.slice/kubepods-burstable.slice/cri-containerd-" ID ".scope",
     "cri-containerd-" ID ".scope", "containerd:4f2a91c03b7e"},
    {"/kubepods/besteffort/pod1b2c/" ID, "", "4f2a91c03b7e"}, /* docker, containerd or CRI-O */
    {"/ecs/0a1b2c/" ID, "", "4f2a91c03b7e"},
    {"/garden/" ID, "", "4f2a91c03b7e"},
    {"/system.slice/kubepods-pod1.slice:" ID, "", "4f2a91c03b7e"},
    {"/system.slice/docker.service/system.slice:docker:" ID, "docker.service",
     "docker:4f2a91c03b7e"},
    {"/kubepods.slice:crio:" ID, "", "crio:4f2a91c03b7e"},
    {"/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" ID,
     "containerd.service", "containerd:4f2a91c03b7e"},
    {"/kubepods.slice/crio-" ID ".scope", "crio-" ID ".scope", "crio:4f2a91c03b7e"},
    {"/kubepods.slice/crio-conmon-" ID ".scope", "crio-conmon-" ID ".scope", ""},
    {"/lxc.payload.web/system.slice/nginx.service", "nginx.service", "lxc:web"},
    {"/lxc.payload/web", "", "lxc:web"},
    {"/lxc/web", "", "lxc:web"},
    {"/lxc.monitor.web", "", ""},
    {"/lxc.payload.web/docker/" ID, "", "docker:4f2a91c03b7e"},
    {"/machine.slice/systemd-nspawn@web.service/payload", "systemd-nspawn@web.service",
     "nspawn:web"},
    {"/machine.slice/machine-web\\x2done.scope", "machine-web\\x2done.scope", "nspawn:web-one"},
    {"/machine.slice/machine-qemu\\x2d1\\x2ddebian.scope", "machine-qemu\\x2d1\\x2ddebian.scope",
     ""},
    {"/system.slice/_cgroup.service", "cgroup.service", ""},
    {"/system.slice/app@a\\x2db.service", "app@a\\x2db.service", ""},
    {"/system.slice/caf\\xc3\\xa9.service", "caf\\xc3\\xa9.service", ""},
    {"/system.slice/caf\xc3\xa9.service", "", ""}, /* not by systemd */
    {"/system.slice/a b.service", "", ""},
    {"//system.slice//a.service", "a.service", ""},
    {"/system.slice/.service", "", ""},
    {"relative", "", ""},
    {"", "", ""},
};

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(PATHS); i++) {
        char unit[GROUP_NAME_MAX];
        char container[GROUP_NAME_MAX];
        group_unit(PATHS[i].path, unit, sizeof unit);
        group_container(PATHS[i].path, container, sizeof container);
        if (strcmp(unit, PATHS[i].unit) != 0 || strcmp(container, PATHS[i].container) != 0)
            print_error("%s\n", PATHS[i].path);
        assert_string_equal(unit, PATHS[i].unit);
        assert_string_equal(container, PATHS[i].container);
    }
}

static const struct {
    const char *text, *path;
} PROCESSES[] = {
    {"0::/system.slice/a.service\n", "/system.slice/a.service"},
    {"0::/system.slice/a.service (deleted)\n", "/system.slice/a.service"},
    {"0::/a:b\n", "/a:b"},
    {"4:memory:/jail\n1:name=systemd:/system.slice/b.service\n0::/\n", "/system.slice/b.service"},
    {"1:name=systemd:/old\n0::/new", "/new"},
    /* docker without systemd's driver, both versions mounted */
    {"4:memory:/docker/" ID "\n1:name=systemd:/docker/" ID
     "\n0::/system.slice/containerd.service\n",
     "/docker/" ID},
    {"4:memory:/docker/" ID "\n1:name=systemd:/docker/" OTHER "\n0::/a.service\n",
     "/docker/" OTHER},
    {"4:memory:/docker/" ID "\n0::/system.slice/docker-" OTHER ".scope\n",
     "/system.slice/docker-" OTHER ".scope"},
    {"9:name=systemd:/\n4:memory:/jail\n0::/\n", "/jail"},
    {"0::/\n", "/"},
    {"0::\n", ""},
    {"nonsense\n", ""},
    {"a:b\n:\n::\n", ""},
    {"", ""},
};

static void test_processes(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(PROCESSES); i++) {
        char path[GROUP_PATH_MAX];
        const bool found = group_path_of_process(PROCESSES[i].text, path, sizeof path);
        assert_string_equal(path, PROCESSES[i].path);
        assert_int_equal(found, PROCESSES[i].path[0] != '\0');
    }
}

static void test_mount(void **state)
{
    (void)state;
    char mount[64];
    assert_true(
        group_find_mount("32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                         "41 31 0:38 / /sys/fs/my\\040groups rw,relatime shared:4 - cgroup2 "
                         "cgroup2 rw\n",
                         mount, sizeof mount));
    assert_string_equal(mount, "/sys/fs/my groups");
    assert_false(group_find_mount("32 31 0:29 / /c rw - cgroup cgroup rw\n", mount, sizeof mount));
    assert_false(group_find_mount("x - cgroup2 \n", mount, sizeof mount));
    assert_false(group_find_mount("", mount, sizeof mount));
}

static void test_says_nothing(void **state)
{
    (void)state;
    assert_true(group_path_says_nothing("/"));
    assert_true(group_path_says_nothing("/init.scope"));
    assert_true(group_path_says_nothing(""));
    assert_false(group_path_says_nothing("/system.slice/init.scope"));
}

/* Whatever the bytes: no read outside, always terminated. Sanitizers watch. */
static void test_any_bytes(void **state)
{
    (void)state;
    static const char alphabet[] = "/:-_.\\x2d@0af libpod-docker-.scope.service\n";
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        char text[96];
        char out[24];
        const size_t length = unit_random_below(&seed, sizeof text);
        for (size_t i = 0; i < length; i++)
            text[i] = alphabet[unit_random(&seed) % (sizeof alphabet - 1)];
        text[length < sizeof text ? length : sizeof text - 1] = '\0';
        group_unit(text, out, sizeof out);
        assert_true(strlen(out) < sizeof out);
        group_container(text, out, sizeof out);
        assert_true(strlen(out) < sizeof out);
        group_path_of_process(text, out, sizeof out);
        assert_true(strlen(out) < sizeof out);
        group_find_mount(text, out, sizeof out);
    }
}

/* A copy of a row has the index that its group had in the frame before. */
static void test_groups_are_kept_unless_forgotten(void **state)
{
    enum { MANY = 5000 };
    const int64_t later_ns = INT64_C(3600) * 1000000000;
    struct frame_pool *pool = frame_pool_new();
    struct frame *frames[] = {frame_new(pool), frame_new(pool), frame_new(pool)};
    struct owner_groups groups;
    (void)state;

    owner_groups_init(&groups, NULL, NULL);
    groups.groups = calloc(MANY, sizeof *groups.groups);
    assert_non_null(groups.groups);
    groups.count = groups.capacity = MANY;
    assert_false(owner_groups_begin_frame(&groups, 0));
    assert_int_equal(owner_groups_put(&groups, frames[0], 70), 0);
    assert_int_equal(owner_groups_put(&groups, frames[0], 30), 1);
    assert_false(owner_groups_begin_frame(&groups, 1));
    assert_true(owner_groups_keep(&groups, frames[1]));
    assert_int_equal(frames[1]->group_count, 2);
    assert_int_equal(owner_groups_put(&groups, frames[1], 30), 1);
    assert_true(owner_groups_begin_frame(&groups, later_ns));
    assert_false(owner_groups_keep(&groups, frames[2]));
    owner_groups_done(&groups);
    for (size_t i = 0; i < UNIT_COUNT(frames); i++)
        frame_release(frames[i]);
    frame_pool_release(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),     cmocka_unit_test(test_processes),
        cmocka_unit_test(test_mount),     cmocka_unit_test(test_says_nothing),
        cmocka_unit_test(test_any_bytes), cmocka_unit_test(test_groups_are_kept_unless_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
