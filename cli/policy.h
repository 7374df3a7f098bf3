/* netvane policy eval: expressions, evaluated here, without a daemon. */
#ifndef NETVANE_CLI_POLICY_H
#define NETVANE_CLI_POLICY_H

#include "cli/local.h"

/* Whether the words behind "policy" are for the client itself. */
bool vane_cli_is_policy_eval(char *const *words);

/* The words behind "policy eval"; an exit status. */
int vane_cli_policy_eval(struct vane_cli *cli, char *const *words);

#endif
