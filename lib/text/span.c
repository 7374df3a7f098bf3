/* Reading time spans in the grammar of systemd.time(7). */
#include "lib/text/span.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "lib/array.h"

#define SECOND UINT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define WEEK   (7 * DAY)
#define MONTH  (2629800 * SECOND)  /* 30.44 days */
#define YEAR   (31557600 * SECOND) /* 365.25 days */

static const struct {
    const char *name;
    uint64_t usec;
} units[] = {
    {"us", 1},          {"usec", 1},         {"\xc2\xb5s", 1},  {"\xce\xbcs", 1},
    {"ms", 1000},       {"msec", 1000},      {"s", SECOND},     {"sec", SECOND},
    {"second", SECOND}, {"seconds", SECOND}, {"m", MINUTE},     {"min", MINUTE},
    {"minute", MINUTE}, {"minutes", MINUTE}, {"h", HOUR},       {"hr", HOUR},
    {"hour", HOUR},     {"hours", HOUR},     {"d", DAY},        {"day", DAY},
    {"days", DAY},      {"w", WEEK},         {"week", WEEK},    {"weeks", WEEK},
    {"M", MONTH},       {"month", MONTH},    {"months", MONTH}, {"y", YEAR},
    {"year", YEAR},     {"years", YEAR},     {"", SECOND},
};

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t\n\r");
}

/* Letters, and the bytes of a micro sign. */
static size_t unit_length(const char *text)
{
    size_t len = 0;

    while (g_ascii_isalpha(text[len]) || (unsigned char)text[len] >= 0x80)
        len++;
    return len;
}

static bool find_unit(const char *text, size_t len, uint64_t *usec)
{
    for (size_t i = 0; i < ELEMENTS(units); i++) {
        if (strlen(units[i].name) == len && memcmp(units[i].name, text, len) == 0) {
            *usec = units[i].usec;
            return true;
        }
    }
    return false;
}

/* "12.5": the whole part, and the digits of the fraction, to be weighed when the unit is known. */
struct number {
    uint64_t whole;
    const char *fraction;
    size_t fraction_length;
};

static int take_number(const char **text, struct number *number)
{
    const char *at = *text;

    *number = (struct number){0};
    for (; g_ascii_isdigit(*at); at++) {
        if (__builtin_mul_overflow(number->whole, 10, &number->whole) ||
            __builtin_add_overflow(number->whole, (uint64_t)(*at - '0'), &number->whole))
            return -ERANGE;
    }
    if (at == *text)
        return *at == '-' && g_ascii_isdigit(at[1]) ? -ERANGE : -EINVAL;
    if (*at == '.') {
        number->fraction = ++at;
        while (g_ascii_isdigit(*at))
            at++;
        number->fraction_length = (size_t)(at - number->fraction);
        if (!number->fraction_length)
            return -EINVAL;
    }
    *text = at;
    return 0;
}

static int weigh(const struct number *number, uint64_t unit, uint64_t *usec)
{
    uint64_t weight = unit;

    if (__builtin_mul_overflow(number->whole, unit, usec))
        return -ERANGE;
    for (size_t i = 0; i < number->fraction_length; i++) {
        weight /= 10;
        if (__builtin_add_overflow(*usec, weight * (uint64_t)(number->fraction[i] - '0'), usec))
            return -ERANGE;
    }
    return 0;
}

/* A number with its unit; `*text` moves behind both. */
static int take_part(const char **text, uint64_t *usec)
{
    struct number number;
    uint64_t unit;
    size_t len;
    int r = take_number(text, &number);

    if (r < 0)
        return r;
    *text = skip_space(*text);
    len = unit_length(*text);
    if (!find_unit(*text, len, &unit))
        return -EINVAL;
    *text += len;
    return weigh(&number, unit, usec);
}

int vane_text_parse_span(const char *text, uint64_t *usec)
{
    const char *at = skip_space(text);
    uint64_t sum = 0, part;

    if (g_str_has_prefix(at, "infinity") && !*skip_space(at + strlen("infinity"))) {
        *usec = VANE_SPAN_INFINITY;
        return 0;
    }
    do {
        int r = take_part(&at, &part);

        if (r < 0)
            return r;
        if (__builtin_add_overflow(sum, part, &sum) || sum == VANE_SPAN_INFINITY)
            return -ERANGE;
        at = skip_space(at);
    } while (*at);
    *usec = sum;
    return 0;
}
