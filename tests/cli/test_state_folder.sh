#!/bin/bash
# Where a log without a given name goes: under XDG_STATE_HOME or HOME; root makes nothing in a user's folder (sudo may keep
# HOME) but uses its own.
#   test_state_folder.sh TCPLENS
set -u
tcplens=$1
[ "$(id -u)" = 0 ] || { echo "skipped: not root" && exit 77; }
[ "${2-}" = inside ] || {
    unshare --mount true 2>/dev/null || { echo "skipped: no mount namespace" && exit 77; }
    exec unshare --mount --propagation private "$0" "$tcplens" inside
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/root" "$work/ann" "$work/state"
chown 65534:65534 "$work/ann"
sed "s,^root:.*,root:x:0:0:root:$work/root:/bin/sh," /etc/passwd >"$work/passwd"
mount --bind "$work/passwd" /etc/passwd || { echo "skipped: no bind mount" && exit 77; }
failed=0

# goes FOLDER VARIABLE...: with these, the log is made in the folder, and nothing is left in ann's.
goes() {
    local folder=$1
    shift
    env -u XDG_STATE_HOME -u HOME "$@" "$tcplens" record --demo 7 -i 0.2 --for 0.3 2>"$work/err" ||
        { echo "FAILED: $*: $(cat "$work/err")" && failed=1; }
    zstd -dcq "$folder"/*.jsonl.zst | head -n 1 | grep -q '"host":"web1","source":"demo"' ||
        { echo "FAILED: $*: the log does not name the machine of the demo" && failed=1; }
    compgen -G "$folder/*.jsonl.zst" >/dev/null || { echo "FAILED: $*: no log in $folder" && failed=1; }
    [ -z "$(ls -A "$work/ann")" ] || { echo "FAILED: $*: $(find "$work/ann")" && failed=1; }
    rm -rf "$work/root/.local" "$work/state/tcplens"
}
goes "$work/root/.local/state/tcplens" HOME="$work/root"
goes "$work/state/tcplens" HOME="$work/ann" XDG_STATE_HOME="$work/state"
goes "$work/root/.local/state/tcplens" HOME="$work/ann"
goes "$work/root/.local/state/tcplens" HOME="$work/ann" XDG_STATE_HOME="$work/ann/.local/state"

# Nowhere to go: said, and nothing is made.
chown 65534:65534 "$work/root"
env -u XDG_STATE_HOME HOME="$work/ann" "$tcplens" record --demo 7 --for 0.2 2>"$work/err" &&
    echo "FAILED: recorded" && failed=1
grep -q 'names a folder of yours: "record -o FILE" takes another place' "$work/err" ||
    { echo "FAILED: $(cat "$work/err")" && failed=1; }
umount /etc/passwd
exit $failed
