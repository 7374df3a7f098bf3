/* How many columns text takes on a terminal. */
#ifndef NETVANE_CLI_WIDTH_H
#define NETVANE_CLI_WIDTH_H

#include <stddef.h>

#include <glib.h>

/* Wide characters count two, combining ones none. `text` is valid UTF-8 without controls. */
size_t vane_cli_width(const char *text);

/* Appends spaces to make a text of this width one of that width. */
void vane_cli_pad(GString *out, size_t from, size_t to);

#endif
