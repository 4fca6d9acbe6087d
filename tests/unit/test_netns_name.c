/* What network namespaces are called: by files that container runtimes write, control groups and
 * command lines, in a tree made here; and mounts out of mountinfo. */
#include "core/text/text.h"
#include "source/netns/mounts.h"
#include "source/netns/name.h"
#include "source/netns/runtime_files.h"
#include "source/netns/slot.h"
#include "source/owners/runtime_state.h"
#include "tree.h"
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID    "4f2a91c03b7e1122334455667788990011223344556677889900aabbccddeeff"
#define OTHER "5f2a91c03b7e1122334455667788990011223344556677889900aabbccddeeff"
#define UID   "0f3a1b2c-1111-2222-3333-444455556666"

/* --- processes in the tree --- */

static void put_process(int pid, int parent, const char *cgroup, const char *command, size_t length)
{
    char path[64], text[512];

    snprintf(path, sizeof(path), "proc/%d/stat", pid);
    snprintf(text, sizeof(text), "%d (init) S %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0 0\n",
             pid, parent);
    put(path, text);
    snprintf(path, sizeof(path), "proc/%d/cgroup", pid);
    snprintf(text, sizeof(text), "0::%s\n", cgroup);
    put(path, text);
    snprintf(path, sizeof(path), "proc/%d/cmdline", pid);
    write_file(path, command, length);
}
#define PUT_PROCESS(pid, parent, cgroup, command)                                                  \
    put_process(pid, parent, cgroup, command, sizeof(command))

static struct netns_entry named(const char *mount, bool is_own)
{
    char proc[80];
    struct netns_names names;
    struct netns_slot slot = {
        .entry = {.pid = 4242, .is_own = is_own, .netns = {.inode = 4026532999u}, .id = 9},
        .pidfd = -1,
        .mount = mount ? strdup(mount) : NULL};
    snprintf(proc, sizeof(proc), "%s/proc", root);
    netns_names_init(&names, proc);
    names.root = root;
    netns_name(&names, &slot);
    free(slot.mount);
    return slot.entry;
}

static void assert_named(const struct netns_entry *entry, enum netns_kind kind, const char *name,
                         const char *container)
{
    assert_string_equal(entry->name, name);
    assert_int_equal(entry->kind, kind);
    assert_string_equal(entry->container, container);
}

/* --- names --- */

static void what_nothing_names_is_a_number(void **state)
{
    (void)state;
    PUT_PROCESS(4242, 1, "/user.slice", "sh");
    struct netns_entry entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_PROCESS, "4026532999", "");
    entry = named("/run/netns/blue", false);
    assert_named(&entry, NETNS_KIND_NAMED, "blue", "");
    entry = named("/srv/kept", false);
    assert_named(&entry, NETNS_KIND_MOUNT, "kept", "");
}

static void docker_names_its_container_by_its_file(void **state)
{
    (void)state;
    PUT_PROCESS(4242, 1, "/docker/" ID, "sh");
    struct netns_entry entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_DOCKER, "4f2a91c03b7e", "4f2a91c03b7e");
    put("var/lib/docker/containers/" ID "/config.v2.json",
        "{\"ID\":\"" ID "\",\"Name\":\"/web\\u001b[31m\",\"NetworkSettings\":{\"Networks\":{"
        "\"bridge\":{\"IPAddress\":\"172.17.0.2\",\"GlobalIPv6Address\":\"\"}}}}");
    entry = named("/run/docker/netns/0123456789ab", false);
    assert_named(&entry, NETNS_KIND_DOCKER, "web\\x1b[31m", "web\\x1b[31m");
}

static void a_monitor_names_its_container(void **state)
{
    (void)state;
    PUT_PROCESS(4242, 4000, "/user.slice", "sh");
    PUT_PROCESS(4000, 1, "/user.slice", "/usr/bin/conmon\0-c\0" ID "\0-n\0blog\0--full-attach");
    struct netns_entry entry = named("/run/netns/netns-6f9d", false);
    assert_named(&entry, NETNS_KIND_PODMAN, "blog", "blog");
    entry = named("/run/netns/blue", false); /* `ip netns add blue`, and a container put into it */
    assert_named(&entry, NETNS_KIND_NAMED, "blue", "blog");

    PUT_PROCESS(4000, 1, "/",
                "/usr/bin/containerd-shim-runc-v2\0-namespace\0default\0-id\0job-7\0-address\0x");
    entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_CONTAINERD, "job-7", "job-7");
    PUT_PROCESS(4000, 1, "/", "/usr/bin/containerd-shim-runc-v2\0-namespace\0moby\0-id\0" ID);
    entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_DOCKER, "4f2a91c03b7e", "4f2a91c03b7e");
    PUT_PROCESS(4000, 1, "/", "lxc-start\0-n\0db");
    entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_LXC, "db", "db");
    PUT_PROCESS(4000, 1, "/", "systemd-nspawn\0--machine=mail\0-b");
    entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_NSPAWN, "mail", "mail");
}

