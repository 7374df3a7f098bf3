/* The link table of an engine. See table.h. */
#include "engine/links/table.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/links/identify.h"
#include "engine/links/table-internal.h"
#include "engine/log.h"

#define RECEIVE_BUFFER (32u << 20)

static void publish(void *user, const char *topic, const struct vane_payload *payload)
{
    struct vane_link_table *table = user;
    int r = vane_event_bus_publish(table->engine->bus, topic, payload, NULL, NULL);

    if (r < 0)
        vane_warning("links", "event %s not published: %s", topic, strerror(-r));
}

static struct vane_link_identity *identify(void *user, const struct vane_rtnl_link *link)
{
    struct vane_link_table *table = user;

    return vane_link_identify(table->ethtool_fd, link);
}

static void appeared(void *user, const struct vane_link_snapshot *link)
{
    struct vane_link_table *table = user;

    if (table->wifi && link->identity->devtype && strcmp(link->identity->devtype, "wlan") == 0)
        vane_wifi_link_appeared(table->wifi, link->facts->kernel.index);
}

static uint64_t now_ms(void *user)
{
    return (uint64_t)(g_get_monotonic_time() / 1000);
}

static void tell_ready(struct vane_link_table *table)
{
    if (table->told_ready || !table->kernel_ready || !table->networkd_ready || !table->wifi_ready)
        return;
    table->told_ready = true;
    vane_link_store_set_live(table->store, true);
    vane_debug("links", "%u links known", vane_link_store_count(table->store));
    if (table->ready)
        table->ready(table->user);
}

static void networkd_ready(void *user)
{
    struct vane_link_table *table = user;

    table->networkd_ready = true;
    tell_ready(table);
}

static void networkd_drain(void *user)
{
    struct vane_link_table *table = user;

    vane_netlink_drain(table->netlink);
}

/* Watching goes on without what this machine lacks. */
static void start_networkd(struct vane_link_table *table)
{
    struct vane_networkd_callbacks callbacks = {networkd_ready, networkd_drain, table};
    int r;

    if (table->options.no_networkd) {
        networkd_ready(table);
        return;
    }
    r = vane_networkd_start(&table->engine->loop, table->store, NULL, &callbacks, &table->networkd);
    if (r < 0) {
        vane_warning("links", "systemd-networkd is not watched: %s", strerror(-r));
        networkd_ready(table);
    }
}

static void wifi_ready(void *user)
{
    struct vane_link_table *table = user;

    table->wifi_ready = true;
    tell_ready(table);
}

static void start_wifi(struct vane_link_table *table)
{
    int r = vane_wifi_start(&table->engine->loop, table->store, wifi_ready, table, &table->wifi);

    if (r < 0) {
        vane_info("links", "Wi-Fi is not watched: %s", strerror(-r));
        wifi_ready(table);
    }
}

/* networkd's states need the links that they are about. */
static void kernel_ready(void *user)
{
    struct vane_link_table *table = user;

    table->kernel_ready = true;
    start_wifi(table);
    start_networkd(table);
}

static void kernel_lost(void *user, uint64_t count)
{
    struct vane_link_table *table = user;
    const struct vane_field fields[] = {
        vane_string("source", "netlink"),
        vane_uint64("losses", count),
    };
    struct vane_fields list = VANE_FIELDS(fields);

    vane_warning("links", "netlink messages were lost (%" PRIu64 " time%s so far); dumping anew",
                 count, count == 1 ? "" : "s");
    vane_event_bus_publish_fields(table->engine->bus, "engine.loss", &list, NULL);
}

static struct vane_link_table *new_table(struct vane_engine *engine,
                                         const struct vane_link_options *options)
{
    struct vane_link_table *table = g_new0(struct vane_link_table, 1);
    struct vane_link_outlet outlet = {publish, identify, appeared, now_ms, table};

    table->engine = engine;
    if (options)
        table->options = *options;
    if (table->options.receive_buffer == 0)
        table->options.receive_buffer = RECEIVE_BUFFER;
    table->ethtool_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    table->store = vane_link_store_new(&outlet);
    return table;
}

static void free_table(struct vane_link_table *table)
{
    vane_link_requests_free(table->requests);
    vane_wifi_stop(table->wifi);
    vane_networkd_stop(table->networkd);
    vane_netlink_stop(table->netlink);
    vane_link_store_free(table->store);
    if (table->ethtool_fd >= 0)
        close(table->ethtool_fd);
    g_free(table);
}

int vane_link_table_start(struct vane_engine *engine, const struct vane_link_options *options,
                          void (*ready)(void *user), void *user)
{
    struct vane_link_table *table = new_table(engine, options);
    struct vane_netlink_callbacks callbacks = {kernel_ready, kernel_lost, table};
    int r;

    table->ready = ready;
    table->user = user;
    r = vane_link_requests_new(&engine->loop, &table->requests);
    if (r == 0)
        r = vane_netlink_start(&engine->loop, table->store, table->options.receive_buffer,
                               &callbacks, &table->netlink);
    if (r < 0) {
        free_table(table);
        return r;
    }
    engine->links = table;
    return 0;
}

void vane_link_table_stop(struct vane_engine *engine)
{
    struct vane_link_table *table = g_steal_pointer(&engine->links);

    if (table)
        free_table(table);
}

bool vane_link_table_ready(const struct vane_link_table *table)
{
    return table->told_ready;
}

uint32_t vane_link_table_count(const struct vane_link_table *table)
{
    return vane_link_store_count(table->store);
}

const struct vane_payload *vane_link_table_next(const struct vane_link_table *table, uint32_t after)
{
    const struct vane_link_snapshot *link = vane_link_store_next(table->store, after);

    return link ? &link->payload : NULL;
}

const struct vane_payload *vane_link_table_find(const struct vane_link_table *table,
                                                const char *name)
{
    const struct vane_link_snapshot *link = vane_link_store_get_by_name(table->store, name);

    return link ? &link->payload : NULL;
}
