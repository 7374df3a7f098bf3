/* Points in time as somebody types them after `since`. What is accepted must be one, and stay one.
 */
#include <stdlib.h>

#include "plugins/journal/journal.h"

#define NOW (INT64_C(1800000000) * 1000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *written = NULL;
    int64_t time_ns, again;

    if (vane_journal_parse_time(text, NOW, &time_ns) < 0)
        return 0;
    if (time_ns < 0)
        abort();
    written = vane_journal_format_time(time_ns);
    if (vane_journal_parse_time(written, NOW, &again) < 0 || again / 1000 != time_ns / 1000)
        abort();
    return 0;
}
