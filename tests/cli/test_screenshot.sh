#!/bin/bash
# --screenshot: a picture of the screen without any terminal, of the demo and of a log.
#   test_screenshot.sh TCPLENS
set -u
tcplens=$1
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/expect.sh
. "$here/expect.sh"
log=$here/../data/log/demo.jsonl.zst
export TZ=UTC
unset COLUMNS LINES TERM

# The text of a picture, one line a row of it, its words parted by blanks.
shows() {
    sed 's/<[^>]*>/ /g' "$1" | tr -s ' \n' '  ' | grep -qF -- "$2" || fail "$1 does not show \"$2\""
}

expect 0 "$tcplens" --demo 7 --screenshot "$work/first.svg"
head -c 4 "$work/first.svg" | grep -qF '<svg' || fail "no SVG: $(head -c 60 "$work/first.svg")"
shows "$work/first.svg" '[1 Connections]'
shows "$work/first.svg" 'nginx'
if command -v xmllint >/dev/null; then
    xmllint --noout "$work/first.svg" || fail "not well-formed"
fi

expect 0 "$tcplens" --demo 7 --screenshot "$work/keys.svg" --size 100x20 --keys '3<Frame>/port 5432<Enter>'
shows "$work/keys.svg" '[3 Listeners]'
shows "$work/keys.svg" 'port 5432'
expect 0 env COLUMNS=60 LINES=12 "$tcplens" --demo 7 --screenshot "$work/small.svg" --theme light
[ "$(sed -n 's/.*viewBox="0 0 \([0-9]*\).*/\1/p;q' "$work/small.svg")" -lt \
    "$(sed -n 's/.*viewBox="0 0 \([0-9]*\).*/\1/p;q' "$work/keys.svg")" ] || fail "60 columns are not narrower than 100"

# A dialog that would do harm, over rows that are invented.
expect 0 "$tcplens" --demo 7 --screenshot "$work/kill.svg" --keys '/firefox<Enter>K'
shows "$work/kill.svg" 'Enter send'

expect 0 "$tcplens" replay "$log" --screenshot "$work/log.svg" --keys 'pt12:16:22<Enter>j<Enter>'
shows "$work/log.svg" 'REPLAY'
shows "$work/log.svg" '12:16:22'
shows "$work/log.svg" 'Connection'

expect 2 "$tcplens" --demo 7 --screenshot "$work/x.svg" --keys '<Entr>'
grep -qF 'character 1: no key is called "<Entr>"' "$work/err" || fail "$(cat "$work/err")"
[ ! -e "$work/x.svg" ] || fail "a picture beside the error"
expect 2 "$tcplens" --demo 7 --screenshot "$work/x.svg" --size 120
expect 2 "$tcplens" --demo 7 --keys q
expect 1 "$tcplens" --demo 7 --screenshot "$work/none/x.svg"

# Standard output by its name.
"$tcplens" --demo 7 --screenshot /dev/stdout | cat >"$work/piped.svg"
shows "$work/piped.svg" '[1 Connections]'

[ "$failures" -eq 0 ] || exit 1
echo "ok: pictures of the demo and of a log, with keys and sizes"
