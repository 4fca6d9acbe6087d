#!/bin/bash
# --redact: of a log whose names are known, none is to be found in any view, page, list or report.
#   test_redact.sh TCPLENS
set -u
tcplens=$1
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/expect.sh
. "$here/expect.sh"
log=$work/true.jsonl
export TZ=UTC

# The demo lives in networks of documentation, where redacted addresses are too: it moves out of them.
"$tcplens" record --demo 7 --for 4 -i 0.5 --with-args -o - 2>/dev/null </dev/null | sed \
    -e 's/203\.0\.113\./45.67.89./g; s/198\.51\.100\./91.92.93./g; s/192\.0\.2\./77.78.79./g' \
    -e 's/2001:db8:/2a00:1450:/g; s/"10\.0\.0\./"10.20.30./g; s/::ffff:10\.0\.0\./::ffff:10.20.30./g' \
    -e 's/"ann"/"trueann"/g; s/"host":"[^"]*"/"host":"truehost"/g; s/www-data/truedata/g; s/"eth0"/"trueif"/g' \
    >"$log"
grep -q truehost "$log" || fail "the log has no true names: $(head -c 300 "$log")"

secrets='45\.67\.89\.|91\.92\.93\.|77\.78\.79\.|2a00:1450|10\.20\.30\.|trueann|truehost|truedata|trueif'
secrets="$secrets|user@1001|user@1002|firefox\\.scope|web\\.service|nginx\\.service|4f2a91c03b7e|9c1d77aa02fe"
secrets="$secrets|/usr/lib|/usr/sbin|/home/|web\\.jar|--type=|worker process|/system\\.slice"

clean() { # FILE WHAT
    local found
    found=$(sed 's/<[^>]*>/ /g' "$1" | grep -oE "$secrets" | sort | uniq -c | head -n 5)
    [ -z "$found" ] || fail "$2 shows $found"
}

# That they are seen without it.
expect 0 "$tcplens" list --from "$log"
grep -qE "$secrets" "$work/out" || fail "nothing to be redacted in: $(head -n 3 "$work/out")"

for what in 'list' 'list --json' 'list --csv' 'events' 'events --json' 'doctor' 'doctor --json' \
    "list --columns local,remote,process,user,unit,container,exe,cgroup,owners,netns"; do
    # shellcheck disable=SC2086
    "$tcplens" $what --redact --from "$log" >"$work/out" 2>"$work/err" </dev/null
    [ -s "$work/out" ] || fail "$what prints nothing: $(cat "$work/err")"
    clean "$work/out" "$what"
    clean "$work/err" "$what, standard error"
done

# Every view, and what Enter, i, K, X, s, c and ? open there; filters of what is shown find it. A few at a time.
scripts='1 2 3 4 5 6 7 8 ? s c y n R w 1<Enter> 1<Enter><Enter> 1K 1X 1<Space>K 2<Enter> 2<Enter><Enter> 3<Enter>'
scripts="$scripts 3<Enter><Enter> 3<Enter><Down><Enter> 4<Enter> 5<Enter> 5k<Enter> 6k<Enter> 7<Enter> 7i 7jji /unit"
scripts="$scripts /203.0.113<Enter> /user<Space><Tab> /src<Space><Tab> /unit<Space><Tab> 1G<Enter> v e"
number=0
shot() { # NUMBER COMMAND...
    local name=$1
    shift
    "$tcplens" "$@" --redact --size 200x60 --screenshot "$work/$name.svg" >"$work/$name.err" 2>&1 </dev/null ||
        echo "$*: $(cat "$work/$name.err")" >"$work/$name.wrong"
}
for keys in $scripts; do
    number=$((number + 1))
    shot "log$number" replay "$log" --keys "p$keys" &
    shot "demo$number" --demo 7 --with-args --keys "$keys" &
    if [ $((number % 4)) -eq 0 ]; then
        wait
    fi
done
wait
number=0
for keys in $scripts; do
    number=$((number + 1))
    [ ! -e "$work/log$number.wrong" ] || fail "$(cat "$work/log$number.wrong")"
    [ ! -e "$work/demo$number.wrong" ] || fail "$(cat "$work/demo$number.wrong")"
    clean "$work/log$number.svg" "the screen of a log after $keys"
    clean "$work/demo$number.svg" "the screen after $keys"
done

# One to one, and stable: as many peers as there were.
before=$("$tcplens" list --from "$log" --columns remote --csv | sed 's/,[0-9]*$//' | sort -u | wc -l)
after=$("$tcplens" list --from "$log" --columns remote --csv --redact | sed 's/,[0-9]*$//' | sort -u | wc -l)
[ "$before" -eq "$after" ] || fail "$before addresses became $after"
expect 0 "$tcplens" list --demo 7 --redact 'user user1 and state established'
[ "$(wc -l <"$work/out")" -gt 1 ] || fail "a filter does not find what is shown"

[ "$failures" -eq 0 ] || exit 1
echo "ok: $((2 * number)) screens and 8 reports show none of the true names"
