/*
 * Who is in the cluster, as far as this machine has heard: who announces himself is here, who says
 * goodbye has left, and who says nothing for some time is silent. Pure of network and clock.
 */
#ifndef NETVANE_CLUSTER_ROSTER_H
#define NETVANE_CLUSTER_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "lib/keys/nkey.h"

#define VANE_ROSTER_MAX       4096u
#define VANE_ROSTER_WORDS_MAX 64u /* tags, networks, and tags in one network */
#define VANE_ROSTER_TEXT_MAX  255u
#define VANE_PRESENCE_MAX     ((size_t)64 << 10)
/* So many announcements in a row may be missed. */
#define VANE_ROSTER_PATIENCE 3
/* Who wants to be believed for longer would keep a place that he does not fill. */
#define VANE_PRESENCE_INTERVAL_MOST_MS (10 * 60 * 1000)

enum vane_node_state {
    VANE_NODE_HERE,
    VANE_NODE_SILENT,
    VANE_NODE_LEFT,
};

struct vane_membership {
    uint16_t network;
    char **tags;
};

/* What a machine says of itself. */
struct vane_presence {
    char *name, *version;
    char **tags;
    GArray *networks; /* struct vane_membership */
    uint64_t interval_ms;
    bool leaving;
};

void vane_presence_clear(struct vane_presence *presence);

/* Do they say the same of a machine: name, version, tags, networks? */
bool vane_presence_equal(const struct vane_presence *a, const struct vane_presence *b);

/* The announcement as JSON, to be freed; and out of it. -EINVAL: it is none. */
char *vane_presence_format(const struct vane_presence *presence, size_t *length);
int vane_presence_parse(const char *text, size_t length, struct vane_presence *presence);

struct vane_json;

/* The member "networks", as in an announcement; of struct vane_membership, NULL: none. */
void vane_presence_write_networks(struct vane_json *json, const GArray *networks);

/* Others read it; what is longer they do not. */
bool vane_presence_fits(const struct vane_presence *presence);

struct vane_node {
    char nkey[VANE_NKEY_LENGTH + 1];
    enum vane_node_state state;
    bool is_named; /* by the operator: nobody takes its place */
    struct vane_presence presence;
    int64_t signed_ms;            /* of the last announcement, by its own clock */
    int64_t joined_ms;            /* since 1970, by ours */
    int64_t heard_ms, changed_ms; /* changed: left or silent since */
    uint64_t heard_number;        /* of all announcements heard; those of one moment differ, too */
};

struct vane_roster {
    GHashTable *nodes; /* NKEY -> struct vane_node */
    uint64_t heard;    /* announcements */
    /* The node has come, or gone by its state. */
    void (*joined)(void *user, const struct vane_node *node);
    void (*left)(void *user, const struct vane_node *node);
    /* It is here as before, but says something else of itself. */
    void (*changed)(void *user, const struct vane_node *node);
    /* More are here than it holds; and no longer. NULL, as above: not wanted. */
    void (*crowded)(void *user, bool is_crowded);
    /* Is it one of the operator's list? NULL: nobody is. */
    bool (*named)(void *user, const char *nkey);
    void *user;
    bool is_crowded;
};

void vane_roster_init(struct vane_roster *roster);
void vane_roster_clear(struct vane_roster *roster);

/*
 * A verified announcement; takes the presence over in any case. A full roster forgets whom the
 * operator does not name: who has gone before who is here, who is then told to be silent; of each
 * the one heard longest ago. -ESTALE: a newer one is known already; -ENOBUFS: nobody can be
 * forgotten for this one.
 */
int vane_roster_hear(struct vane_roster *roster, const char *nkey, struct vane_presence *presence,
                     int64_t signed_ms, int64_t now_ms);

/* Whoever was not heard for long is silent from now on. */
void vane_roster_check(struct vane_roster *roster, int64_t now_ms);

/* We did not listen for a while, which is nobody's silence but ours. */
void vane_roster_listen_anew(struct vane_roster *roster, int64_t now_ms);

/* Its membership of a network; NULL: none. */
const struct vane_membership *vane_node_in(const struct vane_node *node, uint16_t network);

/* By name, then NKey; the array is to be freed, the nodes are borrowed. */
GPtrArray *vane_roster_sorted(const struct vane_roster *roster);

const char *vane_node_state_word(enum vane_node_state state);

#endif
