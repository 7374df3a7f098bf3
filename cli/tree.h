/* An event and what it led to, as a tree with times. */
#ifndef NETVANE_CLI_TREE_H
#define NETVANE_CLI_TREE_H

#include <glib.h>

#include "lib/json/reader.h"

/* `story` is a list of events in which a cause comes before what it led to. */
void vane_cli_tree(GString *out, struct vane_json_view story);

#endif
