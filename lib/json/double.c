/* Shortest digits of a double, laid out as Python's repr() does. */
#include "lib/json/double.h"

#include <glib.h>
#include <math.h>
#include <float.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct decimal {
    bool negative;
    char digits[20]; /* the first one stands before the point */
    int count, exponent;
};

/*
 * 15 digits always survive the way through a normal double, so fewer are never needed there:
 * trailing zeros go afterwards. Denormals have less precision and start at one digit. A few powers
 * of two get a 17th digit where 16 would do, as their nearest 16 digits lie on the side with the
 * smaller gap.
 */
static void shortest(double number, char *text, int size)
{
    char format[8];

    for (int digits = fabs(number) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        g_snprintf(format, sizeof(format), "%%.%de", digits - 1);
        g_ascii_formatd(text, size, format, number);
        if (g_ascii_strtod(text, NULL) == number)
            return;
    }
}

/* Takes "-1.2500e+10" apart. */
static struct decimal take_apart(const char *text)
{
    struct decimal decimal = {.negative = *text == '-'};

    for (; *text != 'e'; text++) {
        if (g_ascii_isdigit(*text))
            decimal.digits[decimal.count++] = *text;
    }
    while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0')
        decimal.count--;
    decimal.exponent = atoi(text + 1);
    return decimal;
}

static char *put(char *out, const char *bytes, int len)
{
    memcpy(out, bytes, (size_t)len);
    return out + len;
}

static char *put_zeros(char *out, int count)
{
    memset(out, '0', (size_t)count);
    return out + count;
}

static char *put_scientific(char *out, const struct decimal *decimal)
{
    char exponent[8];

    *out++ = decimal->digits[0];
    if (decimal->count > 1) {
        *out++ = '.';
        out = put(out, decimal->digits + 1, decimal->count - 1);
    }
    return put(out, exponent, g_snprintf(exponent, sizeof(exponent), "e%+03d", decimal->exponent));
}

static char *put_positional(char *out, const struct decimal *decimal)
{
    int whole = decimal->exponent + 1;

    if (whole <= 0) {
        out = put_zeros(put(out, "0.", 2), -whole);
        return put(out, decimal->digits, decimal->count);
    }
    if (whole >= decimal->count) {
        out = put_zeros(put(out, decimal->digits, decimal->count), whole - decimal->count);
        return put(out, ".0", 2);
    }
    out = put(put(out, decimal->digits, whole), ".", 1);
    return put(out, decimal->digits + whole, decimal->count - whole);
}

size_t vane_json_format_double(double number, char text[VANE_JSON_DOUBLE_SIZE])
{
    char scientific[VANE_JSON_DOUBLE_SIZE];
    struct decimal decimal;
    char *out = text;

    if (!isfinite(number))
        return (size_t)(put(out, "null", 4) - text);
    shortest(number, scientific, sizeof(scientific));
    decimal = take_apart(scientific);
    if (decimal.negative)
        *out++ = '-';
    if (decimal.exponent < -4 || decimal.exponent >= 16)
        out = put_scientific(out, &decimal);
    else
        out = put_positional(out, &decimal);
    return (size_t)(out - text);
}
