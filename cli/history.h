/* What was typed before: a file of lines in the user's state directory. */
#ifndef NETVANE_CLI_HISTORY_H
#define NETVANE_CLI_HISTORY_H

#include <glib.h>

/* The last lines, oldest first; never NULL. A file that has grown too long is cut. */
GPtrArray *vane_history_load(void);

/* Appends a line; that there is no place for it is no error. */
void vane_history_add(const char *line);

#endif
