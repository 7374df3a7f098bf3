/* A subject, and behind a newline a Netvane-Call header: refused, or parts that make the same. */
#include <string.h>

#include <glib.h>

#include "lib/nats/names.h"
#include "lib/nats/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct vane_bus_call *call, const char *nkey, const char *subject)
{
    g_autofree char *again = vane_subject_of_call(call, *nkey ? nkey : NULL);

    g_assert(again);
    g_assert(!subject || strcmp(again, subject) == 0);
    g_assert(!strpbrk(again, " \r\n\t*>"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size), *header = NULL;
    char *line = strchr(text, '\n'), nkey[VANE_NKEY_LENGTH + 1];
    struct vane_bus_call call = {0}, again = {0};

    if (line)
        *line++ = '\0';
    if (vane_subject_parse(text, nkey, &call) == 0)
        check(&call, nkey, strchr(call.destination, '_') ? NULL : text);
    if (line && vane_call_header_parse(line, &call) == 0) {
        check(&call, "", NULL);
        header = vane_call_header_format(&call);
        g_assert(vane_call_header_parse(header, &again) == 0);
        g_assert(strcmp(again.destination, call.destination) == 0);
        g_assert(g_strcmp0(again.interface, call.interface) == 0);
    }
    vane_bus_call_clear(&call);
    vane_bus_call_clear(&again);
    return 0;
}
