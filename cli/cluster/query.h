/* The words behind "get" and "invoke": whom to ask, what, and how. A pure function. */
#ifndef NETVANE_CLI_CLUSTER_QUERY_H
#define NETVANE_CLI_CLUSTER_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "cli/cluster/settings.h"
#include "cli/local.h"
#include "lib/nats/subject.h"

#define VANE_QUERY_TIMEOUT_MS 5000

/* What all commands take that ask machines over NATS. */
struct vane_asking {
    struct vane_settings settings;
    GPtrArray *nodes; /* of --nodes: names, NKeys, tags; of char * */
    GPtrArray *nkeys; /* of --nkeys */
    int64_t timeout_ms;
    bool json, no_pager;
};

struct vane_query {
    struct vane_asking asking;
    struct vane_bus_call call;
    char *arguments; /* JSON */
    bool variants;   /* to be shown with their signatures */
};

void vane_asking_init(struct vane_asking *asking);
void vane_asking_clear(struct vane_asking *asking);

/*
 * Takes the option that `*word` is, and moves `word` to its last word. 0: it is none of these. 1:
 * taken. -EINVAL with one sentence in `why`, to be freed.
 */
int vane_asking_take(struct vane_asking *asking, char *const **word, char **why);

/* -EINVAL with one sentence in `why`, to be freed; the query is to be cleared in any case. */
int vane_query_read(struct vane_query *query, enum vane_call_kind kind, char *const *words,
                    char **why);
void vane_query_clear(struct vane_query *query);

#endif
