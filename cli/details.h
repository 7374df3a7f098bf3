/* An event for people, in a table or on a line. */
#ifndef NETVANE_CLI_DETAILS_H
#define NETVANE_CLI_DETAILS_H

#include <stdbool.h>

#include <glib.h>

#include "lib/json/reader.h"

/* What happened. To be freed, as the others here. */
char *vane_cli_details(struct vane_json_view event);

/* When it happened: RFC 3339 without the nanoseconds. */
char *vane_cli_time(struct vane_json_view event);

/* The line that the daemon itself would print, and the event's id to ask for more. */
char *vane_cli_event_line(struct vane_json_view event, bool colour);

#endif
