/* PrintEvents=: each event as one readable line on standard output. */
#include <stdio.h>

#include <glib.h>

#include "engine/config/configuration.h"
#include "engine/engine.h"
#include "lib/eventline.h"

static int print_event(void *user, const struct vane_event *event)
{
    g_autofree char *line = NULL;
    const char *json;
    size_t length;

    (void)user;
    vane_event_json(event, &json, &length);
    line = vane_eventline(json, length);
    puts(line);
    fflush(stdout);
    return 0;
}

int vane_print_start(struct vane_engine *engine)
{
    const struct vane_subscribe options = {.size = sizeof(options), .queue_length = 65536};
    bool wanted = vane_configuration_settings(engine->configuration)->print_events;

    if (!wanted)
        vane_subscription_free(g_steal_pointer(&engine->printer));
    if (!wanted || engine->printer)
        return 0;
    return vane_event_bus_subscribe(engine->bus, NULL, ">", &options, print_event, NULL,
                                    &engine->printer);
}
