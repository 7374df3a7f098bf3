/* The commands "nkey" and "keyscan": NKeys of machines, from the public half of their SSH host
 * keys. Neither asks the daemon. */
#ifndef NETVANE_CLI_NKEY_H
#define NETVANE_CLI_NKEY_H

#include "cli/local.h"

extern const struct vane_local_option vane_nkey_options[];
extern const struct vane_local_option vane_keyscan_options[];

int vane_cli_nkey(struct vane_cli *cli, char *const *words);
int vane_cli_keyscan(struct vane_cli *cli, char *const *words);

#endif
