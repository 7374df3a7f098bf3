/*
 * Which machines there are, as the cluster itself tells, and which of them are meant. A machine is
 * named by its name, its NKey, or a tag as "role=edge", that it may share with others.
 */
#ifndef NETVANE_CLI_CLUSTER_ROSTER_H
#define NETVANE_CLI_CLUSTER_ROSTER_H

#include <stdbool.h>

#include <glib.h>

#include "lib/json/reader.h"

struct vane_machine {
    char *nkey, *name;
    char **tags; /* as "role=edge" */
};

/* Of struct vane_machine, out of a list of objects with "nkey", "name" and "tags"; what lacks a
 * valid NKey is passed over. */
GPtrArray *vane_roster_read(struct vane_json_view list);

/* Whom a request goes to. */
struct vane_targets {
    bool all;          /* under one subject, whoever listens */
    GPtrArray *nkeys;  /* those who are to answer, of char *; NULL: nobody knows who there is */
    GPtrArray *roster; /* NULL: not known */
    bool named;        /* answers are to be shown with names */
};

/*
 * `roster` NULL: not known; the targets own it then. -ENOENT with one sentence in `why`, to be
 * freed: a node is none of the roster's machines.
 */
int vane_targets_choose(struct vane_targets *targets, const GPtrArray *nodes,
                        const GPtrArray *nkeys, GPtrArray *roster, char **why);
void vane_targets_clear(struct vane_targets *targets);

/* The name to be shown for an NKey; NULL: none. */
const char *vane_targets_name(const struct vane_targets *targets, const char *nkey);

/* "web1 (UABC...)", or the NKey alone. To be freed. */
char *vane_targets_title(const struct vane_targets *targets, const char *nkey);

#endif
