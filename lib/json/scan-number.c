/* The scanner's numbers: the grammar, and that they fit the types we read them into. */
#include <glib.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lib/json/scan-internal.h"

/* Longer literals carry no information that a double could hold. */
#define DIGITS_MAX 1024

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && g_ascii_isdigit(*at))
        at++;
    return at;
}

static int refuse_digit(struct vane_json_scan *scan, const char *at)
{
    return vane_json_refuse(scan, at, -EINVAL, "expected a digit");
}

static int check_integer(struct vane_json_scan *scan, const char *start)
{
    bool negative = *start == '-';
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : scan->uint64 ? UINT64_MAX : INT64_MAX;
    uint64_t magnitude = 0;

    for (const char *at = start + negative; at < scan->at; at++) {
        if (__builtin_mul_overflow(magnitude, 10, &magnitude) ||
            __builtin_add_overflow(magnitude, (uint64_t)(*at - '0'), &magnitude) ||
            magnitude > limit)
            return vane_json_refuse(scan, start, -ERANGE, "an integer beyond 64 bits");
    }
    return 0;
}

static int check_double(struct vane_json_scan *scan, const char *start)
{
    char text[DIGITS_MAX + 1];
    size_t len = (size_t)(scan->at - start);

    memcpy(text, start, len);
    text[len] = '\0';
    if (!isfinite(g_ascii_strtod(text, NULL)))
        return vane_json_refuse(scan, start, -ERANGE, "a number beyond the range of a double");
    return 0;
}

static int scan_fraction(struct vane_json_scan *scan)
{
    const char *digits = ++scan->at;

    scan->at = skip_digits(digits, scan->end);
    return scan->at == digits ? refuse_digit(scan, digits) : 0;
}

static int scan_exponent(struct vane_json_scan *scan)
{
    const char *digits = ++scan->at;

    if (digits < scan->end && (*digits == '+' || *digits == '-'))
        digits++;
    scan->at = skip_digits(digits, scan->end);
    return scan->at == digits ? refuse_digit(scan, digits) : 0;
}

/* int = zero / ( digit1-9 *DIGIT ) */
static int scan_whole(struct vane_json_scan *scan)
{
    const char *digits = scan->at;

    scan->at = skip_digits(digits, scan->end);
    if (scan->at == digits)
        return refuse_digit(scan, digits);
    if (*digits == '0' && scan->at - digits > 1)
        return vane_json_refuse(scan, digits, -EINVAL, "a number with a leading zero");
    return 0;
}

static bool next_is(const struct vane_json_scan *scan, char lower, char upper)
{
    return scan->at < scan->end && (*scan->at == lower || *scan->at == upper);
}

int vane_json_scan_number(struct vane_json_scan *scan)
{
    const char *start = scan->at;
    bool integer = true;
    int r;

    scan->at += *start == '-';
    r = scan_whole(scan);
    if (r == 0 && next_is(scan, '.', '.')) {
        integer = false;
        r = scan_fraction(scan);
    }
    if (r == 0 && next_is(scan, 'e', 'E')) {
        integer = false;
        r = scan_exponent(scan);
    }
    if (r < 0)
        return r;
    if (scan->at - start > DIGITS_MAX)
        return vane_json_refuse(scan, start, -ERANGE, "a number with too many digits");
    return integer ? check_integer(scan, start) : check_double(scan, start);
}
