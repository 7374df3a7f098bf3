/* Announcements of machines, which anybody whom the server lets publish may send. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "plugins/cluster/roster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written so that it reads the same again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_presence presence, again;
    g_autofree char *text = NULL;
    size_t length;

    if (vane_presence_parse((const char *)data, size, &presence) < 0)
        return 0;
    text = vane_presence_format(&presence, &length);
    if (length <= VANE_PRESENCE_MAX) {
        if (vane_presence_parse(text, length, &again) < 0)
            abort();
        vane_presence_clear(&again);
    }
    vane_presence_clear(&presence);
    return 0;
}
