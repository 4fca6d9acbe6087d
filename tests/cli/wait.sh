#!/bin/bash
# Sourced by tests of the command line that wait for what a program does.

# wait_until COMMAND...: true within twenty seconds.
wait_until() {
    local i
    for ((i = 0; i < 400; i++)); do
        "$@" && return 0
        read -rt 0.05 <><(:)
    done
    echo "FAILED: not within twenty seconds: $*"
    exit 1
}
