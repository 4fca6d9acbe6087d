#!/bin/bash
# Sourced by tests that wait for what a program does.

# TCPLENS_TEST_SLOWNESS: how often as long everything takes here, where processors are emulated.
slowness=${TCPLENS_TEST_SLOWNESS:-1}

# becomes_true COMMAND...: whether it is true within twenty seconds.
becomes_true() {
    local i
    for ((i = 0; i < 400 * slowness; i++)); do
        "$@" && return 0
        read -rt 0.05 <><(:)
    done
    return 1
}

# wait_until COMMAND...: true within twenty seconds, or the test ends here.
wait_until() {
    becomes_true "$@" && return
    echo "FAILED: not within twenty seconds: $*"
    exit 1
}
