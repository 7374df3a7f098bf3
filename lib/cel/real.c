/* Doubles as texts. See real.h. */
#include "lib/cel/real.h"

#include <math.h>
#include <string.h>

#include <glib.h>

#include "lib/json/double.h"

size_t vane_cel_real_format(double number, char text[VANE_CEL_REAL_TEXT])
{
    size_t len;

    if (isnan(number))
        return (size_t)g_snprintf(text, VANE_CEL_REAL_TEXT, "NaN");
    if (isinf(number))
        return (size_t)g_snprintf(text, VANE_CEL_REAL_TEXT, number < 0 ? "-Infinity" : "Infinity");
    if (fabs(number) < 1e21 && floor(number) == number) {
        g_ascii_formatd(text, VANE_CEL_REAL_TEXT, "%.0f", number);
        return strlen(text);
    }
    len = vane_json_format_double(number, text);
    return len;
}

bool vane_cel_real_parse(const char *text, size_t len, double *number)
{
    char copy[VANE_CEL_REAL_TEXT * 8], *end;

    if (len == 0 || len >= sizeof(copy) || memchr(text, '\0', len) || g_ascii_isspace(*text) ||
        memchr(text, 'x', len) || memchr(text, 'X', len) || memchr(text, '(', len))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    *number = g_ascii_strtod(copy, &end);
    return !*end && (!isinf(*number) || !strpbrk(copy, "0123456789")); /* no 1e400, as a literal */
}
