/* Undoing the escapes of JSON strings: RFC 8259, section 7. */
#include "lib/json/escape.h"

#include <glib.h>
#include <string.h>

#include "lib/text/utf8.h"

bool vane_json_hex4(const char *at, const char *end, uint32_t *unit)
{
    *unit = 0;
    if (end - at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(at[i]);

        if (digit < 0)
            return false;
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

/*
 * `*at` is at the digits of \uXXXX, and moves behind them and behind the second half of a pair.
 * Without digits, in a text nobody scanned, the answer is a single byte, so that the text still
 * does not become longer.
 */
static uint32_t take_codepoint(const char **at, const char *end)
{
    uint32_t unit, second;

    if (!vane_json_hex4(*at, end, &unit)) {
        *at = end;
        return '?';
    }
    *at += 4;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (end - *at < 6 || !vane_json_hex4(*at + 2, end, &second))
        return 0xfffd;
    *at += 6;
    return 0x10000 + ((unit & 0x3ff) << 10) + (second & 0x3ff);
}

/* `*at` is behind the backslash. */
static size_t take_escape(const char **at, const char *end, char *out)
{
    char letter = *(*at)++;

    switch (letter) {
    case 'u':
        return vane_utf8_encode(take_codepoint(at, end), out);
    case 'b':
        *out = '\b';
        return 1;
    case 'f':
        *out = '\f';
        return 1;
    case 'n':
        *out = '\n';
        return 1;
    case 'r':
        *out = '\r';
        return 1;
    case 't':
        *out = '\t';
        return 1;
    default:
        *out = letter;
        return 1;
    }
}

size_t vane_json_unescape(const char *at, size_t len, char *out)
{
    const char *end = at + len;
    char *start = out;

    while (at < end) {
        const char *backslash = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((backslash ? backslash : end) - at);

        memcpy(out, at, plain);
        out += plain;
        at += plain;
        if (end - at >= 2) {
            at++;
            out += take_escape(&at, end, out);
        } else {
            at = end;
        }
    }
    return (size_t)(out - start);
}
