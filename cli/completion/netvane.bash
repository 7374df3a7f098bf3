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
            -c | -f | --node | --nodes | --nkeys | --timeout | --server | --creds | --nkey-file | --context)
                ((i++))
                ;;
            -*) ;;
            *) words+=("${COMP_WORDS[i]}") ;;
        esac
    done
    case "${COMP_WORDS[COMP_CWORD - 1]}" in
        --socket | -f | --creds | --nkey-file | --public-key-file)
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --context) # of the nats program
            word=${XDG_CONFIG_HOME:-$HOME/.config}/nats/context
            mapfile -t COMPREPLY < <(cd "$word" 2>/dev/null && compgen -G "$current*.json" | sed 's/\.json$//')
            return
            ;;
    esac
    if [[ "${words[0]}" == po* && "${words[1]}" == @(ch|te|lo)* && ${#words[@]} == 2 && "$current" != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    if [[ "$current" == -* && "${words[0]}" != @(ev|ge|inv|ke|nk|po|wat)* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '-c -f --socket --json --no-pager --persist --nodes --nkeys
            --timeout --server --creds --nkey-file --context --help --version' -- "$current")
        return
    fi
    while IFS= read -r line; do
        word=${line%%$'\t'*}
        COMPREPLY+=("$(printf '%q' "$word")")
    done < <("${COMP_WORDS[0]}" "${socket[@]}" --complete -- "${words[@]}" "$current" 2>/dev/null)
}
complete -F _netvane netvane
