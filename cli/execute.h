/* The answer to a command as text. */
#ifndef NETVANE_CLI_EXECUTE_H
#define NETVANE_CLI_EXECUTE_H

#include "cli/cli.h"
#include "lib/json/reader.h"

struct vane_rendering {
    GString *head; /* of a table; empty for anything else */
    GString *body;
    guint rows; /* elements of a list, else lines */
};

/* An answer {"command","columns","result"} that was scanned: a table, members, a tree, or JSON. */
void vane_rendering_make(struct vane_rendering *rendering, struct vane_json_view answer, bool json);
void vane_rendering_clear(struct vane_rendering *rendering);

#endif
