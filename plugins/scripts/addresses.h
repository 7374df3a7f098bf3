/* The addresses of a link as scripts get them. */
#ifndef NETVANE_SCRIPTS_ADDRESSES_H
#define NETVANE_SCRIPTS_ADDRESSES_H

#include <glib.h>

#include <netvane/bus.h>

/* "192.0.2.1/24" to "192.0.2.1". g_free() it. */
char *vane_address_without_prefix(const char *address);

/* Without prefix lengths, in the order of the snapshot. Free with g_ptr_array_unref(). */
GPtrArray *vane_addresses_of(const struct vane_bus *bus, const struct vane_payload *link);

/* Those of `addresses` that matter to others (no 127.*, no fe80:), of IPv4 or IPv6, joined with
 * blanks; at most `limit` bytes, cut between addresses. g_free() it. */
char *vane_addresses_join(const GPtrArray *addresses, gboolean ipv6, size_t limit);

#endif
