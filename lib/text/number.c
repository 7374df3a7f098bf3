/* Strict reading of integers, sizes and truth values. */
#include "lib/text/number.h"

#include <errno.h>
#include <glib.h>
#include <stddef.h>

#include "lib/array.h"

/* Digits up to the first other byte, where `*text` then stands. */
static int take_digits(const char **text, uint64_t *number)
{
    const char *at = *text;
    uint64_t result = 0;
    bool overflow = false;

    for (; g_ascii_isdigit(*at); at++)
        overflow |= __builtin_mul_overflow(result, 10, &result) ||
                    __builtin_add_overflow(result, (uint64_t)(*at - '0'), &result);
    if (at == *text || (**text == '0' && at - *text > 1))
        return -EINVAL;
    *text = at;
    *number = result;
    return overflow ? -ERANGE : 0;
}

/* Digits that reach to the end of the text: bad syntax wins over bad range. */
static int parse_digits(const char *text, uint64_t *number)
{
    int r = take_digits(&text, number);

    return r != -EINVAL && *text ? -EINVAL : r;
}

int vane_text_parse_uint64(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
    uint64_t result;
    int r = parse_digits(text, &result);

    /* "-5" is a number, only not one of ours. */
    if (r == -EINVAL && *text == '-' && parse_digits(text + 1, &result) != -EINVAL)
        return -ERANGE;
    if (r < 0)
        return r;
    if (result < min || result > max)
        return -ERANGE;
    *number = result;
    return 0;
}

int vane_text_parse_int64(const char *text, int64_t min, int64_t max, int64_t *number)
{
    bool negative = *text == '-';
    uint64_t magnitude;
    int64_t result;
    int r = parse_digits(text + negative, &magnitude);

    if (r < 0)
        return r;
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return -ERANGE;
    result = (int64_t)(negative ? -magnitude : magnitude);
    if (result < min || result > max)
        return -ERANGE;
    *number = result;
    return 0;
}

static int take_shift(const char **text)
{
    switch (g_ascii_toupper(**text)) {
    case '\0':
        return 0;
    case 'K':
        ++*text;
        return 10;
    case 'M':
        ++*text;
        return 20;
    case 'G':
        ++*text;
        return 30;
    case 'T':
        ++*text;
        return 40;
    default:
        return -EINVAL;
    }
}

int vane_text_parse_size(const char *text, uint64_t *bytes)
{
    uint64_t number, result;
    int r = take_digits(&text, &number);
    int shift;

    if (r == -EINVAL)
        return r;
    shift = take_shift(&text);
    if (shift < 0 || *text)
        return -EINVAL;
    if (r < 0 || __builtin_mul_overflow(number, UINT64_C(1) << shift, &result))
        return -ERANGE;
    *bytes = result;
    return 0;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (g_ascii_strcasecmp(text, words[i]) == 0)
            return true;
    }
    return false;
}

int vane_text_parse_bool(const char *text, bool *truth)
{
    static const char *const yes[] = {"1", "yes", "y", "true", "t", "on"};
    static const char *const no[] = {"0", "no", "n", "false", "f", "off"};

    if (is_one_of(text, yes, ELEMENTS(yes)))
        *truth = true;
    else if (is_one_of(text, no, ELEMENTS(no)))
        *truth = false;
    else
        return -EINVAL;
    return 0;
}
