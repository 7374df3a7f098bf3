/*
 * Patterns of a shell. When something does not match, only the last * is tried with one character
 * more: an earlier one could not do better. See pattern.h.
 */
#include "lib/cel/pattern.h"
#include "lib/text/utf8.h"

struct side {
    const char *at, *end;
};

static uint32_t take(struct side *side)
{
    uint32_t character = 0xfffd;
    int length = vane_utf8_decode(side->at, (size_t)(side->end - side->at), &character);

    side->at += length < 0 ? -length : length;
    return character;
}

/* Behind "[": whether the character is in the set. False without moving if it is not closed. */
static bool in_set(struct side *pattern, uint32_t character, bool *closed)
{
    struct side set = *pattern;
    bool negated = set.at < set.end && (*set.at == '!' || *set.at == '^'), found = false;
    uint32_t low, high;

    set.at += negated;
    for (bool first = true; set.at < set.end; first = false) {
        low = take(&set);
        if (low == ']' && !first) {
            *pattern = set;
            *closed = true;
            return found != negated;
        }
        if (low == '\\' && set.at < set.end)
            low = take(&set);
        high = low;
        if (set.end - set.at >= 2 && set.at[0] == '-' && set.at[1] != ']') {
            set.at++;
            high = take(&set);
        }
        found |= low <= character && character <= high;
    }
    *closed = false;
    return false;
}

/* One character against the pattern, which moves behind what stands for it. */
static bool one(struct side *pattern, uint32_t character)
{
    uint32_t wanted = take(pattern);
    bool closed, in;

    if (wanted == '?')
        return true;
    if (wanted == '[') {
        in = in_set(pattern, character, &closed);
        if (closed)
            return in;
    }
    if (wanted == '\\' && pattern->at < pattern->end)
        wanted = take(pattern);
    return wanted == character;
}

int vane_cel_glob(struct vane_cel_scratch *scratch, struct vane_cel_value value,
                  struct vane_cel_value glob)
{
    const char *start = value.len ? value.text : "", *begin = glob.len ? glob.text : "";
    struct side text = {start, start + value.len}, pattern = {begin, begin + glob.len};
    struct side star = {0}, retry = {0};

    while (text.at < text.end || pattern.at < pattern.end) {
        if (pattern.at < pattern.end && *pattern.at == '*') {
            pattern.at++;
            star = pattern;
            retry = text;
            continue;
        }
        if (text.at < text.end && pattern.at < pattern.end && one(&pattern, take(&text)))
            continue;
        if (!star.at || retry.at == retry.end)
            return 0;
        if (!vane_cel_charge_bytes(scratch, 16))
            return -1;
        take(&retry);
        text = retry;
        pattern = star;
    }
    return 1;
}
