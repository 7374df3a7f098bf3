/*
 * The same object on the system bus, whenever there is one. Who calls is asked of the bus daemon,
 * once a sender, without waiting for it; calls wait in order meanwhile.
 */
#include <errno.h>
#include <stddef.h>

#include "engine/control/system.h"
#include "engine/log.h"
#include "lib/cleanup.h"

#define DRAIN_MS 10u

static void on_drain(uv_timer_t *timer);

/* All senders share one connection, which is written to by itself as the bus takes it. */
void vane_system_sent(struct vane_peer *peer)
{
    struct vane_sender *sender = (struct vane_sender *)peer;

    if (peer->stalled)
        uv_timer_start(&sender->system->drain, on_drain, DRAIN_MS, 0);
}

static void on_drain(uv_timer_t *timer)
{
    struct vane_system_bus *system = timer->data;
    GHashTableIter iterator;
    gpointer value;
    bool stalled = false;

    g_hash_table_iter_init(&iterator, system->senders);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct vane_sender *sender = value;

        vane_peer_drained(&sender->peer);
        stalled |= sender->peer.stalled;
    }
    if (stalled)
        uv_timer_start(&system->drain, on_drain, DRAIN_MS, 0);
}

static int on_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct vane_system_bus *system = userdata;
    const char *name, *before, *after;

    if (sd_bus_message_read(message, "sss", &name, &before, &after) >= 0 && *after == '\0')
        g_hash_table_remove(system->senders, name);
    return 0;
}

static int on_name(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    const sd_bus_error *refusal = sd_bus_message_get_error(message);
    struct vane_system_bus *system = userdata;

    if (sd_bus_is_open(system->bus) <= 0)
        return 1; /* nobody has refused it: the connection has gone, and on_gone() follows */
    vane_bus_retry_answered(system->retry);
    if (refusal)
        vane_warning("control",
                     "the system bus does not give us the name %s: %s; there is the private "
                     "socket only, until the bus has read %s.conf (in dbus-1/system.d)",
                     VANE_CONTROL_NAME, refusal->message, VANE_CONTROL_NAME);
    else
        vane_info("control", "on the system bus as %s", VANE_CONTROL_NAME);
    return 1;
}

static void disconnect(struct vane_system_bus *system)
{
    uv_timer_stop(&system->drain);
    g_hash_table_remove_all(system->senders);
    system->owner_match = sd_bus_slot_unref(system->owner_match);
    system->request = sd_bus_slot_unref(system->request);
    vane_sdbus_detach(g_steal_pointer(&system->attached));
    system->bus = sd_bus_close_unref(system->bus);
}

static void on_gone(void *user, int error)
{
    struct vane_system_bus *system = user;

    vane_info("control", "the system bus has gone (%s); waiting for it", g_strerror(-error));
    disconnect(system);
    vane_bus_retry_later(system->retry);
}

static int set_up(struct vane_system_bus *system)
{
    int r = vane_manager_add(system->bus, &system->object);

    if (r >= 0)
        r = sd_bus_match_signal_async(system->bus, &system->owner_match, "org.freedesktop.DBus",
                                      "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                      "NameOwnerChanged", on_owner_changed, NULL, system);
    if (r >= 0)
        r = sd_bus_request_name_async(system->bus, &system->request, VANE_CONTROL_NAME, 0, on_name,
                                      system);
    if (r >= 0)
        r = vane_sdbus_attach(system->bus, &system->control->engine->loop, on_gone, system,
                              &system->attached);
    return r;
}

static void connect_bus(struct vane_system_bus *system)
{
    int r = sd_bus_open_system_with_description(&system->bus, "control");

    if (r >= 0)
        r = set_up(system);
    if (r >= 0) {
        vane_bus_retry_connected(system->retry);
        return;
    }
    if (!system->complained)
        vane_info("control", "no system bus (%s); there is the private socket only",
                  g_strerror(-r));
    system->complained = true;
    disconnect(system);
    vane_bus_retry_later(system->retry);
}

static void on_retry(void *user)
{
    connect_bus(user);
}

static void on_closed(uv_handle_t *handle)
{
    struct vane_system_bus *system = handle->data;
    struct vane_control *control = system->control;

    g_hash_table_unref(system->senders);
    g_free(system);
    vane_control_handle_closed(control);
}

int vane_system_start(struct vane_control *control)
{
    struct vane_system_bus *system = g_new0(struct vane_system_bus, 1);

    system->control = control;
    system->object = (struct vane_object){control, vane_sender_route};
    system->senders = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, vane_sender_free);
    uv_timer_init(&control->engine->loop, &system->drain);
    system->drain.data = system;
    control->handles++;
    control->system = system;
    system->retry = vane_bus_retry_new(&control->engine->loop, on_retry, system);
    connect_bus(system);
    return 0;
}

void vane_system_stop(struct vane_control *control)
{
    struct vane_system_bus *system = g_steal_pointer(&control->system);

    if (!system)
        return;
    disconnect(system);
    vane_bus_retry_free(system->retry);
    uv_close((uv_handle_t *)&system->drain, on_closed);
}

void vane_system_emit_changes(struct vane_control *control)
{
    if (control->system && control->system->bus)
        vane_manager_emit_changes(control->system->bus);
}
