/* What several machines answered to one command: as one table, one after the other, as JSON. Pure
 * functions. */
#ifndef NETVANE_CLI_CLUSTER_REMOTE_OUTPUT_H
#define NETVANE_CLI_CLUSTER_REMOTE_OUTPUT_H

#include <glib.h>

#include "cli/execute.h"

/*
 * Answers' values are {"command","columns","result"}, of which those that failed have none. When
 * all are tables, it becomes one with the machines as its first column; else each stands under the
 * name of its machine. To be cleared.
 */
void vane_remote_render(struct vane_rendering *rendering, const GPtrArray *answers);

/* One line: {"responses":[{"nkey","name","verified","error","value"}],"silent":[]}, where a value
 * is the command's result. To be cleared. `flags` as of lib/json/writer.h. */
void vane_remote_render_json(struct vane_rendering *rendering, const GPtrArray *answers,
                             const GPtrArray *silent, unsigned flags);

/* What a machine is called among these: its name, unless another has it, too. To be freed. */
char *vane_remote_title(const GPtrArray *answers, guint index);

#endif
