/* Choice of addresses. See addresses.h. */
#include "plugins/scripts/addresses.h"

#include <string.h>

char *vane_address_without_prefix(const char *address)
{
    return g_strndup(address, strcspn(address, "/"));
}

GPtrArray *vane_addresses_of(const struct vane_bus *bus, const struct vane_payload *link)
{
    GPtrArray *addresses = g_ptr_array_new_with_free_func(g_free);
    const char *const *values;
    uint32_t count;

    if (bus->get_strings(link, "address", &values, &count) < 0)
        return addresses;
    for (uint32_t i = 0; i < count; i++)
        g_ptr_array_add(addresses, vane_address_without_prefix(values[i]));
    return addresses;
}

static gboolean wanted(const char *address, gboolean ipv6)
{
    if (g_str_has_prefix(address, "127.") || g_str_has_prefix(address, "fe80:"))
        return FALSE;
    return (strchr(address, ':') != NULL) == ipv6;
}

char *vane_addresses_join(const GPtrArray *addresses, gboolean ipv6, size_t limit)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; addresses && i < addresses->len; i++) {
        const char *address = g_ptr_array_index(addresses, i);

        if (!wanted(address, ipv6))
            continue;
        if (text->len + strlen(address) + 1 > limit)
            break;
        g_string_append_printf(text, "%s%s", text->len ? " " : "", address);
    }
    return g_string_free(text, FALSE);
}
