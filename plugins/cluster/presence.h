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
/* So long the others have been heard: all of them have said who they are within a second. 0: there
 * is no connection. */
uint64_t vane_presence_listening_ms(const struct vane_cluster *cluster);

/*
 * Our tags in a network from now on, over restarts, too, which the others are told. -ENOENT: we are
 * not in it; -EINVAL: an announcement has no room for them.
 */
int vane_presence_set_tags(struct vane_cluster *cluster, uint16_t network, const char *const *tags,
                           uint32_t count);
/* The networks that we announce, of struct vane_membership; NULL: there is nobody to tell. */
const GArray *vane_presence_networks(const struct vane_cluster *cluster);

/* A roster that tells what changes in it: events, the log, and the end of tunnels. */
struct vane_roster vane_presence_teller(struct vane_cluster *cluster);

struct vane_json;

/* Somebody else announces himself with our key. */
void vane_troubles_twin(struct vane_cluster *cluster, const struct vane_presence *twin,
                        int64_t now_ms);
/* Is he still there? And those with other clocks? */
void vane_troubles_check(struct vane_cluster *cluster, int64_t now_ms);
/* That machine signs with a clock that is so far ahead of ours; and: not, or no longer. */
void vane_troubles_apart(struct vane_cluster *cluster, const char *nkey, const char *name,
                         int64_t ahead_ms, int64_t now_ms);
void vane_troubles_in_time(struct vane_cluster *cluster, const char *nkey);
/* "7200 s ahead of" or "... behind", to be freed. */
char *vane_troubles_distance(int64_t ahead_ms);
void vane_troubles_show(const struct vane_cluster *cluster, struct vane_json *json);
void vane_troubles_clear(struct vane_troubles *troubles);

/* `show cluster nodes`. */
int vane_presence_show_add(struct vane_cluster *cluster);

/* As the engine makes it of its own key (netvane/identity.h); 0: no NKey. */
uint32_t vane_cluster_node_id(const char *nkey);

/* `cluster tags`. */
int vane_presence_tags_add(struct vane_cluster *cluster);
/* The same with tags that are checked first. -EINVAL: they are none. */
int vane_cluster_set_tags(struct vane_cluster *cluster, uint16_t network, const char *const *tags,
                          uint32_t count);

/* What was kept of our tags in networks that we are still in; and to keep them from now on. The
 * file is written in the background. */
void vane_tags_load(struct vane_cluster *cluster, struct vane_presence *own);
void vane_tags_keep(struct vane_cluster *cluster, const struct vane_presence *own);

/* The service "cluster". */
int vane_cluster_offer(struct vane_cluster *cluster);

#endif
