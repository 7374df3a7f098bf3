/*
 * Requests about links as netlink messages. Pure: what they do is up to who sends them.
 * rtnetlink(7), linux/if_link.h, linux/can/netlink.h.
 */
#ifndef NETVANE_ENGINE_LINKS_BUILD_H
#define NETVANE_ENGINE_LINKS_BUILD_H

#include <glib.h>
#include <stdbool.h>

#include <netvane/links.h>

/* A name that the kernel takes (dev_valid_name) and that is safe in a path: 1 to 15 bytes, no '/',
 * ':' or white space, not "." and "..". 0, -EINVAL, -ENAMETOOLONG. */
int vane_link_name_check(const char *name);

/* Each returns 0 with a list of GBytes to be sent in order (g_ptr_array_unref), or -EINVAL and
 * -ENAMETOOLONG for what no kernel would take. */
int vane_build_create(const struct vane_link_create *request, GPtrArray **messages);
int vane_build_remove(uint32_t ifindex, GPtrArray **messages);
int vane_build_change(uint32_t ifindex, const struct vane_link_change *change,
                      GPtrArray **messages);

/* Asks for a link by name, or with NULL by index, or with 0 for all. -EINVAL, -ENAMETOOLONG. */
int vane_build_query(const char *name, uint32_t ifindex, GBytes **message);

/* Up or down alone. */
GBytes *vane_build_flags(uint32_t ifindex, bool up);

#endif
