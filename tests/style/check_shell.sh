#!/bin/bash
# Runs shellcheck over every shell script of the tree.
# usage: check_shell.sh PYTHON TOP
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v shellcheck >/dev/null; then
    echo 'skipped: no shellcheck here (.ci/setup tests installs it)'
    exit 77
fi
mapfile -t scripts < <("$1" -B "$here/check_style.py" --shell-scripts "$2")
[ -n "${scripts[0]}" ] || { echo "check_shell: no script found in $2"; exit 1; }
cd "$2"
shellcheck --severity=warning "${scripts[@]}"
echo "${#scripts[@]} scripts"
