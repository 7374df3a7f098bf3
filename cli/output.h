/* Where text goes: to standard output, through a pager when that is a terminal and it is long. */
#ifndef NETVANE_CLI_OUTPUT_H
#define NETVANE_CLI_OUTPUT_H

#include <stdbool.h>

#include <glib.h>

#include "lib/json/reader.h"

void vane_cli_print(const GString *text, bool no_pager);

/* Standard output is a terminal that wants colour (no-color.org). */
bool vane_cli_colour(void);

/* One line of JSON; on a terminal in plain ASCII, so that nothing in it can steer the terminal. */
char *vane_cli_json_line(struct vane_json_view value);

#endif
