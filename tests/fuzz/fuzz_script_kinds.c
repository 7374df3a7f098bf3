/* What the kernel tells of a kind of link: one byte chooses the kind, the rest are attributes. */
#include <stdint.h>
#include <string.h>

#include "lib/array.h"
#include "plugins/scripts/kinds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"bridge", "bond",   "vlan", "macvlan", "ipvlan", "vxlan",
                                    "geneve", "sit",    "gre",  "ip6gre",  "vti",    "vti6",
                                    "ipip",   "erspan", "veth", ""};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) details = g_ptr_array_new_with_free_func(g_free);
    g_autofree struct nlattr *attribute = NULL;

    if (size < 1 || size > 4096)
        return 0;
    attribute = g_malloc(NLA_HDRLEN + size);
    attribute->nla_type = 0;
    attribute->nla_len = (uint16_t)(NLA_HDRLEN + size - 1);
    memcpy(nla_data(attribute), data + 1, size - 1);
    vane_kind_details(details, names[data[0] % ELEMENTS(names)], attribute);
    g_assert(details->len % 2 == 0);
    for (guint i = 0; i < details->len; i++)
        g_assert(g_ptr_array_index(details, i) != NULL);
    return 0;
}
