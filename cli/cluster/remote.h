/* Commands of the shell on other machines: "netvane --nodes role=edge show interfaces". */
#ifndef NETVANE_CLI_CLUSTER_REMOTE_H
#define NETVANE_CLI_CLUSTER_REMOTE_H

#include "cli/cli.h"
#include "cli/pipeline.h"

/* Runs the words on the machines that cli->remote means. An exit status; on failure says why. */
int vane_cli_remote(struct vane_cli *cli, const struct vane_pipeline *pipeline);

#endif
