#!/bin/sh
# Themes of the user: listed, completed, taken; whatever stands in their place is one line, and nothing waits for it.
set -eu

tcplens=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XDG_CONFIG_HOME="$folder/config"
unset SUDO_UID SUDO_GID
themes=$XDG_CONFIG_HOME/tcplens/themes
mkdir -p "$themes"

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# A picture of one frame with the theme; what it says goes to $folder/said.
draw() {
    timeout 20 "$tcplens" --theme "$1" --demo 7 -i 0.1 --screenshot "$folder/$1.svg" 2>"$folder/said"
}

refused() {
    if draw "$1"; then fail "theme $1 was taken"; fi
    [ "$(wc -l <"$folder/said")" = 1 ] || fail "theme $1: not one line: $(cat "$folder/said")"
    grep -q -- "$2" "$folder/said" || fail "theme $1: $(cat "$folder/said")"
    if LC_ALL=C grep -q '[[:cntrl:]]' "$folder/said"; then fail "theme $1: control characters"; fi
}

printf 'base = dark\nbackground = #1c1c1c\nforeground = 231\ntrouble = 196 bold\n' >"$themes/night.theme"
printf 'dim = 233\nbackground = 232\n' >"$themes/faint.theme"
printf 'dim = 244\nselcted = 3\n\033[31m = 3\n' >"$themes/wrong.theme"
mkdir "$themes/folder.theme"
mkfifo "$themes/pipe.theme"
ln -s loop.theme "$themes/loop.theme"
truncate -s 1T "$themes/huge.theme"
printf '' >"$themes/open.theme"
chmod 666 "$themes/open.theme"

draw night || fail "night: $(cat "$folder/said")"
grep -q '#1c1c1c' "$folder/night.svg" || fail "night is not what is drawn"
draw wrong || fail "a wrong line ended it: $(cat "$folder/said")"
draw huge || fail "huge: $(cat "$folder/said")"
refused nosuch 'unknown theme.*--theme help'
refused ../night 'unknown theme'
refused folder 'is not used'
refused pipe 'is not used'
refused open 'is not used'
refused loop 'symbolic links'

timeout 20 "$tcplens" --theme help >"$folder/list"
for name in dark light safe mono contrast night faint wrong folder pipe huge open loop; do
    grep -q "^$name " "$folder/list" || fail "$name is not listed"
done
grep -q 'wrong.theme:2: .*did you mean "selected"? (and 1 more)' "$folder/list" || fail "wrong: $(cat "$folder/list")"
grep -q 'huge.theme:1: .* (and 1 more)' "$folder/list" || fail "huge: $(cat "$folder/list")"
grep -q 'theme faint: dim is hard to read on the background: contrast 1\.' "$folder/list" || fail "faint is readable"
if LC_ALL=C grep -q "$(printf '\033')" "$folder/list"; then fail "escapes in the list"; fi

# One of the settings that is not there ends nothing.
printf '[screen]\ntheme = gone\n' >"$XDG_CONFIG_HOME/tcplens/config"
timeout 20 "$tcplens" --demo 7 -i 0.1 --screenshot "$folder/settings.svg"
grep -q 'theme: .*gone' "$folder/settings.svg" || fail "the status line does not say that the theme is not there"
printf '[screen]\ntheme = night\n' >"$XDG_CONFIG_HOME/tcplens/config"
timeout 20 "$tcplens" --demo 7 -i 0.1 --screenshot "$folder/settings.svg"
grep -q '#1c1c1c' "$folder/settings.svg" || fail "the theme of the settings is not what is drawn"
