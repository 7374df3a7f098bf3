/* The answer to a command as text. */
#ifndef NETVANE_CLI_EXECUTE_H
#define NETVANE_CLI_EXECUTE_H

#include "cli/cli.h"
#include "cli/pipeline.h"
#include "lib/json/reader.h"

struct vane_rendering {
    GString *head; /* of a table; empty for anything else */
    GString *body;
    guint rows; /* elements of a list, else lines */
};

/* An answer {"command","columns","result"} that was scanned: a table, members, a tree, or JSON. */
void vane_rendering_make(struct vane_rendering *rendering, struct vane_json_view answer, bool json);
/* Such an answer is shown as a table. */
bool vane_rendering_is_table(struct vane_json_view answer);

/* Takes it through the filters to standard output, and clears it. False: a filter failed, and says
 * why. */
bool vane_cli_show(struct vane_cli *cli, const struct vane_pipeline *pipeline,
                   struct vane_rendering *rendering);
void vane_rendering_clear(struct vane_rendering *rendering);

#endif
