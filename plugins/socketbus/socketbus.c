/*
 * The socket broadcaster: events as lines of JSON for whoever connects to a Unix socket, in the
 * format of HaloX or as a stream that can be resumed. This file is the plugin's life.
 */
#include "plugins/socketbus/socketbus.h"

#include <errno.h>

#include <netvane/plugin.h>

#include "plugins/socketbus/client.h"

#define CONTROL_GROUP "netvane"

static struct vane_socketbus plugin_state;

static const struct vane_option options[] = {
    {
        .name = "Listen",
        .type = VANE_OPTION_LIST,
        .default_value = "events.sock",
        .help = "Where clients connect to: paths, names in the runtime directory, or addresses of "
                "the form unix:PATH and fd:NAME",
    },
    {
        .name = "CompatListen",
        .type = VANE_OPTION_LIST,
        .default_value = "/run/networkd-dispatcher.sock",
        .help = "The same for clients of HaloX, who get its stream at once; empty: none",
    },
    {
        .name = "QueueLength",
        .type = VANE_OPTION_INTEGER,
        .default_value = "16384",
        .minimum = 16,
        .maximum = 1048576,
        .help = "How many events may wait for a client that does not keep up; then the oldest go",
    },
    {
        .name = "QueueSize",
        .type = VANE_OPTION_SIZE,
        .default_value = "16M",
        .minimum = 65536,
        .maximum = 1073741824,
        .help = "How many bytes of lines may wait for a client that does not keep up",
    },
    {
        .name = "QueueMemory",
        .type = VANE_OPTION_SIZE,
        .default_value = "64M",
        .minimum = 1048576,
        .maximum = 17179869184,
        .help = "How much memory the waiting lines of all clients together may take",
    },
    {
        .name = "MaxClients",
        .type = VANE_OPTION_INTEGER,
        .default_value = "4096",
        .minimum = 1,
        .maximum = 65536,
        .help = "How many clients each socket takes",
    },
    {
        .name = "MaxClientsPerUser",
        .type = VANE_OPTION_INTEGER,
        .default_value = "256",
        .minimum = 1,
        .maximum = 65536,
        .help = "How many clients of one user each socket takes; root is exempt",
    },
};

static void release(struct vane_socketbus *bus)
{
    vane_events_end(bus);
    vane_socketbus_options_clear(&bus->options);
    g_ptr_array_unref(bus->doors);
    g_string_free(bus->scratch, TRUE);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_socketbus *bus = &plugin_state;
    int r;

    *bus = (struct vane_socketbus){
        .self = self,
        .host = host,
        .control_group = {.name = CONTROL_GROUP},
        .doors = g_ptr_array_new(),
        .scratch = g_string_new(NULL),
    };
    vane_socketbus_options_read(bus, &bus->options);
    r = vane_events_begin(bus);
    if (r == 0)
        r = vane_socketbus_show_add(bus);
    if (r == 0)
        r = vane_doors_open(bus);
    if (r < 0) {
        vane_doors_close(bus);
        release(bus);
        return r;
    }
    vane_past_watch(bus);
    return 0;
}

static bool limits_differ(const struct vane_socketbus_options *a,
                          const struct vane_socketbus_options *b)
{
    return a->max_clients != b->max_clients || a->max_clients_per_user != b->max_clients_per_user;
}

/* A socket whose options stay keeps its clients; the limits are a property of all sockets. */
static int reload(struct vane_self *self)
{
    struct vane_socketbus *bus = &plugin_state;
    struct vane_socketbus_options old = bus->options;
    int r;

    bus->control_group = (struct vane_group){.name = CONTROL_GROUP};
    vane_socketbus_options_read(bus, &bus->options);
    if (limits_differ(&old, &bus->options))
        vane_doors_close(bus);
    r = vane_doors_open(bus);
    if (r < 0) {
        vane_socketbus_options_clear(&bus->options);
        bus->options = old;
        (void)vane_doors_open(bus);
        return r;
    }
    vane_socketbus_options_clear(&old);
    return 0;
}

/* The host has closed the last client's connection. */
static void on_idle(struct vane_socketbus *bus)
{
    release(bus);
    (void)bus->host->loop->done(bus->self, 0);
}

static int shutdown(struct vane_self *self)
{
    struct vane_socketbus *bus = &plugin_state;

    vane_socketbus_show_remove(bus);
    vane_past_unwatch(bus);
    vane_doors_close(bus);
    if (bus->clients.length > 0) {
        bus->idle = on_idle;
        return -EINPROGRESS;
    }
    release(bus);
    return 0;
}

static const char *const after[] = {"journal", NULL};

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD("socketbus", "1.0"),
    .description = "Broadcasts events as JSON over Unix sockets",
    .licence = "MIT",
    .after_plugins = after,
    VANE_PLUGIN_OPTIONS(options),
    .init = init,
    .reload = reload,
    .shutdown = shutdown,
};
VANE_PLUGIN(plugin)
