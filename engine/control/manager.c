/*
 * The object /org/netvane1 with its interface org.netvane1.Manager: what it has, and who calls.
 * What the methods do is in manager_execute.c and manager_events.c.
 */
#include <errno.h>

#include "engine/commands/builtin.h"
#include "engine/control/internal.h"

static int route(void *userdata, sd_bus_message *message, vane_manager_call call)
{
    struct vane_object *object = userdata;

    return object->route(object, message, call);
}

static int on_execute(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    return route(userdata, message, vane_manager_execute);
}

static int on_complete(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    return route(userdata, message, vane_manager_complete);
}

static int on_subscribe(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    return route(userdata, message, vane_manager_subscribe);
}

static const struct vane_builtin_host *host_of(void *userdata)
{
    const struct vane_object *object = userdata;

    return object->control->host;
}

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    const struct vane_builtin_host *host = host_of(userdata);

    return sd_bus_message_append(reply, "s",
                                 host && host->version ? host->version(host->user) : "");
}

static int get_plugins(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    const struct vane_builtin_host *host = host_of(userdata);
    struct vane_plugin_status status;
    int r = sd_bus_message_open_container(reply, 'a', "(sss)");

    for (unsigned i = 0; r >= 0 && host && host->plugin; i++) {
        if (host->plugin(host->user, i, &status) < 0)
            break;
        r = sd_bus_message_append(
            reply, "(sss)", status.name, status.state,
            status.descriptor && status.descriptor->version ? status.descriptor->version : "");
    }
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_degraded(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    g_auto(GStrv) reasons = vane_builtin_degraded(host_of(userdata));

    return sd_bus_message_append(reply, "b", reasons[0] != NULL);
}

static int get_reasons(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
    g_auto(GStrv) reasons = vane_builtin_degraded(host_of(userdata));

    return sd_bus_message_append_strv(reply, reasons);
}

static const sd_bus_vtable manager_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("Execute", SD_BUS_ARGS("as", words), SD_BUS_RESULT("s", result),
                            on_execute, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Complete", SD_BUS_ARGS("as", words, "u", cursor),
                            SD_BUS_RESULT("s", suggestions), on_complete,
                            SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Subscribe", SD_BUS_ARGS("as", patterns), SD_BUS_NO_RESULT,
                            on_subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL_WITH_ARGS("Event", SD_BUS_ARGS("s", topic, "s", json), 0),
    SD_BUS_SIGNAL_WITH_ARGS("Lost", SD_BUS_ARGS("t", first, "t", last), 0),
    SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Plugins", "a(sss)", get_plugins, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Degraded", "b", get_degraded, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("DegradedReasons", "as", get_reasons, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_VTABLE_END,
};

int vane_manager_add(sd_bus *bus, struct vane_object *object)
{
    return sd_bus_add_object_vtable(bus, NULL, VANE_CONTROL_PATH, VANE_CONTROL_INTERFACE,
                                    manager_vtable, object);
}

void vane_manager_emit_changes(sd_bus *bus)
{
    sd_bus_emit_properties_changed(bus, VANE_CONTROL_PATH, VANE_CONTROL_INTERFACE, "Plugins",
                                   "Degraded", "DegradedReasons", NULL);
}
