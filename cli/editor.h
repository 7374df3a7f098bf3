/* Reading a line from a terminal: libedit with help on '?', completion on Tab, and a history. */
#ifndef NETVANE_CLI_EDITOR_H
#define NETVANE_CLI_EDITOR_H

#include "cli/cli.h"

struct vane_editor;

/* NULL: the terminal cannot be used. */
struct vane_editor *vane_editor_new(struct vane_cli *cli, const char *prompt);

/* Leaves the terminal as it was found. NULL is a no-op. */
void vane_editor_free(struct vane_editor *editor);

/* The next line without its end, to be freed; NULL: the input is over, or a signal ends it. */
char *vane_editor_read(struct vane_editor *editor);

#endif
