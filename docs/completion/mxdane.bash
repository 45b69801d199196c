# Completion of mxdane for bash. The options, and what each takes, are read from mxdane --help.

_mxdane()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local line='^  (-(.), |    )(--[a-z0-9-]+)( ([A-Z][^ ]*))? +(.*)$'
    local names='' argument='' text='' row

    [[ $word != = ]] || word=''                                       # --format=
    [[ $before != = ]] || before=${COMP_WORDS[COMP_CWORD - 2]}        # --format=j
    while IFS= read -r row; do
        [[ $row =~ $line ]] || continue
        names+=" ${BASH_REMATCH[3]}"
        if [[ $before == "${BASH_REMATCH[3]}" || $before == "-${BASH_REMATCH[2]}" ]]; then
            argument=${BASH_REMATCH[5]}
            text=${BASH_REMATCH[6]}
        fi
    done < <("$1" --help 2>/dev/null)
    case $argument in
    FILE)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    WHEN)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word") ;;
    FORMAT) # "trace, json or summary (trace)"
        text=${text%%(*}
        text=${text//,/ }
        mapfile -t COMPREPLY < <(compgen -W "${text// or / }" -- "$word") ;;
    HOST | NAME | ADDR*)
        mapfile -t COMPREPLY < <(compgen -A hostname -- "$word") ;;
    '')
        if [[ $word == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$names" -- "$word")
        else
            mapfile -t COMPREPLY < <(compgen -A hostname -- "$word")
        fi ;;
    *) # a number or a pattern
        COMPREPLY=() ;;
    esac
}

complete -F _mxdane mxdane
