/* What "top" shows: asked of the daemon, and what it tells by itself. */
#ifndef NETVANE_CLI_TOP_MODEL_H
#define NETVANE_CLI_TOP_MODEL_H

#include "cli/cli.h"
#include "lib/json/reader.h"

struct vane_top_link {
    char *name, *state, *addresses;
    double rx_rate, tx_rate; /* bytes a second; negative: not known yet */
};

struct vane_top_plugin {
    char *name;
    uint64_t queued;
    double calls_rate; /* a second */
    double busy_rate;  /* of its time on the loop, in percent of all */
    uint64_t slowest_us;
};

struct vane_top {
    struct vane_cli *cli;
    char *version;
    GArray *links;   /* of struct vane_top_link */
    GArray *plugins; /* of struct vane_top_plugin */
    char *cluster;   /* one line about the machines of the cluster; NULL: there is none */
    GQueue events;   /* of char *, lines without colour, the newest first */
    uint64_t event_count;
    GHashTable *before; /* "rx NAME" ...: what a counter was, double * */
    gint64 asked_us;    /* g_get_monotonic_time() of the last answer */
    bool connected, changed;
};

void vane_top_init(struct vane_top *top, struct vane_cli *cli);
void vane_top_clear(struct vane_top *top);

/* Connects if need be, and follows events. */
bool vane_top_connect(struct vane_top *top);

/* The line for what "show cluster nodes" and "show cluster" give: what is wrong with the
 * connection, how many are here, and who has gone. To be freed; NULL: there is no cluster. */
char *vane_top_cluster_line(struct vane_json_view rows, struct vane_json_view shown);

/* Asks for links, plugins and the cluster; false: the daemon has gone. */
bool vane_top_ask(struct vane_top *top);

#endif
