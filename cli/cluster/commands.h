/*
 * The commands "get", "invoke" and "watch": D-Bus of many machines, over NATS. They connect
 * themselves, as the operator, as a machine's own agent rightly may not publish to all. None asks
 * the daemon.
 */
#ifndef NETVANE_CLI_CLUSTER_COMMANDS_H
#define NETVANE_CLI_CLUSTER_COMMANDS_H

#include "cli/local.h"

extern const struct vane_local_option vane_get_options[];
extern const struct vane_local_option vane_invoke_options[];
extern const struct vane_local_option vane_watch_options[];

int vane_cli_get(struct vane_cli *cli, char *const *words);
int vane_cli_invoke(struct vane_cli *cli, char *const *words);
int vane_cli_watch(struct vane_cli *cli, char *const *words);

#endif
