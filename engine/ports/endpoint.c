/* What a port and its connections share: the owner, its wishes and callbacks, and the counters. */
#include <errno.h>
#include <string.h>

#include "engine/ports/internal.h"

/* Structs of plugins may be shorter or longer than ours; what is missing is zero. */
static int take_sized(void *to, size_t size, const void *from)
{
    uint32_t given;

    memset(to, 0, size);
    memcpy(&given, from, sizeof(given));
    if (given < 2 * sizeof(uint32_t))
        return -EINVAL;
    memcpy(to, from, MIN(given, size));
    return 0;
}

static int fill_defaults(struct vane_port_options *options)
{
    options->mode = options->mode ? options->mode : 0600;
    options->max_connections = options->max_connections ? options->max_connections : 1024;
    options->max_connections_per_uid =
        options->max_connections_per_uid ? options->max_connections_per_uid : 256;
    options->high_water = options->high_water ? options->high_water : 1u << 20;
    if (options->low_water == 0)
        options->low_water = MAX(options->high_water / 4, 1);
    if (options->mode > 0777 || options->low_water > options->high_water)
        return -EINVAL;
    if (options->flags & ~(VANE_PORT_PEER_NETNS | VANE_PORT_KEEP_OPEN))
        return -EINVAL;
    return 0;
}

int vane_endpoint_new(struct vane_self *self, const struct vane_port_options *options,
                      const struct vane_port_events *events, void *user,
                      struct vane_endpoint **endpoint)
{
    g_autofree struct vane_endpoint *made = g_new0(struct vane_endpoint, 1);
    int r = take_sized(&made->events, sizeof(made->events), events);

    if (r == 0 && options)
        r = take_sized(&made->options, sizeof(made->options), options);
    if (r == 0)
        r = fill_defaults(&made->options);
    if (r < 0)
        return r;
    made->refs = 1;
    made->self = self;
    made->table = self->engine->ports;
    made->loop = &self->engine->loop;
    made->user = user;
    *endpoint = g_steal_pointer(&made);
    return 0;
}

struct vane_endpoint *vane_endpoint_ref(struct vane_endpoint *endpoint)
{
    endpoint->refs++;
    return endpoint;
}

void vane_endpoint_unref(struct vane_endpoint *endpoint)
{
    if (--endpoint->refs == 0)
        g_free(endpoint);
}

uint8_t *vane_endpoint_buffer(struct vane_endpoint *endpoint)
{
    struct vane_port_table *table = endpoint->table;

    if (!table->buffer)
        table->buffer = g_malloc(VANE_PORT_CHUNK);
    return table->buffer;
}
