/* Any bytes as what networkd keeps of neighbours: nothing, or printable lines. */
#include <string.h>

#include "plugins/scripts/lldp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree uint8_t *copy = g_memdup2(data, size); /* exactly so long: reading past it is seen */
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    vane_lldp_read(copy, size, texts);
    g_assert(texts->len <= 128);
    for (guint i = 0; i < texts->len; i++) {
        const char *text = texts->pdata[i];

        g_assert(strstr(text, " on port "));
        for (; *text; text++)
            g_assert(*text >= ' ' && *text < 127);
    }
    return 0;
}
