/* One event on one line, for people or for programs. */
#ifndef NETVANE_CLI_EVENT_FORMAT_H
#define NETVANE_CLI_EVENT_FORMAT_H

#include "lib/json/reader.h"

enum vane_event_format {
    VANE_EVENT_LINE,        /* in colour on a terminal */
    VANE_EVENT_JSON,        /* as the daemon gives it */
    VANE_EVENT_CLOUDEVENTS, /* CloudEvents 1.0, JSON format */
};

/* A line without its end, to be freed. `event` has been scanned. */
char *vane_event_format(struct vane_json_view event, enum vane_event_format format);

#endif
