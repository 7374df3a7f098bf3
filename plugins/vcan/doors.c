/* The sockets that clients connect to. */
#include <errno.h>
#include <string.h>

#include "plugins/vcan/vcan.h"

#define HIGH_WATER (256u * 1024u) /* answers that a client has not taken */

static int on_accepted(void *user, struct vane_connection *connection, void **connection_user)
{
    struct vane_vcan_client *client;
    int r = vane_vcan_client_new(user, connection, &client);

    if (r == 0)
        *connection_user = client;
    return r;
}

static void on_received(void *user, struct vane_connection *connection, const void *data,
                        size_t length)
{
    vane_vcan_client_received(user, data, length);
}

static void on_half_closed(void *user, struct vane_connection *connection)
{
    vane_vcan_client_ended(user);
}

static void on_drained(void *user, struct vane_connection *connection)
{
    vane_vcan_client_drained(user);
}

static void on_closed(void *user, struct vane_connection *connection, int error)
{
    vane_vcan_client_free(user);
}

static const struct vane_port_events events = {
    .size = sizeof(events),
    .accepted = on_accepted,
    .received = on_received,
    .half_closed = on_half_closed,
    .drained = on_drained,
    .closed = on_closed,
};

static int listen_at(struct vane_vcan *vcan, const char *address)
{
    const struct vane_port_options options = {
        .size = sizeof(options),
        .flags = VANE_PORT_KEEP_OPEN | VANE_PORT_PEER_NETNS,
        .mode = vcan->options.mode,
        .max_connections = vcan->options.max_clients,
        .max_connections_per_uid = vcan->options.max_clients_per_user,
        .high_water = HIGH_WATER,
        .group = vcan->options.group,
    };
    struct vane_vcan_door *door = g_new0(struct vane_vcan_door, 1);
    int r;

    door->vcan = vcan;
    r = vcan->host->ports->listen(vcan->self, address, &options, &events, door, &door->port);
    if (r < 0) {
        g_free(door);
        return r;
    }
    door->address = g_strdup(address);
    g_ptr_array_add(vcan->doors, door);
    return 0;
}

static struct vane_vcan_door *find(const struct vane_vcan *vcan, const char *address)
{
    for (guint i = 0; i < vcan->doors->len; i++) {
        struct vane_vcan_door *door = g_ptr_array_index(vcan->doors, i);

        if (strcmp(door->address, address) == 0)
            return door;
    }
    return NULL;
}

/* At a place that nobody has asked for there may be HyCAN's own daemon, which is no reason for the
 * whole host to go without network events. */
static int open_one(struct vane_vcan *vcan, const char *address)
{
    bool may_fail = vcan->options.listen_is_default;
    int r = find(vcan, address) ? 0 : listen_at(vcan, address);

    if (r == 0)
        return 0;
    vcan->host->log->print(vcan->self, may_fail ? VANE_LOG_WARNING : VANE_LOG_ERROR,
                           "%s cannot be listened on: %s%s", address, g_strerror(-r),
                           may_fail ? "; no program is served there (set Listen= to another place)"
                                    : "");
    return may_fail ? 0 : r;
}

static void close_door(struct vane_vcan *vcan, struct vane_vcan_door *door)
{
    (void)vcan->host->ports->unbind(vcan->self, door->port);
    g_free(door->address);
    g_free(door);
}

/* Those that stay wanted keep their clients. */
static void close_unwanted(struct vane_vcan *vcan)
{
    for (guint i = vcan->doors->len; i > 0; i--) {
        struct vane_vcan_door *door = g_ptr_array_index(vcan->doors, i - 1);

        if (g_strv_contains((const char *const *)vcan->options.listen, door->address))
            continue;
        g_ptr_array_remove_index(vcan->doors, i - 1);
        close_door(vcan, door);
    }
}

int vane_vcan_doors_open(struct vane_vcan *vcan)
{
    for (char **address = vcan->options.listen; *address; address++) {
        int r = open_one(vcan, *address);

        if (r < 0)
            return r;
    }
    close_unwanted(vcan);
    return 0;
}

void vane_vcan_doors_close(struct vane_vcan *vcan)
{
    for (guint i = 0; i < vcan->doors->len; i++)
        close_door(vcan, g_ptr_array_index(vcan->doors, i));
    g_ptr_array_set_size(vcan->doors, 0);
}
