/* Addresses of the network layer. See ip.h. */
#include "engine/links/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>
#include <netlink/attr.h>

size_t vane_ip_size(uint8_t family)
{
    if (family == AF_INET)
        return 4;
    return family == AF_INET6 ? 16 : 0;
}

int vane_ip_from_attribute(const struct nlattr *attribute, uint8_t family, struct vane_ip *out)
{
    size_t size = vane_ip_size(family);

    if (size == 0 || (size_t)nla_len(attribute) < size)
        return -EBADMSG;
    memset(out, 0, sizeof(*out));
    out->family = family;
    memcpy(out->bytes, nla_data(attribute), size);
    return 0;
}

int vane_ip_compare(const struct vane_ip *a, const struct vane_ip *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

void vane_ip_text(const struct vane_ip *ip, int prefix_length, char text[static VANE_IP_TEXT])
{
    size_t length;

    if (!inet_ntop(ip->family, ip->bytes, text, VANE_IP_TEXT))
        text[0] = '\0';
    length = strlen(text);
    if (prefix_length >= 0)
        snprintf(text + length, VANE_IP_TEXT - length, "/%d", prefix_length);
}

int vane_ip_parse(const char *text, struct vane_ip *ip, uint8_t *prefix_length)
{
    const char *slash = strchr(text, '/');
    g_autofree char *address = slash ? g_strndup(text, (gsize)(slash - text)) : g_strdup(text);
    struct vane_ip found = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};
    guint64 length = vane_ip_size(found.family) * 8;

    if (inet_pton(found.family, address, found.bytes) != 1)
        return -EINVAL;
    if (slash && !g_ascii_string_to_unsigned(slash + 1, 10, 0, length, &length, NULL))
        return -EINVAL;
    *ip = found;
    *prefix_length = (uint8_t)length;
    return 0;
}
