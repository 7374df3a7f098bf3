/* The system bus: connected to, lost, and found again. See cluster.h. */
#include <errno.h>

#include <uv.h>

#include "lib/sdbus/sdbus.h"
#include "plugins/cluster/cluster.h"
#include "plugins/cluster/objects.h"
#include "plugins/cluster/request.h"
#include "plugins/cluster/signals.h"

#define RETRY_FIRST_MS 100u
#define RETRY_MOST_MS  10000u

struct vane_sysbus {
    struct vane_cluster *cluster;
    struct vane_sdbus *attached;
    struct vane_timer *retry;
    uint64_t delay_ms;
    bool complained;
};

static void connect_bus(struct vane_sysbus *sysbus);

static void on_retry(void *user)
{
    struct vane_sysbus *sysbus = user;

    sysbus->retry = NULL;
    connect_bus(sysbus);
}

static void disconnect(struct vane_sysbus *sysbus)
{
    struct vane_cluster *cluster = sysbus->cluster;

    vane_signals_stop(cluster);
    vane_lanes_end(cluster, VANE_ERROR_NO_BUS, "this machine's system bus has gone");
    g_clear_pointer(&cluster->objects, vane_objects_free);
    vane_sdbus_detach(g_steal_pointer(&sysbus->attached));
    cluster->bus = sd_bus_close_unref(cluster->bus);
}

static void retry_later(struct vane_sysbus *sysbus, int error)
{
    struct vane_cluster *cluster = sysbus->cluster;

    if (!sysbus->complained)
        (void)cluster->host->log->print(cluster->self, VANE_LOG_INFO,
                                        "no system bus (%s); waiting for it", g_strerror(-error));
    sysbus->complained = true;
    disconnect(sysbus);
    (void)cluster->host->loop->timer_start(cluster->self, sysbus->delay_ms, 0, on_retry, sysbus,
                                           &sysbus->retry);
    sysbus->delay_ms = MIN(sysbus->delay_ms * 2, RETRY_MOST_MS);
}

static void on_gone(void *user, int error)
{
    retry_later(user, error);
}

/* The first answer of the bus: it is there, and knows us. */
static int on_hello(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct vane_sysbus *sysbus = user;

    sysbus->delay_ms = RETRY_FIRST_MS;
    sysbus->complained = false;
    return 0;
}

static int set_up(struct vane_sysbus *sysbus)
{
    struct vane_cluster *cluster = sysbus->cluster;
    void *loop = NULL;
    int r = cluster->host->loop->native(cluster->self, "libuv.so.1", &loop);

    if (r >= 0)
        r = sd_bus_call_method_async(cluster->bus, NULL, "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId",
                                     on_hello, sysbus, "");
    return r < 0 ? r : vane_sdbus_attach(cluster->bus, loop, on_gone, sysbus, &sysbus->attached);
}

static void connect_bus(struct vane_sysbus *sysbus)
{
    struct vane_cluster *cluster = sysbus->cluster;
    int r = sd_bus_open_system_with_description(&cluster->bus, "cluster");

    if (r >= 0)
        r = set_up(sysbus);
    if (r < 0) {
        retry_later(sysbus, r);
        return;
    }
    cluster->objects = vane_objects_new();
    vane_signals_start(cluster);
}

void vane_sysbus_start(struct vane_cluster *cluster)
{
    cluster->sysbus = g_new0(struct vane_sysbus, 1);
    cluster->sysbus->cluster = cluster;
    cluster->sysbus->delay_ms = RETRY_FIRST_MS;
    connect_bus(cluster->sysbus);
}

void vane_sysbus_stop(struct vane_cluster *cluster)
{
    struct vane_sysbus *sysbus = g_steal_pointer(&cluster->sysbus);

    if (!sysbus)
        return;
    if (sysbus->retry)
        (void)cluster->host->loop->timer_stop(cluster->self, sysbus->retry);
    disconnect(sysbus);
    g_free(sysbus);
}
