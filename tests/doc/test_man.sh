#!/bin/sh
# The manual page is one that mandoc has nothing to say about.
set -eu

command -v mandoc >/dev/null || {
    echo "skipped: no mandoc here"
    exit 77
}
mandoc -Tlint -W warning "$1"
mandoc -Tutf8 "$1" | col -b | grep -q -- '--columns LIST'
