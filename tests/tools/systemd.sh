# shellcheck shell=bash
# systemd as process 1 of a tree, in namespaces and a control group of its own. Source it with tests/cli/wait.sh, and $cgroup
# the path of a group that was made for it.

# systemd_boot ROOT [WORD...]: with ROOT as /, and nothing of the host's below it; the words are of the kernel's command line.
systemd_boot() {
    local root=$1
    shift
    echo "$BASHPID" >"${cgroup:?}/cgroup.procs" || exit
    # shellcheck disable=SC2016  # of the inner shell
    exec unshare --mount --pid --uts --ipc --net --cgroup --fork bash -ec '
        mount --make-rprivate / && mount --bind "$1" "$1" && cd "$1"
        mount -t proc proc proc && mount -t sysfs sysfs sys && mount -t cgroup2 cgroup2 sys/fs/cgroup
        mount -t tmpfs tmpfs run && mount -t tmpfs tmpfs tmp && mount -t tmpfs tmpfs dev
        for device in null zero full random urandom tty; do
            touch dev/$device && mount --bind /dev/$device dev/$device
        done
        mkdir -p dev/pts dev/shm old && mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
        ln -s pts/ptmx dev/ptmx
        ip link set lo up
        pivot_root . old && umount -l /old && rmdir /old
        exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            SYSTEMD_PROC_CMDLINE="systemd.unified_cgroup_hierarchy=1 $2" /lib/systemd/systemd' bash "$root" "$*"
}

# Its process 1, as the host sees it.
systemd_init() { head -n 1 "$cgroup/init.scope/cgroup.procs" 2>/dev/null; }
systemd_inside() { nsenter -t "$(systemd_init)" -m -u -i -n -p -C -r -w env DEBIAN_FRONTEND=noninteractive "$@"; }
systemd_is_up() { systemd_inside systemctl is-system-running 2>/dev/null | grep -qE "running|degraded"; }

systemd_end() {
    echo 1 >"$cgroup/cgroup.kill" 2>/dev/null
    becomes_true systemd_rmdir || echo "$cgroup is left" >&2
}
systemd_rmdir() { find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null; }
