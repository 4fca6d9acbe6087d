#!/bin/sh
# What replay makes of files and pipes, on a pty: the screen, or one line that says what is wrong.
# usage: replay_files.sh TCPLENS SCREEN_PICTURE LOG
set -u
tcplens=$1 picture=$2 log=$3
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0

# NAME WORDS COMMAND...: the words (keys and waits) must come to an end.
check() {
    name=$1 words=$2
    shift 2
    if ! "$picture" --size 120x16 --env TZ=UTC --deadline 20000 --keys "$words" \
        --golden "$folder/golden" --out "$folder/picture.svg" -- "$@" 2>"$folder/why"; then
        echo "FAIL $name: $(cat "$folder/why")"
        failed=1
    fi
}

echo 'no log' >"$folder/text"
: >"$folder/empty.jsonl"
zstd -dcq "$log" >"$folder/whole.jsonl" || { echo "zstd is missing"; exit 77; }
head -c 2000 "$folder/whole.jsonl" >"$folder/begun.jsonl"
head -c 200000 "$folder/whole.jsonl" >"$folder/torn.jsonl"
(cat "$folder/whole.jsonl"; echo '{"ev":"frame","t":"never"') >"$folder/tail.jsonl"

check text 'wait:not_a_session_log' "$tcplens" replay "$folder/text"
check empty 'wait:no_whole_frame' "$tcplens" replay "$folder/empty.jsonl"
check begun 'wait:no_whole_frame' "$tcplens" replay "$folder/begun.jsonl"
check missing 'wait:No_such_file' "$tcplens" replay "$folder/none"
mkdir "$folder/none-here" "$folder/fleet" && cp "$folder/whole.jsonl" "$folder/tail.jsonl" "$folder/fleet" || exit 1
check folder 'wait:no_session_log' "$tcplens" replay "$folder/none-here"
check fleet 'wait:REPLAY_2_hosts wait:end wait:12:16:23 [ wait:REPLAY_2_hosts q' "$tcplens" replay "$folder/fleet"
check torn 'wait:REPLAY wait:end [ wait:REPLAY q' "$tcplens" replay "$folder/torn.jsonl"
check tail 'wait:REPLAY wait:end wait:12:16:23 q' "$tcplens" replay "$folder/tail.jsonl"
check from-file 'wait:REPLAY wait:end q' sh -c "'$tcplens' replay - <'$folder/whole.jsonl'"
check pipe 'wait:REPLAY wait:end [ wait:history_reaches_back t 12:16:21 <Enter> wait:12:16:21 L wait:end q' \
    sh -c "cat '$folder/whole.jsonl' | '$tcplens' replay -"
check pipe-zstd 'wait:REPLAY wait:end K wait:this_is_a_log q' sh -c "cat '$log' | '$tcplens' replay -"
check pipe-open 'wait:REPLAY wait:live wait:12:16:22 [ wait:history_reaches q' \
    sh -c "mkfifo '$folder/fifo'; exec 3<>'$folder/fifo'; cat '$folder/torn.jsonl' >&3 &
        '$tcplens' replay - <'$folder/fifo'"
check pipe-text 'wait:not_a_session_log' sh -c "echo no log | '$tcplens' replay -"
exit $failed
