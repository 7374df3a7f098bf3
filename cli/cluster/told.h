/* What is said beside the answers of machines, on standard error; and how a command has ended. */
#ifndef NETVANE_CLI_CLUSTER_TOLD_H
#define NETVANE_CLI_CLUSTER_TOLD_H

#include "cli/cluster/scatter.h"

/* Errors, notes, and what is not proven, of answers that are shown as a table. */
void vane_tell_answers(const struct vane_cli *cli, const GPtrArray *answers);

/* Who was silent; and that nobody answered at all. */
void vane_tell_silent(const struct vane_cli *cli, const struct vane_targets *targets,
                      const struct vane_gathered *gathered);

/* The exit status: somebody was silent, else somebody failed, else done. */
int vane_gathered_status(const struct vane_gathered *gathered);

#endif
