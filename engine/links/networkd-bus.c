/*
 * The connection to the system bus. Connecting and logging in go on in the background (sd-bus
 * queues until then). Nothing here makes the bus start networkd. See networkd.h.
 */
#include <errno.h>

#include "engine/links/networkd-internal.h"
#include "engine/log.h"

#define DEFAULT_ADDRESS "unix:path=/run/dbus/system_bus_socket"

static int on_name_owner_changed(sd_bus_message *message, void *user, sd_bus_error *error)
{
    const char *name, *old_owner, *new_owner;

    if (sd_bus_message_read(message, "sss", &name, &old_owner, &new_owner) < 0 ||
        !g_str_equal(name, NETWORKD_NAME))
        return 0;
    vane_networkd_set_owner(user, *new_owner ? new_owner : NULL);
    return 0;
}

static int on_name_owner(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct vane_networkd *self = user;
    const char *owner = NULL;

    if (sd_bus_is_open(self->bus) <= 0)
        return 0; /* the connection has gone, and on_gone() follows */
    vane_bus_retry_answered(self->retry);
    if (!sd_bus_message_is_method_error(message, NULL) &&
        sd_bus_message_read(message, "s", &owner) < 0)
        owner = NULL;
    vane_networkd_set_owner(self, owner);
    return 0;
}

/* The order matters: subscribed first, no change of owner goes unnoticed. */
static int ask(struct vane_networkd *self)
{
    int r = sd_bus_add_match_async(self->bus, NULL,
                                   "type='signal',sender='" BUS_DAEMON "',path='" BUS_DAEMON_PATH
                                   "',interface='" BUS_DAEMON
                                   "',member='NameOwnerChanged',arg0='" NETWORKD_NAME "'",
                                   on_name_owner_changed, NULL, self);

    if (r >= 0)
        r = sd_bus_add_match_async(self->bus, NULL,
                                   "type='signal',sender='" NETWORKD_NAME
                                   "',path_namespace='" NETWORKD_LINKS
                                   "',interface='" BUS_PROPERTIES "',member='PropertiesChanged'",
                                   vane_networkd_on_properties, NULL, self);
    if (r >= 0)
        r = sd_bus_call_method_async(self->bus, NULL, BUS_DAEMON, BUS_DAEMON_PATH, BUS_DAEMON,
                                     "GetNameOwner", on_name_owner, self, "s", NETWORKD_NAME);
    return r;
}

static int open_bus(const char *address, sd_bus **out)
{
    sd_bus *bus = NULL;
    int r = sd_bus_new(&bus);

    if (r >= 0)
        r = sd_bus_set_address(bus, address);
    if (r >= 0)
        r = sd_bus_set_bus_client(bus, 1);
    if (r >= 0)
        r = sd_bus_set_description(bus, "networkd");
    if (r >= 0)
        r = sd_bus_start(bus);
    if (r < 0) {
        sd_bus_close(bus);
        sd_bus_unref(bus);
        return r;
    }
    *out = bus;
    return 0;
}

static void on_gone(void *user, int error)
{
    vane_networkd_gone(user, error);
}

static const char *bus_address(const struct vane_networkd *self)
{
    const char *address = self->address ? self->address : g_getenv("DBUS_SYSTEM_BUS_ADDRESS");

    return address && *address ? address : DEFAULT_ADDRESS;
}

int vane_networkd_connect(struct vane_networkd *self)
{
    int r = open_bus(bus_address(self), &self->bus);

    if (r < 0)
        return r;
    r = vane_sdbus_attach(self->bus, self->loop, on_gone, self, &self->attached);
    if (r >= 0)
        r = ask(self);
    if (r < 0)
        vane_networkd_disconnect(self);
    return r < 0 ? r : 0;
}

void vane_networkd_disconnect(struct vane_networkd *self)
{
    self->rescan = sd_bus_slot_unref(self->rescan);
    self->namespace = sd_bus_slot_unref(self->namespace);
    vane_sdbus_detach(g_steal_pointer(&self->attached));
    if (self->bus) {
        sd_bus_close(self->bus);
        self->bus = sd_bus_unref(self->bus);
    }
}
