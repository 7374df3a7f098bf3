/* Any text through the readers of values; what they write comes back the same. */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "lib/text/nearest.h"
#include "lib/text/number.h"
#include "lib/text/printable.h"
#include "lib/text/span.h"
#include "lib/text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_span(const char *text)
{
    uint64_t usec, again;

    if (vane_text_parse_span(text, &usec) < 0)
        return;
    g_autofree char *told = vane_text_format_span(usec);
    g_assert(vane_text_parse_span(told, &again) == 0);
    g_assert(again <= usec);
}

static void check_integer(const char *text)
{
    uint64_t large;
    int64_t number;

    if (vane_text_parse_int64(text, -1000, INT64_MAX, &number) == 0) {
        g_autofree char *told = g_strdup_printf("%" G_GINT64_FORMAT, number);

        g_assert(number >= -1000);
        g_assert(strcmp(told, text) == 0 || strcmp(text, "-0") == 0);
    }
    if (vane_text_parse_uint64(text, 1, UINT64_MAX, &large) == 0) {
        g_autofree char *told = g_strdup_printf("%" G_GUINT64_FORMAT, large);

        g_assert(strcmp(told, text) == 0);
    }
}

static void check_printable(const char *bytes, size_t len)
{
    g_autofree char *line = vane_text_printable(bytes, len);
    g_autofree char *again = vane_text_printable(line, strlen(line));

    g_assert(vane_utf8_valid(line, strlen(line)));
    g_assert(!strpbrk(line, "\n\r\t\x1b\x7f"));
    g_assert(strcmp(line, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"Timeout", "MaxParallel", "Debounce", "Coalesce"};
    g_autofree char *text = g_strndup((const char *)data, size);
    uint64_t bytes;
    bool truth;

    check_span(text);
    check_integer(text);
    check_printable((const char *)data, size);
    vane_text_parse_size(text, &bytes);
    vane_text_parse_bool(text, &truth);
    vane_text_nearest(text, names, G_N_ELEMENTS(names));
    return 0;
}
