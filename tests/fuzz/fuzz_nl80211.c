/* The parsers of nl80211's and the controller's messages on any bytes. */
#include <netlink/msg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "engine/links/wifi-parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *bytes = g_memdup2(data, size);
    const struct nlmsghdr *message = (const void *)bytes;
    struct vane_genl_family family;
    struct vane_nl80211 out;

    if (nlmsg_ok(message, (int)size) && vane_parse_genl_family(message, &family) == 0)
        g_assert(memchr(family.name, '\0', sizeof(family.name)));
    if (nlmsg_ok(message, (int)size) && vane_parse_nl80211(message, &out) == 0)
        g_assert(out.ssid_length <= VANE_SSID_MAX);
    return 0;
}
