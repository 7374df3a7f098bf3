/* JSON values as people read them. All text is made printable: it may come from anywhere. */
#ifndef NETVANE_CLI_VALUE_H
#define NETVANE_CLI_VALUE_H

#include <stdbool.h>

#include <glib.h>

#include "lib/json/reader.h"

/* What a daemon may send: checks it as lib/json/scanner.h does, with room for large results. */
bool vane_cli_scan(const char *text, size_t length);

/* The member of nested objects that a path "a.b" names; an empty view if there is none. */
struct vane_json_view vane_cli_member(struct vane_json_view object, const char *path);

/* A value on one line, to be freed; a list with commas, an object as key=value. */
char *vane_cli_text(struct vane_json_view value);

/* The same, a line for each element of a list: of char *, owned. Empty for null and nothing. */
GPtrArray *vane_cli_lines(struct vane_json_view value);

/* An object as indented members, nested ones deeper. */
void vane_cli_members(GString *out, struct vane_json_view object, size_t indent);

#endif
