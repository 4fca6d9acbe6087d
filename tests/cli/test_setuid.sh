#!/bin/bash
# A setuid tcplens refuses to run.
#   test_setuid.sh TCPLENS
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

if [ "$(id -u)" -ne 0 ]; then
    echo "skipped: only root can give a file away"
    exit 77
fi
chmod 755 "$work"
cp "$1" "$work/tcplens" && chown nobody "$work/tcplens" && chmod 4755 "$work/tcplens" || exit 1
if [ "$(find "$work" -perm -4000 -name tcplens | wc -l)" -eq 0 ] ||
    grep -q nosuid <(findmnt -no OPTIONS -T "$work"); then
    echo "skipped: $work takes no setuid files"
    exit 77
fi
error=$("$work/tcplens" list 2>&1 >"$work/out")
code=$?
if [ "$code" -ne 1 ] || [ -s "$work/out" ] || [[ $error != "tcplens: refuses to run setuid"* ]]; then
    echo "FAILED: exit code $code: $error"
    exit 1
fi
