/* What an answer means, and when to try again. See retry.h. */
#include "plugins/webhook/retry.h"

#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "plugins/webhook/curl.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

#define ASKED_MAX (24 * HOUR)
#define ASKED_MIN SECOND
#define DATE_MAX  64 /* letters of the longest date, and then some */

static const int64_t schedule[] = {5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR,
                                   10 * HOUR,  14 * HOUR,  20 * HOUR,   24 * HOUR};

enum vane_verdict_kind vane_retry_verdict(long status)
{
    if (status >= 200 && status < 300)
        return VANE_DELIVERED;
    if (status == 410)
        return VANE_GONE;
    if (status == 429)
        return VANE_PATIENCE;
    if (status == 413)
        return VANE_TOO_LARGE;
    if (status >= 400 && status < 500 && status != 408 && status != 425)
        return VANE_DEAD;
    return VANE_RETRY;
}

static bool is_blank(char letter)
{
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

static int64_t seconds(const char *digits, size_t length)
{
    int64_t value = 0;

    for (size_t i = 0; i < length; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return -EINVAL;
        if (value <= ASKED_MAX / SECOND)
            value = value * 10 + (digits[i] - '0');
    }
    return value * SECOND > ASKED_MAX ? ASKED_MAX : value * SECOND;
}

static int64_t until_date(const char *value, size_t length, time_t now)
{
    char text[DATE_MAX + 1];
    const char *why;
    time_t date;

    if (length > DATE_MAX || memchr(value, '\0', length) || vane_curl_load(&why) < 0)
        return -EINVAL;
    memcpy(text, value, length);
    text[length] = '\0';
    date = vane_curl.getdate(text, NULL);
    if (date == -1)
        return -EINVAL;
    if (date <= now)
        return 0;
    return date - now > ASKED_MAX / SECOND ? ASKED_MAX : (date - now) * SECOND;
}

int64_t vane_retry_after(const char *value, size_t length, time_t now)
{
    while (length > 0 && is_blank(value[0])) {
        value++;
        length--;
    }
    while (length > 0 && is_blank(value[length - 1]))
        length--;
    if (length == 0)
        return -EINVAL;
    if (value[0] >= '0' && value[0] <= '9')
        return seconds(value, length);
    return until_date(value, length, now);
}

static int64_t jittered(int64_t delay, uint32_t random)
{
    return delay + (delay / 10) * (int64_t)(random % 1000) / 1000;
}

int64_t vane_retry_delay(unsigned attempt, int64_t asked_ms, uint32_t random)
{
    size_t step = attempt > 0 ? attempt - 1 : 0;
    int64_t delay = schedule[step < ELEMENTS(schedule) ? step : ELEMENTS(schedule) - 1];

    return jittered(delay > asked_ms ? delay : asked_ms, random);
}

int64_t vane_retry_patience(unsigned answers, int64_t asked_ms, uint32_t random)
{
    int64_t delay = answers > 1 ? schedule[1] : schedule[0];

    if (asked_ms >= 0)
        delay = asked_ms < ASKED_MIN ? ASKED_MIN : asked_ms;
    return jittered(delay, random);
}

bool vane_breaker_note(struct vane_breaker *breaker, bool worked)
{
    breaker->failures = worked ? 0 : breaker->failures + 1;
    return vane_breaker_open(breaker);
}
