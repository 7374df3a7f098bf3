/* Shell patterns without recursion: only the last star is ever tried again. See glob.h. */
#include "plugins/socketbus/glob.h"

#include <stddef.h>

/* The `]` that ends the set which begins at `at`, or NULL: then `[` is itself. */
static const char *end_of_set(const char *at)
{
    at++;
    if (*at == '!' || *at == '^')
        at++;
    if (*at == ']')
        at++;
    while (*at && *at != ']')
        at++;
    return *at ? at : NULL;
}

static bool in_set(const char *at, const char *end, char byte)
{
    unsigned char c = (unsigned char)byte;
    bool negated = at[1] == '!' || at[1] == '^', found = false;

    for (at += negated ? 2 : 1; at < end; at++) {
        unsigned char low = (unsigned char)*at, high = low;

        if (at[1] == '-' && at + 2 < end) {
            high = (unsigned char)at[2];
            at += 2;
        }
        found = found || (c >= low && c <= high);
    }
    return found != negated;
}

static const char *next_character(const char *text)
{
    text++;
    while (((unsigned char)*text & 0xc0) == 0x80)
        text++;
    return text;
}

/* One step of both, when the first of the pattern takes what the text begins with. */
static bool step(const char **pattern, const char **text)
{
    const char *at = *pattern, *end;

    if (!**text)
        return false;
    if (*at == '?') {
        *pattern = at + 1;
        *text = next_character(*text);
        return true;
    }
    end = *at == '[' ? end_of_set(at) : NULL;
    if (end) {
        if (!in_set(at, end, **text))
            return false;
        at = end;
    } else {
        if (*at == '\\' && at[1])
            at++;
        if (*at != **text)
            return false;
    }
    *pattern = at + 1;
    (*text)++;
    return true;
}

bool vane_glob_match(const char *pattern, const char *text)
{
    const char *star = NULL, *retry = NULL;

    while (*pattern || *text) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
            continue;
        }
        if (*pattern && step(&pattern, &text))
            continue;
        if (!star || !*retry)
            return false;
        pattern = star;
        text = retry = next_character(retry);
    }
    return true;
}
