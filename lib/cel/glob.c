/*
 * Patterns of a shell. When something does not match, only the last * is tried with one character
 * more: an earlier one could not do better. See pattern.h.
 */
#include "lib/cel/pattern.h"
#include "lib/text/utf8.h"

#define BYTES_A_STEP 4 /* decoded one by one: dearer than copying */

struct side {
    const char *at, *end;
};

/* Bytes of text and pattern that were looked at, for the cost limit. */
struct effort {
    struct vane_cel_scratch *scratch;
    size_t bytes;
};

/* False: it has been enough. */
static bool charge(struct effort *effort, size_t bytes)
{
    size_t all = effort->bytes + bytes;

    effort->bytes = all % BYTES_A_STEP;
    return vane_cel_charge(effort->scratch, all / BYTES_A_STEP);
}

static uint32_t take(struct side *side)
{
    uint32_t character = 0xfffd;
    int length = vane_utf8_decode(side->at, (size_t)(side->end - side->at), &character);

    side->at += length < 0 ? -length : length;
    return character;
}

/* Behind "[": whether the character is in the set. False without moving if it is not closed. */
static bool in_set(struct side *pattern, uint32_t character, bool *closed, size_t *looked_at)
{
    struct side set = *pattern;
    bool negated = set.at < set.end && (*set.at == '!' || *set.at == '^'), found = false;
    uint32_t low, high;

    set.at += negated;
    for (bool first = true; set.at < set.end; first = false) {
        low = take(&set);
        if (low == ']' && !first) {
            *looked_at += (size_t)(set.at - pattern->at);
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
    *looked_at += (size_t)(set.at - pattern->at);
    *closed = false;
    return false;
}

/* One character against the pattern, which moves behind what stands for it. */
static bool one(struct side *pattern, uint32_t character, size_t *looked_at)
{
    uint32_t wanted = take(pattern);
    bool closed, in;

    if (wanted == '?')
        return true;
    if (wanted == '[') {
        in = in_set(pattern, character, &closed, looked_at);
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
    struct effort effort = {.scratch = scratch};

    while (text.at < text.end || pattern.at < pattern.end) {
        size_t looked_at = 1;
        bool fits;

        if (pattern.at < pattern.end && *pattern.at == '*') {
            pattern.at++;
            star = pattern;
            retry = text;
            continue;
        }
        fits = text.at < text.end && pattern.at < pattern.end &&
               one(&pattern, take(&text), &looked_at);
        if (!charge(&effort, looked_at))
            return -1;
        if (fits)
            continue;
        if (!star.at || retry.at == retry.end)
            return 0;
        take(&retry);
        text = retry;
        pattern = star;
    }
    return 1;
}
