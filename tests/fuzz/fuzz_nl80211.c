/* The parser of nl80211 messages on any bytes. */
#include <netlink/msg.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "engine/links/wifi-parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *bytes = g_memdup2(data, size);
    const struct nlmsghdr *message = (const void *)bytes;
    struct vane_nl80211 out;

    if (nlmsg_ok(message, (int)size) && vane_parse_nl80211(message, &out) == 0)
        g_assert(out.ssid_length <= VANE_SSID_MAX);
    return 0;
}
