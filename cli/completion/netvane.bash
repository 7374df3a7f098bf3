# Completion of netvane(1) for bash: the daemon says what could come next.
_netvane()
{
    local -a words=() socket=()
    local current="${COMP_WORDS[COMP_CWORD]}" i line word

    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${COMP_WORDS[i]}" in
            --socket)
                socket=(--socket "${COMP_WORDS[++i]}")
                ;;
            -c | -f | --node)
                ((i++))
                ;;
            -*) ;;
            *) words+=("${COMP_WORDS[i]}") ;;
        esac
    done
    if [[ "${COMP_WORDS[COMP_CWORD - 1]}" == --socket ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    if [[ "${COMP_WORDS[COMP_CWORD - 1]}" == -f ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    if [[ "${words[0]}" == po* && "${words[1]}" =~ ^(ch|te|lo) && ${#words[@]} == 2 && "$current" != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    if [[ "$current" == -* && "${words[0]}" != ev* && "${words[0]}" != po* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '-c -f --socket --json --no-pager --persist --help
            --version' -- "$current")
        return
    fi
    while IFS= read -r line; do
        word=${line%%$'\t'*}
        COMPREPLY+=("$(printf '%q' "$word")")
    done < <("${COMP_WORDS[0]}" "${socket[@]}" --complete -- "${words[@]}" "$current" 2>/dev/null)
}
complete -F _netvane netvane
