/* Any bytes as Retry-After: refused, or a delay within a day; digits against a naive reading. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "plugins/webhook/retry.h"

#define NOW     1700000000
#define DAY_MS  INT64_C(86400000)
#define ATTEMPT 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gboolean only_digits(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
    return length > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_malloc(size + 1); /* exactly so long: reading past it is seen */
    int64_t asked, delay;

    memcpy(text, data, size);
    text[size] = '\0';
    asked = vane_retry_after(text, size, NOW);
    g_assert(asked == -EINVAL || (asked >= 0 && asked <= DAY_MS));
    if (only_digits(text, size)) {
        double naive = strtod(text, NULL) * 1000;

        g_assert(asked == (naive > (double)DAY_MS ? DAY_MS : (int64_t)naive));
    }
    delay = vane_retry_delay(ATTEMPT, asked, (uint32_t)size);
    g_assert(delay >= asked && delay >= 5000 && delay <= VANE_RETRY_LONGEST_MS);
    delay = vane_retry_patience(ATTEMPT, asked, (uint32_t)size);
    g_assert(delay >= asked && delay >= 1000 && delay <= VANE_RETRY_LONGEST_MS);
    return 0;
}
