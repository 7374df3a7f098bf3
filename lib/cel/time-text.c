/* Timestamps and durations as texts. See time.h. */
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "lib/array.h"
#include "lib/cel/time.h"

#define SECOND INT64_C(1000000000)

struct cursor {
    const char *at, *end;
};

/* Exactly `count` digits. */
static bool take_number(struct cursor *cursor, unsigned count, int *number)
{
    *number = 0;
    for (; count > 0; count--, cursor->at++) {
        if (cursor->at == cursor->end || !g_ascii_isdigit(*cursor->at))
            return false;
        *number = *number * 10 + (*cursor->at - '0');
    }
    return true;
}

static bool take(struct cursor *cursor, const char *one_of)
{
    if (cursor->at == cursor->end || !*cursor->at || !strchr(one_of, *cursor->at))
        return false;
    cursor->at++;
    return true;
}

/* ".123": digits beyond the ninth are more than a timestamp holds. */
static bool take_fraction(struct cursor *cursor, uint32_t *nanos)
{
    unsigned digits = 0;

    *nanos = 0;
    if (!take(cursor, "."))
        return true;
    for (; cursor->at < cursor->end && g_ascii_isdigit(*cursor->at); cursor->at++, digits++)
        if (digits < 9)
            *nanos = *nanos * 10 + (uint32_t)(*cursor->at - '0');
    for (unsigned i = digits; i < 9; i++)
        *nanos *= 10;
    return digits > 0;
}

static bool take_offset(struct cursor *cursor, int *seconds)
{
    bool west = cursor->at < cursor->end && *cursor->at == '-';
    int hours, minutes;

    *seconds = 0;
    if (take(cursor, "Zz"))
        return true;
    if (!take(cursor, "+-") || !take_number(cursor, 2, &hours) || !take(cursor, ":") ||
        !take_number(cursor, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

static bool take_calendar(struct cursor *cursor, struct tm *tm)
{
    if (!take_number(cursor, 4, &tm->tm_year) || !take(cursor, "-") ||
        !take_number(cursor, 2, &tm->tm_mon) || !take(cursor, "-") ||
        !take_number(cursor, 2, &tm->tm_mday) || tm->tm_mon < 1 || tm->tm_mon > 12 ||
        tm->tm_mday < 1 || tm->tm_mday > days_in(tm->tm_year, tm->tm_mon))
        return false;
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    return true;
}

static bool take_clock(struct cursor *cursor, struct tm *tm)
{
    return take_number(cursor, 2, &tm->tm_hour) && take(cursor, ":") &&
           take_number(cursor, 2, &tm->tm_min) && take(cursor, ":") &&
           take_number(cursor, 2, &tm->tm_sec) && tm->tm_hour <= 23 && tm->tm_min <= 59 &&
           tm->tm_sec <= 59;
}

bool vane_cel_timestamp_parse(const char *text, size_t len, struct vane_cel_value *timestamp)
{
    struct cursor cursor = {text, text + len};
    struct tm tm = {0};
    uint32_t nanos;
    int64_t seconds;
    int offset;

    if (!take_calendar(&cursor, &tm) || !take(&cursor, "Tt") || !take_clock(&cursor, &tm) ||
        !take_fraction(&cursor, &nanos) || !take_offset(&cursor, &offset) ||
        cursor.at != cursor.end)
        return false;
    seconds = timegm(&tm) - offset;
    *timestamp = vane_cel_timestamp(seconds, nanos);
    return vane_cel_timestamp_in_range(seconds);
}

/* ".5" without zeros at the end; nothing for none. */
static size_t format_fraction(uint32_t nanos, char *text)
{
    size_t len = 10;

    if (nanos == 0)
        return 0;
    text[0] = '.';
    for (size_t i = 9; i > 0; i--, nanos /= 10)
        text[i] = (char)('0' + nanos % 10);
    while (text[len - 1] == '0')
        len--;
    return len;
}

size_t vane_cel_timestamp_format(struct vane_cel_value timestamp, char text[VANE_CEL_TIME_TEXT])
{
    time_t seconds = timestamp.seconds;
    struct tm tm;
    size_t len;

    if (!gmtime_r(&seconds, &tm))
        return 0;
    len = (size_t)snprintf(text, 32, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
                           tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    len += format_fraction(timestamp.nanos, text + len);
    text[len++] = 'Z';
    return len;
}

/* A number and its unit, in nanoseconds. */
static bool take_part(struct cursor *cursor, int64_t *nanoseconds)
{
    static const struct {
        const char *name;
        int64_t unit;
    } units[] = {{"ns", 1},       {"us", 1000},  {"\xc2\xb5s", 1000}, {"\xce\xbcs", 1000},
                 {"ms", 1000000}, {"s", SECOND}, {"m", 60 * SECOND},  {"h", 3600 * SECOND}};
    const char *first = cursor->at;
    double fraction = 0, weight = 1;
    int64_t whole = 0;

    for (; cursor->at < cursor->end && g_ascii_isdigit(*cursor->at); cursor->at++)
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, *cursor->at - '0', &whole))
            return false;
    if (take(cursor, "."))
        for (; cursor->at < cursor->end && g_ascii_isdigit(*cursor->at); cursor->at++)
            fraction += (*cursor->at - '0') * (weight /= 10);
    if (cursor->at == first || (cursor->at == first + 1 && *first == '.'))
        return false;
    for (size_t i = 0; i < ELEMENTS(units); i++) {
        size_t len = strlen(units[i].name);

        if ((size_t)(cursor->end - cursor->at) < len || memcmp(cursor->at, units[i].name, len) != 0)
            continue;
        cursor->at += len;
        return !__builtin_mul_overflow(whole, units[i].unit, nanoseconds) &&
               !__builtin_add_overflow(
                   *nanoseconds, (int64_t)(fraction * (double)units[i].unit + 0.5), nanoseconds);
    }
    return false;
}

bool vane_cel_duration_parse(const char *text, size_t len, struct vane_cel_value *duration)
{
    struct cursor cursor = {text, text + len};
    bool negative = len > 0 && *text == '-';
    int64_t sum = 0, part;

    take(&cursor, "+-");
    *duration = vane_cel_duration(0);
    if (cursor.end - cursor.at == 1 && *cursor.at == '0')
        return true;
    do {
        if (!take_part(&cursor, &part) || __builtin_add_overflow(sum, part, &sum))
            return false;
    } while (cursor.at < cursor.end);
    *duration = vane_cel_duration(negative ? -sum : sum);
    return true;
}

size_t vane_cel_duration_format(struct vane_cel_value duration, char text[VANE_CEL_TIME_TEXT])
{
    bool negative = duration.nanoseconds < 0;
    uint64_t all = negative ? -(uint64_t)duration.nanoseconds : (uint64_t)duration.nanoseconds;
    size_t len = (size_t)snprintf(text, 32, "%s%" G_GUINT64_FORMAT, negative ? "-" : "",
                                  all / (uint64_t)SECOND);

    len += format_fraction((uint32_t)(all % (uint64_t)SECOND), text + len);
    text[len++] = 's';
    return len;
}
