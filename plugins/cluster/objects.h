/*
 * What objects at the bus offer, remembered until their service's owner changes. Descriptions that
 * are alike (those of all units of systemd) are kept once.
 */
#ifndef NETVANE_CLUSTER_OBJECTS_H
#define NETVANE_CLUSTER_OBJECTS_H

#include "plugins/cluster/introspect.h"

#include <systemd/sd-bus.h>

struct vane_objects;

struct vane_objects *vane_objects_new(void);
void vane_objects_free(struct vane_objects *objects);

/* Begins to watch the service's owner, so that what is put later is not out of date. 0 or a
 * negative errno. */
int vane_objects_watch(struct vane_objects *objects, sd_bus *bus, const char *destination);

/* Borrowed until the loop goes on. NULL: unknown. */
struct vane_description *vane_objects_find(const struct vane_objects *objects,
                                           const char *destination, const char *path);

/* Remembers what Introspect() has answered; NULL: `problem` says why it is of no use. */
struct vane_description *vane_objects_put(struct vane_objects *objects, const char *destination,
                                          const char *path, const char *xml, const char **problem);

#endif