static void a_pod_of_podman_is_named_by_its_host_name(void **state)
{
    (void)state;
    static const char ENVIRON[] = "PATH=/bin\0HOSTNAME=shop";
    PUT_PROCESS(4242, 4000, "/libpod_parent/" OTHER "/libpod-" ID, "pause");
    PUT_PROCESS(4000, 1, "/", "conmon\0-c\0" ID "\0-n\0005f2a91c03b7e-infra");
    struct netns_entry entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_PODMAN, "5f2a91c03b7e-infra", "5f2a91c03b7e-infra");
    write_file("proc/4242/environ", ENVIRON, sizeof(ENVIRON));
    entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_PODMAN, "shop", "5f2a91c03b7e-infra");
    assert_string_equal(entry.pod, "shop");
}

static void podman_lists_its_containers_in_files(void **state)
{
    (void)state;
    static const char LIST[] = "[{\"id\":\"" OTHER "\",\"names\":[\"no\"]},"
                               "{\"id\":\"" ID "\",\"names\":[\"shop\",\"x\"]}]";
    PUT_PROCESS(4242, 1, "/machine.slice/libpod-" ID ".scope", "sh");
    struct netns_entry entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_PODMAN, "4f2a91c03b7e", "4f2a91c03b7e");
    put("var/lib/containers/storage/overlay-containers/containers.json", "[]");
    put("var/lib/containers/storage/overlay-containers/volatile-containers.json", LIST);
    entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_PODMAN, "shop", "shop");
}

static void podman_of_a_user_is_found_in_its_home(void **state)
{
    (void)state;
    char passwd[128];
    snprintf(passwd, sizeof(passwd), "root:x:0:0::/root:\nann:x:1234:1234::/home/ann:/bin/sh\n");
    put("etc/passwd", passwd);
    put("home/ann/.local/share/containers/storage/overlay-containers/containers.json",
        "[{\"id\":\"" ID "\",\"names\":[\"mine\"]}]");
    PUT_PROCESS(4242, 1, "/user.slice/user-1234.slice/libpod-" ID ".scope", "sh");
    char proc[80];
    struct netns_names names;
    struct netns_slot slot = {.entry = {.pid = 4242, .uid = 1234}, .pidfd = -1};
    snprintf(proc, sizeof(proc), "%s/proc", root);
    netns_names_init(&names, proc);
    names.root = root;
    netns_name(&names, &slot);
    assert_named(&slot.entry, NETNS_KIND_PODMAN, "mine", "mine");
}

static void a_pod_is_named_by_the_folder_of_its_logs(void **state)
{
    (void)state;
    PUT_PROCESS(4242, 1,
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0f3a1b2c_1111_"
                "2222_3333_444455556666.slice/cri-containerd-" ID ".scope",
                "pause");
    struct netns_entry entry = named("/run/netns/cni-77", false);
    assert_named(&entry, NETNS_KIND_CONTAINERD, "4f2a91c03b7e", "4f2a91c03b7e");
    put("var/log/containers/cart-7f9c_shop_app-" ID ".log", "");
    entry = named("/run/netns/cni-77", false);
    assert_named(&entry, NETNS_KIND_POD, "shop/cart-7f9c", "4f2a91c03b7e");
    put("var/log/pods/kube-system_dns-0_" UID "/x", "");
    entry = named("/run/netns/cni-77", false);
    assert_named(&entry, NETNS_KIND_POD, "kube-system/dns-0", "4f2a91c03b7e");
    assert_string_equal(entry.pod, "dns-0");
    assert_string_equal(entry.pod_namespace, "kube-system");
}

