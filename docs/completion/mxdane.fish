# Completion of mxdane for fish. The options, and what each takes, are read from mxdane --help.

complete -c mxdane -f -a '(__fish_print_hostnames)'
for row in (mxdane --help 2>/dev/null)
    string match -qr '^  (?:-(?<letter>.), |    )--(?<name>[a-z0-9-]+)(?: (?<takes>[A-Z][^ ]*))? +(?<text>.*)$' -- $row
    or continue
    set -l option -l $name -d $text
    test -n "$letter"; and set -a option -s $letter
    switch "$takes"
        case ''
        case FILE
            set -a option -r -F
        case WHEN
            set -a option -x -a 'auto always never'
        case FORMAT # "trace, json or summary (trace)"
            set -a option -x -a (string replace -r '\(.*' '' -- $text | string replace -ar ',| or ' ' ')
        case HOST NAME 'ADDR*'
            set -a option -x -a '(__fish_print_hostnames)'
        case '*' # a number or a pattern
            set -a option -x
    end
    complete -c mxdane $option
end
