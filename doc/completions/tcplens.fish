# fish completion of tcplens: the program itself says what may stand at the cursor.
function __tcplens_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct | string replace -r '^[\'"]' '' | string replace -ra '\\\\(.)' '$1')
    for line in ($before[1] __complete $before[2..] "$word" 2>/dev/null)
        if test "$line" = /
            set -l head (string match -r '^--[a-z-]+=' -- $word)
            for file in (__fish_complete_path (string replace -r '^--[a-z-]+=' '' -- $word))
                echo -- "$head$file"
            end
        else
            echo -- $line
        end
    end
end

complete -c tcplens -f -k -a '(__tcplens_complete)'
