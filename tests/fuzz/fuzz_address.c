/* Addresses of ports: whatever the text, the parser stays within it, and what it takes can be
 * written and read again. */
#include <string.h>

#include <glib.h>

#include "engine/ports/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct vane_address *address)
{
    g_autofree char *text = vane_address_format(address->type, &address->socket, address->length);
    struct vane_address again;
    const char *problem;

    g_assert(text);
    g_assert(vane_address_parse(text, &again, &problem) == 0);
    g_assert(again.type == address->type && again.length == address->length);
    g_assert(memcmp(&again.socket, &address->socket, sizeof(again.socket)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    struct vane_address address;
    const char *problem = NULL;

    if (vane_address_parse(text, &address, &problem) < 0) {
        g_assert(problem);
        return 0;
    }
    if (address.kind == VANE_ADDRESS_UNIX || address.kind == VANE_ADDRESS_INET)
        check_round_trip(&address);
    else if (address.kind != VANE_ADDRESS_NODE)
        g_assert(address.name[0]);
    return 0;
}
