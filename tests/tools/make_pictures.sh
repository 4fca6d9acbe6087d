#!/usr/bin/env bash
# Makes the pictures in doc/ from the real screen over invented traffic, at a fixed moment of it.
#     make_pictures.sh TCPLENS SCREEN_PICTURE DOC [NAME...]
# NAME: only these. The cost in the header is what it was when they were taken, and so are the times of hosts,
# which are live: each sends a demo, but one that cannot be reached.
set -eu
tcplens=$1 picture=$2 doc=$3
shift 3
wanted=" $* "
frame='<C-l> quiet:120'
frames="wait:ESTAB quiet:200 $frame $frame $frame $frame $frame"

# NAME | keys, after some frames
pictures="
connections|$frame $frame $frame $frame $frame $frame $frame s age <Enter> r g jjjj
processes|2
listeners|3
peers|4
events|5
states|6
findings|7
meaning|7 i
connection|/ sport<Space>ssh<Space>and<Space>state<Space>est <Enter> <Enter> $frame $frame
process|2 jj <Enter> $frame $frame
help|?
sort|s
columns|c jjj
filter|/ state<Space>est<Space>and<Space>(port<Space>443<Space>or<Space>prot<Space>80)
kill|/ nginx<Space>and<Space>state<Space>est <Enter> K
hosts|9 wait:No_route wait:accep
hosts-connections|wait:!
close|/ nginx<Space>and<Space>state<Space>est <Enter> X
"
# The same, for screens that are wide enough.
wide="
split|v jjjj $frame
split-peer|4 v jj $frame
"

invented=(--demo "7,60,150" -i 60)
# shellcheck disable=SC2016 # the command is run by the sh of each host
hosts=(--host web1 --host web2 --host db3 --host db4 --host-command
    'sh -c '"'"'case $0 in db4) echo "connect to host $0 port 22: No route to host" >&2; exit 255 ;; esac
        exec "$@" --demo $(echo $0 | tr -dc 0-9)'"'"' {host} {}')

take() { # NAME COLSxROWS THEME FILE KEYS
    mkdir -p "$(dirname "$4")"
    local background=$3
    [ "$background" != contrast ] || background=dark
    "$picture" --size "$2" --background "$background" --env XDG_CONFIG_HOME=/nonexistent --out "$4" \
        --keys "$frames $5 quiet:200" -- \
        env PATH="$(dirname "$tcplens"):$PATH" "$tcplens" top "${source[@]}" --highlight "$highlight" --theme "$3" >/dev/null
}

wants() { # NAME
    [ -n "$1" ] && { [ "$wanted" = "  " ] || [[ $wanted == *" $1 "* ]]; }
}

while IFS='|' read -r name keys; do
    wants "$name" || continue
    highlight=100
    [ "$name" != connections ] || highlight=150 # opened, changed and closed rows in one picture
    source=("${invented[@]}")
    [[ $name != hosts* ]] || source=("${hosts[@]}")
    for theme in dark light; do
        take "$name" 120x30 "$theme" "$doc/pictures/$name-120x30-$theme.svg" "$keys"
        take "$name" 80x24 "$theme" "$doc/pictures/$name-80x24-$theme.svg" "$keys"
    done
    take "$name" 120x30 contrast "$doc/pictures/$name-120x30-contrast.svg" "$keys"
    take "$name" 200x60 dark "$doc/pictures/$name-200x60-dark.svg" "$keys"
done <<EOF
$pictures
EOF
while IFS='|' read -r name keys; do
    wants "$name" || continue
    highlight=100
    source=("${invented[@]}")
    take "$name" 200x60 dark "$doc/pictures/$name-200x60-dark.svg" "$keys"
done <<EOF
$wide
EOF
if [ -f "$doc/pictures/connections-120x30-dark.svg" ]; then
    cp "$doc/pictures/connections-120x30-dark.svg" "$doc/connections.svg"
fi
