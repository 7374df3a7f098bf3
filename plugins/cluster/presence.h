/* We say who we are, and hear who the others are. */
#ifndef NETVANE_CLUSTER_PRESENCE_H
#define NETVANE_CLUSTER_PRESENCE_H

#include "plugins/cluster/cluster.h"
#include "plugins/cluster/roster.h"

struct vane_presences;

void vane_presence_start(struct vane_cluster *cluster);
/* There is a connection: we are here, and who else is? */
void vane_presence_connected(struct vane_cluster *cluster);
/* Says goodbye. */
void vane_presence_stop(struct vane_cluster *cluster);
void vane_presence_release(struct vane_cluster *cluster);

/* NULL: there is none, as no servers are named. */
const struct vane_roster *vane_presence_roster(const struct vane_cluster *cluster);

/* Our tags in a network from now on, which the others are told. -ENOENT: we are not in it. */
int vane_presence_set_tags(struct vane_cluster *cluster, uint16_t network, const char *const *tags,
                           uint32_t count);

/* `show cluster nodes`. */
int vane_presence_show_add(struct vane_cluster *cluster);

/* As the engine makes it of its own key (netvane/identity.h); 0: no NKey. */
uint32_t vane_cluster_node_id(const char *nkey);

/* `cluster tags`. */
int vane_presence_tags_add(struct vane_cluster *cluster);
/* The same with tags that are checked first. -EINVAL: they are none. */
int vane_cluster_set_tags(struct vane_cluster *cluster, uint16_t network, const char *const *tags,
                          uint32_t count);

/* The service "cluster". */
int vane_cluster_offer(struct vane_cluster *cluster);

#endif
