/* What networkd describes as JSON, on any bytes. */
#include <stddef.h>
#include <stdint.h>

#include "engine/links/describe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_networkd_description out;
    struct vane_json_view root;

    if (vane_describe_open((const char *)data, size, &root) < 0 ||
        vane_describe_link(root, &out) < 0)
        return 0;
    g_assert(out.index > 0);
    vane_networkd_facts_unref(out.facts);
    return 0;
}
