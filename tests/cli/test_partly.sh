#!/bin/bash
# A dump that fails half-way: the rows that could be had, one line on stderr, exit code 3; none: 1.
# strace makes the kernel's answers fail; there are so many sockets that a dump takes several.
#   test_partly.sh TCPLENS SCENE
set -u
tcplens=$1
scene=$2
export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # LeakSanitizer does not run under ptrace

if ! strace -f --seccomp-bpf -o /dev/null true 2>/dev/null; then
    echo "skipped: strace is missing or not allowed to trace"
    exit 77
fi
[ "${3-}" = inside ] || exec "$scene" --unshare --pairs 150 --hold "$0" "$tcplens" "$scene" inside
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# run FIRST+STEP ARGUMENT...: fails that answer and each so many on, or all from it on.
run() {
    local when=$1
    shift
    strace -f --seccomp-bpf -o "$work/trace" -e trace=recvmsg,recvfrom \
        -e "inject=recvmsg,recvfrom:error=ENOBUFS:when=$when" \
        "$tcplens" "$@" >"$work/out" 2>"$work/err" </dev/null
}

# The dump is tried three times, the last time is shown: none of it (1), a part (3), all (0). The first answer of all is
# not the dump's.
seen=
for when in 2+ 4+ 4+3 5+4 1000+; do
    run "$when" list --json
    code=$?
    lines=$(wc -l <"$work/err")
    case $code-$lines-$(wc -l <"$work/out") in
    0-0-*) break ;;
    1-1-0) grep -q 'showing what was read' "$work/err" && echo "FAILED: shows nothing: $(cat "$work/err")" && exit 1 ;;
    3-1-*) seen=yes && echo "part: $(wc -l <"$work/out") rows, $(cat "$work/err")" ;;
    *) echo "FAILED: from answer $when on: exit code $code, $lines lines: $(cat "$work/err")" && exit 1 ;;
    esac
done
[ "$code-$seen" = 0-yes ] || { echo "FAILED: no part of the rows at any point" && exit 1; }

# One failure while it starts is no reason to do with /proc/net/tcp; no answer at all is an error.
run 1 list --json
code=$?
[ "$code-$(wc -c <"$work/err")" = 0-0 ] || { echo "FAILED: one answer: $code $(cat "$work/err")" && exit 1; }
run 1+ list --json
code=$?
[ "$code" = 1 ] || { echo "FAILED: no answer at all: exit code $code: $(cat "$work/err")" && exit 1; }

# Where it runs on, it says so while there is nothing to show.
for command in events "record -o $work/log.jsonl"; do
    # shellcheck disable=SC2086
    run 4+ $command --for 1.5
    grep -q '^tcplens: no connections could be read: .*: trying again$' "$work/err" ||
        { echo "FAILED: $command says nothing: $(cat "$work/err")" && exit 1; }
done

# Metrics alone: a run that ends before its first frame has failed, and says what is not written.
run 4+ record --no-log --metrics "$work/metrics.prom" --for 1.5
code=$?
[ "$code" = 1 ] && grep -q "ended before the first frame: .*metrics.prom is not written" "$work/err" &&
    [ ! -e "$work/metrics.prom" ] || { echo "FAILED: metrics without a frame: $code $(cat "$work/err")" && exit 1; }

# A socket refused (seccomp) leaves /proc/net/tcp, and is reported even where pids are hidden too.
strace -f -o "$work/trace" -e trace=socket -e inject=socket:error=EPERM \
    "$tcplens" list --json >"$work/out" 2>"$work/err" </dev/null
[ "$(cat "$work/err")" = 'tcplens: no sock_diag here: rows come from /proc/net/tcp, without rates and round-trip times' ] ||
    { echo "FAILED: /proc/net/tcp: $(cat "$work/err")" && exit 1; }
rows=$(grep -c '"lport"' "$work/out")
grep -q '"cookie"' "$work/out" && echo "FAILED: /proc/net/tcp has no cookies" && exit 1

# So does any other answer of netlink where no module handles sock_diag.
for error in ECONNREFUSED ENOPROTOOPT ENODEV; do
    strace -f --seccomp-bpf -o "$work/trace" -e trace=sendto -e "inject=sendto:error=$error" \
        "$tcplens" list --json >"$work/out" 2>"$work/err" </dev/null
    code=$?
    [ "$code-$(grep -c '"lport"' "$work/out")-$(grep -c 'come from /proc/net/tcp' "$work/err")" = "0-$rows-1" ] ||
        { echo "FAILED: $error: exit code $code, $(wc -l <"$work/out") rows, $(cat "$work/err")" && exit 1; }
done

# A program that cannot be loaded into the kernel leaves the next best, with the reason, once a frame says which.
for command in events "record -o $work/bpf.jsonl"; do
    for seconds in 2 5 30; do
        # shellcheck disable=SC2086
        strace -f --seccomp-bpf -o "$work/trace" -e trace=bpf -e inject=bpf:error=EPERM \
            "$tcplens" $command --for $seconds >/dev/null 2>"$work/err" </dev/null
        grep -q 'no bpf: ' "$work/err" && break
    done
    grep -q '^tcplens: no bpf: .*: short connections are reported when they end' "$work/err" ||
        { echo "FAILED: $command without bpf: $(cat "$work/err")" && exit 1; }
done

# A process that may open hardly anything still lists, knows no owners, and says why.
# (What this shell was given open by its caller counts, too.)
for most in 7 8; do
    bash -c 'exec 3>&- 4>&- 5>&- 6>&- 7>&- && ulimit -n "$1" && exec "$0" list --json' "$tcplens" "$most" >"$work/out" 2>"$work/err"
    code=$?
    [ "$code-$(cat "$work/err")" = '3-tcplens: /proc cannot be read: Too many open files (raise ulimit -n): owners are unknown' ] ||
        { echo "FAILED: $most descriptors: exit code $code: $(cat "$work/err")" && exit 1; }
    grep -q '"owner":"unknown"' "$work/out" || { echo "FAILED: $most descriptors: no rows" && exit 1; }
    if grep -q '"owner":"hidden"' "$work/out"; then
        echo "FAILED: $most descriptors: hidden, which no permission would mend"
        exit 1
    fi
done
