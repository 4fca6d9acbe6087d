#!/usr/bin/env bash
# The completions say what they should in the shells that are here.
set -eu
folder=$1
failed=0

expect() { # SHELL LINE WORD OUTPUT
    case " $(echo "$4" | tr '\n\t' '  ') " in
    *" $3 "*) ;;
    *)
        echo "$1: \"$2\" does not offer \"$3\", but: $4" | head -c 400
        echo
        failed=1
        ;;
    esac
}

bash_offers() { # WORD...: the last one is being completed
    # shellcheck source=/dev/null
    (
        . "$folder/tcplens.bash"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _tcplens
        printf '%s\n' "${COMPREPLY[@]}"
    )
}

expect bash 'tcplens l' list "$(bash_offers tcplens l)"
expect bash 'tcplens list --js' --json "$(bash_offers tcplens list --js)"
expect bash 'tcplens --theme s' safe "$(bash_offers tcplens --theme s)"
expect bash 'tcplens --columns state,rt' state,rtt "$(bash_offers tcplens --columns state,rt)"
expect bash 'tcplens --sort -rt' -rtt "$(bash_offers tcplens --sort -rt)"
expect bash 'tcplens list state est' established "$(bash_offers tcplens list state est)"
expect bash 'tcplens list dp' dport "$(bash_offers tcplens list dp)"
expect bash 'tcplens --class = l' listeners "$(bash_offers tcplens --class = l)"
if [ -n "$(bash_offers tcplens list --th)" ]; then
    echo "bash: list takes no --theme"
    failed=1
fi

if command -v zsh >/dev/null; then
    zsh -n "$folder/_tcplens"
else
    echo "zsh is not here: not tried"
fi

if command -v fish >/dev/null; then
    fish_offers() {
        HOME=/dev/null fish --no-config -c "source $folder/tcplens.fish; complete -C '$1'" | cut -f1
    }
    expect fish 'tcplens l' list "$(fish_offers 'tcplens l')"
    expect fish 'tcplens list --js' --json "$(fish_offers 'tcplens list --js')"
    expect fish 'tcplens --theme s' safe "$(fish_offers 'tcplens --theme s')"
    expect fish 'tcplens --columns rt' rtt "$(fish_offers 'tcplens --columns rt')"
    expect fish 'tcplens --columns state,rt' state,rtt "$(fish_offers 'tcplens --columns state,rt')"
    expect fish 'tcplens list state est' established "$(fish_offers 'tcplens list state est')"
else
    echo "fish is not here: not tried"
fi
exit $failed
