/* A list of objects as a table. */
#ifndef NETVANE_CLI_TABLE_H
#define NETVANE_CLI_TABLE_H

#include <glib.h>

#include "lib/json/reader.h"

/*
 * Columns are those of a command's answer: objects with "title" and "member". A list stands in its
 * cell one element a line; a column that is empty in every row is left out. The two lines of its
 * head go to one text, the rows to another.
 */
void vane_cli_table(GString *head, GString *out, struct vane_json_view columns,
                    struct vane_json_view rows);

#endif