static void a_runtime_alone_is_found_by_its_state(void **state)
{
    (void)state;
    PUT_PROCESS(4242, 1, "/user.slice", "sh");
    put("run/runc/other/state.json", "{\"id\":\"other\",\"init_process_pid\":4243}");
    put("run/runc/job/state.json", "{\"id\":\"job\",\"init_process_pid\":4242}");
    struct netns_entry entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_CONTAINER, "job", "job");
}

#define TASKS "run/containerd/io.containerd.runtime.v2.task"

static void assert_container(const char *path, const char *wanted)
{
    char container[GROUP_NAME_MAX] = "";
    const bool found = runtime_state_container(root, path, container, sizeof(container));
    if (strcmp(container, wanted) != 0)
        print_error("%s\n", path);
    assert_string_equal(container, wanted);
    assert_int_equal(found, wanted[0] != '\0');
}

/* Control groups that say nothing: /NAMESPACE/ID of ctr, whatever runc is started with. */
static void a_group_is_a_container_by_the_state_of_its_runtime(void **state)
{
    (void)state;
    put(TASKS "/default/web/init.pid", "1");
    put("run/runc/job/state.json", "{}");
    put("run/crun/task/status", "{}");
    assert_container("/default/web", "containerd:web");
    assert_container("/default/web/inside", "containerd:web");
    assert_container("//default//web/", "containerd:web");
    assert_container("/job", "runc:job");
    assert_container("/user.slice/runc-job.scope", "runc:job");
    assert_container("/system.slice/crun-task.scope/sub", "crun:task");
    assert_container("/default/web/job", "runc:job");
    assert_container("/other/web", "");
    assert_container("/web", "");
    assert_container("/default", "");
    assert_container("/default/..", "");
    assert_container("/task.scope", "");
    assert_container("", "");
}

static void state_that_is_something_else_names_nothing(void **state)
{
    (void)state;
    char from[PATH_MAX], to[PATH_MAX], long_path[GROUP_PATH_MAX];
    put("run/runc/fifo/x", "");
    put("run/runc/link/x", "");
    put("elsewhere/state.json", "{}");
    put(TASKS "/default/file", "");
    snprintf(to, sizeof(to), "%s/run/runc/fifo/state.json", root);
    assert_int_equal(mkfifo(to, 0644), 0);
    snprintf(from, sizeof(from), "%s/elsewhere/state.json", root);
    snprintf(to, sizeof(to), "%s/run/runc/link/state.json", root);
    assert_int_equal(symlink(from, to), 0);
    snprintf(from, sizeof(from), "%s/elsewhere", root);
    snprintf(to, sizeof(to), "%s/" TASKS "/default/linked", root);
    assert_int_equal(symlink(from, to), 0);
    assert_container("/fifo", "");
    assert_container("/link", "");
    assert_container("/default/file", "");
    assert_container("/default/linked", "");
    memset(long_path, 'a', sizeof(long_path));
    long_path[0] = '/';
    long_path[sizeof(long_path) - 1] = '\0';
    assert_container(long_path, "");
}

static void the_container_we_run_in_names_our_own_namespace_only(void **state)
{
    (void)state;
    PUT_PROCESS(4242, 1, "/docker/" ID, "sh");
    put_process(getpid(), 1, "/docker/" OTHER, "sh", 3);
    struct netns_entry entry = named(NULL, false);
    assert_int_equal(entry.kind, NETNS_KIND_DOCKER);
    put_process(getpid(), 1, "/docker/" ID, "sh", 3);
    entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_PROCESS, "4026532999", "");
    entry = named(NULL, true);
    assert_named(&entry, NETNS_KIND_DOCKER, "4f2a91c03b7e", "4f2a91c03b7e");
}

