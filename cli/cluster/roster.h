/*
 * Which machines there are, as they say themselves, and which of them are meant. A machine is named
 * by its name, its NKey, or a tag as "role=edge", that it may share with others; "all" are all.
 * Only the NKey is proven by what a machine signs; a name is what it gives itself.
 */
#ifndef NETVANE_CLI_CLUSTER_ROSTER_H
#define NETVANE_CLI_CLUSTER_ROSTER_H

#include <stdbool.h>

#include <glib.h>

#include "lib/json/reader.h"

enum vane_machine_state {
    VANE_MACHINE_HERE,
    VANE_MACHINE_SILENT, /* the others do not hear of it any more */
    VANE_MACHINE_LEFT,   /* it has said goodbye to them */
};

struct vane_machine {
    char *nkey, *name;
    char **tags; /* as "role=edge" */
    enum vane_machine_state state;
};

/* Of struct vane_machine. */
GPtrArray *vane_roster_new(void);

/* Adds who answers a ping of NATS's services (ADR-32): its id is the NKey, its metadata has "node"
 * and "tags" with commas. The NKey; NULL: it is no such answer, or is there already. */
const char *vane_roster_add_pong(GPtrArray *roster, struct vane_json_view pong);

/*
 * Adds or corrects a machine by a row of what one of them answers to "show cluster nodes". NULL: it
 * is no such row, or tells of one that has left for good: more than a day ago.
 */
const struct vane_machine *vane_roster_add_row(GPtrArray *roster, struct vane_json_view row,
                                               int64_t now_seconds);

/* It is the row that a machine tells of itself, and it has come a moment ago: who else there is it
 * has not heard from all of them. */
bool vane_roster_row_is_new(struct vane_json_view row, const char *teller);

/* There is a machine that is meant by this name, NKey or tag. */
bool vane_roster_knows(const GPtrArray *roster, const char *node);

/* Whom a request goes to. */
struct vane_targets {
    bool all;          /* under one subject, whoever listens */
    GPtrArray *nkeys;  /* those who are to answer, of char *; NULL: nobody knows who there is */
    GPtrArray *roster; /* NULL: not known */
    bool named;        /* answers are to be shown with names */
};

/*
 * The targets own the roster in any case. -ENOENT with one sentence in `why`, to be
 * freed: a node is none of the roster's machines.
 */
int vane_targets_choose(struct vane_targets *targets, const GPtrArray *nodes,
                        const GPtrArray *nkeys, GPtrArray *roster, char **why);
void vane_targets_clear(struct vane_targets *targets);

/* The name to be shown for an NKey; NULL: none. */
const char *vane_targets_name(const struct vane_targets *targets, const char *nkey);

/* Whether the machine is known to have gone; of one that nobody knows it is not. */
enum vane_machine_state vane_targets_state(const struct vane_targets *targets, const char *nkey);

/* "web1 (UABC...)", or the NKey alone. To be freed. */
char *vane_targets_title(const struct vane_targets *targets, const char *nkey);

#endif
