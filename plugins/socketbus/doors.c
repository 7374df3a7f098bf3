/* The addresses that clients connect to. */
#include <errno.h>
#include <string.h>

#include "plugins/socketbus/client.h"

#define SOCKET_MODE 0666u

static int on_accepted(void *user, struct vane_connection *connection, void **connection_user)
{
    struct vane_client *client;
    int r = vane_client_accept(user, connection, &client);

    if (r == 0)
        *connection_user = client;
    return r;
}

static void on_received(void *user, struct vane_connection *connection, const void *data,
                        size_t length)
{
    vane_client_received(user, data, length);
}

static void on_half_closed(void *user, struct vane_connection *connection)
{
    vane_client_half_closed(user);
}

static void on_drained(void *user, struct vane_connection *connection)
{
    struct vane_client *client = user;

    client->blocked = false;
    vane_flush_client(client);
}

static void on_closed(void *user, struct vane_connection *connection, int error)
{
    vane_client_free(user);
}

static const struct vane_port_events events = {
    .size = sizeof(events),
    .accepted = on_accepted,
    .received = on_received,
    .half_closed = on_half_closed,
    .drained = on_drained,
    .closed = on_closed,
};

static int listen_at(struct vane_socketbus *bus, const char *address, bool compat)
{
    const struct vane_port_options options = {
        .size = sizeof(options),
        .flags = VANE_PORT_KEEP_OPEN,
        .mode = SOCKET_MODE,
        .max_connections = bus->options.max_clients,
        .max_connections_per_uid = bus->options.max_clients_per_user,
        .high_water = 1, /* one piece at a time: what waits, waits in the queues */
        .low_water = 1,
    };
    struct vane_door *door = g_new0(struct vane_door, 1);
    int r;

    door->bus = bus;
    door->compat = compat;
    r = bus->host->ports->listen(bus->self, address, &options, &events, door, &door->port);
    if (r < 0) {
        g_free(door);
        return r;
    }
    door->address = g_strdup(address);
    g_ptr_array_add(bus->doors, door);
    return 0;
}

static struct vane_door *find(const struct vane_socketbus *bus, const char *address, bool compat)
{
    for (guint i = 0; i < bus->doors->len; i++) {
        struct vane_door *door = g_ptr_array_index(bus->doors, i);

        if (door->compat == compat && strcmp(door->address, address) == 0)
            return door;
    }
    return NULL;
}

/* Somebody else may hold the place of HaloX, which is HaloX perhaps: that is no reason to do
 * nothing at all. */
static int open_one(struct vane_socketbus *bus, const char *address, bool compat)
{
    int r = find(bus, address, compat) ? 0 : listen_at(bus, address, compat);

    if (r == 0)
        return 0;
    bus->host->log->print(bus->self, compat ? VANE_LOG_WARNING : VANE_LOG_ERROR,
                          "%s=%s cannot be listened on: %s%s", compat ? "CompatListen" : "Listen",
                          address, g_strerror(-r),
                          compat ? "; clients of HaloX are not served there" : "");
    return compat ? 0 : r;
}

static void close_door(struct vane_socketbus *bus, struct vane_door *door)
{
    (void)bus->host->ports->unbind(bus->self, door->port);
    g_free(door->address);
    g_free(door);
}

static bool is_wanted(const struct vane_socketbus *bus, const struct vane_door *door)
{
    char **wanted = door->compat ? bus->options.compat : bus->options.listen;

    return g_strv_contains((const char *const *)wanted, door->address);
}

/* Those that stay wanted keep their clients. */
static void close_unwanted(struct vane_socketbus *bus)
{
    for (guint i = bus->doors->len; i > 0; i--) {
        struct vane_door *door = g_ptr_array_index(bus->doors, i - 1);

        if (is_wanted(bus, door))
            continue;
        g_ptr_array_remove_index(bus->doors, i - 1);
        close_door(bus, door);
    }
}

int vane_doors_open(struct vane_socketbus *bus)
{
    int r = 0;

    for (char **at = bus->options.listen; *at && r == 0; at++)
        r = open_one(bus, *at, false);
    for (char **at = bus->options.compat; *at && r == 0; at++)
        r = open_one(bus, *at, true);
    if (r == 0)
        close_unwanted(bus);
    return r;
}

void vane_doors_close(struct vane_socketbus *bus)
{
    while (bus->doors->len > 0) {
        struct vane_door *door = g_ptr_array_index(bus->doors, bus->doors->len - 1);

        g_ptr_array_remove_index(bus->doors, bus->doors->len - 1);
        close_door(bus, door);
    }
}