static void hostile_files_name_nothing(void **state)
{
    (void)state;
    static const char *const FILES[] = {"",
                                        "{",
                                        "[]",
                                        "null",
                                        "{\"Name\":3}",
                                        "{\"Name\":\"\"}",
                                        "{\"Name\":\"/\"}",
                                        "{\"Name\":\"/web\"",
                                        "{\"Name\":\"\\ud800\"}",
                                        "[{\"id\":\"" ID "\"}]",
                                        "[{\"id\":\"" ID "\",\"names\":{}}]",
                                        "[{\"id\":\"" ID "\",\"names\":[]}]",
                                        "[{\"id\":\"" ID "\",\"names\":[null]}]",
                                        "[[[[",
                                        "[{\"id\":7,\"names\":[\"web\"]}]"};
    char name[NETNS_NAME_MAX] = "unchanged";
    int32_t pid = 5;
    for (size_t i = 0; i < UNIT_COUNT(FILES); i++) {
        const size_t length = strlen(FILES[i]);
        assert_false(docker_config_name(FILES[i], length, name, sizeof(name)));
        assert_false(docker_config_has_address(FILES[i], length, "172.17.0.2"));
        assert_false(podman_list_name(FILES[i], length, ID, name, sizeof(name)));
        assert_false(runtime_state_pid(FILES[i], length, &pid));
    }
    assert_string_equal(name, "unchanged");
    assert_false(runtime_state_pid("{\"pid\":-1}", 10, &pid));
    assert_false(runtime_state_pid("{\"pid\":4294967297}", 18, &pid));
    assert_int_equal(pid, 5);

    struct pod_name pod;
    assert_false(pod_of_log_folder("shop_cart", UID, &pod));
    assert_false(pod_of_log_folder("__" UID, UID, &pod));
    assert_false(pod_of_log_folder("shop_cart_" UID "x", UID, &pod));
    assert_false(pod_of_log_file("cart_shop_-" ID ".log", OTHER, &pod));
    assert_false(pod_of_log_file("cart_shop-" ID ".log", ID, &pod));
    assert_true(pod_of_log_file("cart_shop_app-" ID ".log", ID, &pod));
}

static void a_file_that_is_no_file_is_not_waited_for(void **state)
{
    (void)state;
    char path[PATH_MAX];
    PUT_PROCESS(4242, 1, "/docker/" ID, "sh");
    put("var/lib/docker/containers/" ID "/x", "");
    snprintf(path, sizeof(path), "%s/var/lib/docker/containers/" ID "/config.v2.json", root);
    assert_int_equal(mkfifo(path, 0644), 0);
    const struct netns_entry entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_DOCKER, "4f2a91c03b7e", "4f2a91c03b7e");
}

/* --- command lines --- */

static void values_of_options_are_found(void **state)
{
    (void)state;
    static const char COMMAND[] = "/usr/bin/x\0-n\0web\0-id=7\0-id\0\0last";
    char value[8];
    assert_true(command_value(COMMAND, sizeof(COMMAND), "-n", value, sizeof(value)));
    assert_string_equal(value, "web");
    assert_true(command_value(COMMAND, sizeof(COMMAND), "-id", value, sizeof(value)));
    assert_string_equal(value, "7");
    assert_false(command_value(COMMAND, sizeof(COMMAND), "last", value, sizeof(value)));
    assert_false(command_value(COMMAND, 12, "-n", value, sizeof(value)));
    assert_false(command_value("x\0-n\0muchtoolong", 17, "-n", value, sizeof(value)));
    assert_false(command_value(COMMAND, 0, "-n", value, sizeof(value)));
    command_program(COMMAND, sizeof(COMMAND), value, sizeof(value));
    assert_string_equal(value, "x");
    command_program("", 0, value, sizeof(value));
    assert_string_equal(value, "");
}

static void who_passes_on_a_published_port_names_the_container(void **state)
{
    (void)state;
    static const char PROXY[] =
        "/usr/sbin/docker-proxy\0-proto\0tcp\0-host-port\0008080\0-container-ip\0"
        "172.17.0.2\0-container-port\00080";
    static const char OTHERS[] = "/usr/sbin/docker-proxy\0-container-ip\0"
                                 "172.17.0.3";
    static const char CONMON[] = "conmon\0-c\0" ID "\0-n\0blog";
    char target[NETNS_NAME_MAX];
    struct netns_names names = {.proc_root = "/proc", .root = root};
    put("var/lib/docker/containers/" ID "/config.v2.json",
        "{\"Name\":\"/web\",\"NetworkSettings\":{\"Networks\":{\"a\":{\"IPAddress\":\"\"},"
        "\"b\":{\"IPAddress\":\"172.17.0.2\"}}}}");
    assert_true(netns_port_target(&names, 4242, PROXY, sizeof(PROXY), target));
    assert_string_equal(target, "web");
    assert_false(netns_port_target(&names, 4242, OTHERS, sizeof(OTHERS), target));
    assert_true(netns_port_target(&names, 4242, CONMON, sizeof(CONMON), target));
    assert_string_equal(target, "blog");
    assert_false(netns_port_target(&names, 4242, "nginx", 6, target));
}

