#!/bin/bash
# What `cmake --install` installs: program, man pages without a fault, completions where the shells look, the service.
#   test_install.sh CMAKE BUILD
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/expect.sh
. "$here/../cli/expect.sh"

"$1" --install "$2" --prefix "$work" >"$work/log" 2>&1 || fail "cmake --install: $(tail -n 3 "$work/log")"
"$work/bin/tcplens" --version >/dev/null || fail "the installed program does not run"
for file in share/man/man1/tcplens.1.gz share/man/man5/tcplens.conf.5.gz share/man/man8/tcplens-caps.8.gz \
    share/bash-completion/completions/tcplens share/fish/vendor_completions.d/tcplens.fish \
    lib/systemd/system/tcplens-record@.service sbin/tcplens-caps share/doc/tcplens/copyright; do
    [ -s "$work/$file" ] || fail "$file is not installed"
done
compgen -G "$work/share/zsh/*/_tcplens" >/dev/null || fail "no completion for zsh"
if command -v mandoc >/dev/null; then
    for page in "$work"/share/man/man*/*.gz; do
        found=$(gzip -dc "$page" | mandoc -T lint -W warning 2>&1) || fail "${page##*/}: $found"
        for width in 40 200; do
            gzip -dc "$page" | mandoc -O width=$width | col -b | grep -q NAME || fail "${page##*/} is empty at $width columns"
        done
    done
fi
# The profile compiles; no kernel that could load it has been tried.
if command -v apparmor_parser >/dev/null; then
    apparmor_parser -Q -K "$work/share/doc/tcplens/examples/apparmor.profile" >"$work/log" 2>&1 ||
        fail "apparmor_parser: $(cat "$work/log")"
fi
[ "$failures" = 0 ]
