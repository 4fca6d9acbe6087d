# bash completion of tcplens: the program itself says what may stand at the cursor.
# shellcheck shell=bash

_tcplens()
{
    local words=() lines=() rest=$COMP_LINE part line word quote head
    # "--sort=-rtt" and "sport = :https" come in pieces: what no blank divides is one word.
    for part in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if [[ ${#words[@]} -eq 0 || $rest == [[:blank:]]* ]]; then
            words+=("$part")
        else
            words[-1]+=$part
        fi
        rest=${rest#"${rest%%[![:blank:]]*}"}
        rest=${rest#"$part"}
    done
    word=${words[-1]}
    quote=${word%"${word#[\'\"]}"}
    words=("${words[@]//[\'\"\\]/}")
    mapfile -t lines < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)

    # What readline replaces begins behind the last of these, but within quotes.
    word=${words[-1]} head=''
    [[ -n $quote ]] || head=${word%"${word##*[=:<>]}"}
    COMPREPLY=()
    compopt -o nosort 2>/dev/null # "commands first"; older than bash 4.4: by the alphabet
    for line in "${lines[@]}"; do
        line=${line%%$'\t'*}
        if [[ $line == / ]]; then
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do
                COMPREPLY+=("$line")
            done < <(compgen -f -- "${word#"$head"}")
        else
            [[ $line != *= ]] || compopt -o nospace 2>/dev/null
            COMPREPLY+=("${line#"$head"}")
        fi
    done
}
complete -F _tcplens tcplens
