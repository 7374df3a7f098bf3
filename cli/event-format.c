/* Formats of one event. See event-format.h. */
#include "cli/event-format.h"

#include <glib.h>

#include "cli/details.h"
#include "cli/output.h"
#include "lib/cloudevent.h"

/* On a terminal in plain ASCII, as all JSON. */
static char *cloud_event(struct vane_json_view event)
{
    g_autofree char *source = vane_cloudevent_source();
    size_t length;
    g_autofree char *text = vane_cloudevent(event.at, event.len, source, &length);

    return text ? vane_cli_json_line(vane_json_root(text, length)) : g_strdup("{}");
}

char *vane_event_format(struct vane_json_view event, enum vane_event_format format)
{
    switch (format) {
    case VANE_EVENT_LINE:
        return vane_cli_event_line(event, vane_cli_colour());
    case VANE_EVENT_JSON:
        return vane_cli_json_line(event);
    case VANE_EVENT_CLOUDEVENTS:
        return cloud_event(event);
    }
    return NULL;
}