/* Podman without root: what passes on the port is in the container's network namespace, and older there. */
static void rootlessport_serves_the_container_beside_it(void **state)
{
    (void)state;
    static const char PORT[] = "rootlessport";
    char proc_root[96], own[PATH_MAX], shared[PATH_MAX], target[NETNS_NAME_MAX];
    snprintf(proc_root, sizeof(proc_root), "%s/proc", root);
    const struct netns_names names = {.proc_root = proc_root, .root = root};
    PUT_PROCESS(4242, 1, "/user.slice", "rootlessport");
    PUT_PROCESS(4243, 4242, "/user.slice", "rootlessport-child");
    PUT_PROCESS(4300, 1, "/user.slice", "conmon\0-c\0" OTHER "\0-n\0mail");
    PUT_PROCESS(4301, 4300, "/user.slice", "sh");
    PUT_PROCESS(4400, 1, "/user.slice", "/usr/bin/conmon\0-c\0" ID "\0-n\0blog");
    PUT_PROCESS(4401, 4400, "/user.slice", "sh");
    put("proc/4242/ns/net", "");
    put("proc/4301/ns/net", "");
    put("proc/4401/ns/x", "");
    assert_false(netns_port_target(&names, 4242, PORT, sizeof(PORT), target));
    snprintf(own, sizeof(own), "%s/4242/ns/net", proc_root);
    snprintf(shared, sizeof(shared), "%s/4401/ns/net", proc_root);
    assert_int_equal(link(own, shared), 0);
    assert_true(netns_port_target(&names, 4242, PORT, sizeof(PORT), target));
    assert_string_equal(target, "blog");
    struct netns_entry entry = named(NULL, false);
    assert_named(&entry, NETNS_KIND_PODMAN, "blog", "blog");
}

/* --- mounts --- */

static void mounts_of_namespaces_are_found_in_mountinfo(void **state)
{
    (void)state;
    static const char TEXT[] =
        "22 1 0:21 / /proc rw - proc proc rw\n"
        "40 30 0:4 net:[4026532401] /run/netns/blue\\040sky rw shared:5 - nsfs nsfs rw\n"
        "41 30 0:4 mnt:[4026532402] /run/m rw - nsfs nsfs rw\n"
        "42 30 0:4 net:[] /run/netns/empty rw - nsfs nsfs rw\n"
        "43 30 0:4 net:[99999999999] /run/netns/large rw - nsfs nsfs rw\n"
        "44 30 0:4 net:[4026532403] /run/docker/netns/0a1b rw - nsfs nsfs rw\n"
        "45 30 0:4 net:[4026532404] /torn";
    struct netns_mounts mounts;
    netns_mounts_open(&mounts, "/nowhere");
    assert_int_equal(netns_mounts_parse(&mounts, TEXT, strlen(TEXT)), 0);
    assert_int_equal(mounts.count, 2);
    assert_int_equal(mounts.rows[0].inode, 4026532401u);
    assert_string_equal(mounts.rows[0].path, "/run/netns/blue sky");
    assert_int_equal(mounts.rows[1].inode, 4026532403u);
    assert_string_equal(mounts.rows[1].path, "/run/docker/netns/0a1b");
    netns_mounts_close(&mounts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(what_nothing_names_is_a_number),
        IN_TREE(docker_names_its_container_by_its_file),
        IN_TREE(a_monitor_names_its_container),
        IN_TREE(a_pod_of_podman_is_named_by_its_host_name),
        IN_TREE(podman_lists_its_containers_in_files),
        IN_TREE(podman_of_a_user_is_found_in_its_home),
        IN_TREE(a_pod_is_named_by_the_folder_of_its_logs),
        IN_TREE(a_runtime_alone_is_found_by_its_state),
        IN_TREE(a_group_is_a_container_by_the_state_of_its_runtime),
        IN_TREE(state_that_is_something_else_names_nothing),
        IN_TREE(the_container_we_run_in_names_our_own_namespace_only),
        IN_TREE(a_file_that_is_no_file_is_not_waited_for),
        IN_TREE(who_passes_on_a_published_port_names_the_container),
        IN_TREE(rootlessport_serves_the_container_beside_it),
        cmocka_unit_test(hostile_files_name_nothing),
        cmocka_unit_test(values_of_options_are_found),
        cmocka_unit_test(mounts_of_namespaces_are_found_in_mountinfo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
