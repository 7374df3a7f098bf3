/* Signals of D-Bus that match the rules, to NATS in CBus's format. */
#ifndef NETVANE_CLUSTER_SIGNALS_H
#define NETVANE_CLUSTER_SIGNALS_H

#include "plugins/cluster/cluster.h"

/* With each connection to the bus. */
void vane_signals_start(struct vane_cluster *cluster);
void vane_signals_stop(struct vane_cluster *cluster);

#endif
