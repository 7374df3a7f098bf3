/* The command "events": the live stream, and what was before. */
#ifndef NETVANE_CLI_EVENTS_H
#define NETVANE_CLI_EVENTS_H

#include "cli/local.h"

extern const struct vane_local_option vane_events_options[];

/* `words` are its options and patterns. Returns an exit status. */
int vane_cli_events(struct vane_cli *cli, char *const *words);

#endif
