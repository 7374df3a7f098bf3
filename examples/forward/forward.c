/*
 * A plugin that forwards connections: what comes in at one address goes out to another, both ways,
 * with back-pressure, half-close and any kind of address. So a Unix or TCP service of one machine
 * is reached from another through the cluster, encrypted and under its policy:
 *
 *     # here                                     # on db1
 *     [Forward postgres]                         [Forward postgres]
 *     Listen=unix:/run/netvane/pg                Listen=node:5432
 *     Connect=node:db1:5432                      Connect=tcp:127.0.0.1:5432
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <netvane/plugin.h>

#define SECTION "Forward"

static const struct vane_option options[] = {
    {
        .name = "Listen",
        .section = SECTION,
        .type = VANE_OPTION_STRING,
        .help = "The address to listen on: unix:/PATH, tcp:HOST:PORT, node:PORT",
    },
    {
        .name = "Connect",
        .section = SECTION,
        .type = VANE_OPTION_STRING,
        .help = "The address to connect to: unix:/PATH, tcp:HOST:PORT, node:NODE:PORT",
    },
    {
        .name = "ConnectTimeout",
        .section = SECTION,
        .type = VANE_OPTION_TIME,
        .default_value = "10s",
        .minimum = 1000,
        .maximum = 3600000000,
        .help = "How long connecting may take",
    },
};

static struct vane_self *self;
static const struct vane_host *host;

/* One [Forward NAME]. */
struct rule {
    LIST_ENTRY(rule) link;
    char *name, *target;
    struct vane_port *port;
    uint32_t timeout_ms;
};

struct pair;

struct side {
    struct pair *pair;
    struct vane_connection *connection; /* NULL: closed */
};

struct pair {
    LIST_ENTRY(pair) link;
    const struct rule *rule;
    struct side in, out;
};

static LIST_HEAD(rule_list, rule) rules;
static LIST_HEAD(pair_list, pair) pairs;

static struct side *other(struct side *side)
{
    return side == &side->pair->in ? &side->pair->out : &side->pair->in;
}

static void free_pair(struct pair *pair)
{
    LIST_REMOVE(pair, link);
    free(pair);
}

static void free_if_over(struct pair *pair)
{
    if (!pair->in.connection && !pair->out.connection)
        free_pair(pair);
}

static void close_side(const struct side *side, uint32_t flush)
{
    if (side->connection)
        host->ports->close(self, side->connection, flush);
}

/* ---- bytes ---- */

/* The connection has more in its queue than it should: whoever fills it waits. */
static int is_full(struct vane_connection *connection)
{
    struct vane_connection_info info = {.size = sizeof(info)};

    return host->ports->info(self, connection, &info) == 0 && info.bytes_queued >= 1u << 20;
}

static void on_received(void *user, struct vane_connection *connection, const void *data,
                        size_t length)
{
    struct side *side = user, *to = other(side);

    if (!to->connection || host->ports->send(self, to->connection, data, length) < 0)
        host->ports->close(self, connection, 0);
    else if (is_full(to->connection))
        host->ports->read(self, connection, 0);
}

static void on_drained(void *user, struct vane_connection *connection)
{
    const struct side *from = other(user);

    if (from->connection)
        host->ports->read(self, from->connection, 1);
}

/* When both directions have ended, each connection is over by itself. */
static void on_half_closed(void *user, struct vane_connection *connection)
{
    const struct side *to = other(user);

    if (to->connection)
        host->ports->shutdown(self, to->connection); /* once its queue is empty */
}

static void on_closed(void *user, struct vane_connection *connection, int error)
{
    struct side *side = user;
    struct pair *pair = side->pair;

    if (error < 0)
        host->log->print(self, VANE_LOG_NOTICE, "%s: the %s side was cut off: %s", pair->rule->name,
                         side == &pair->in ? "listening" : "connecting", strerror(-error));
    side->connection = NULL;
    if (error == 0 && other(side)->connection)
        host->ports->shutdown(self, other(side)->connection); /* its queue may take its time */
    else
        close_side(other(side), 0);
    free_if_over(pair);
}

/* ---- connections ---- */

static void on_connected(void *user, struct vane_connection *connection, int error)
{
    struct side *side = user;
    struct pair *pair = side->pair;

    if (error == 0) {
        host->ports->read(self, pair->in.connection, 1);
        return;
    }
    host->log->print(self, VANE_LOG_NOTICE, "%s: cannot connect to %s: %s", pair->rule->name,
                     pair->rule->target, strerror(-error));
    side->connection = NULL;
    close_side(&pair->in, 0);
    free_if_over(pair);
}

static const struct vane_port_events events = {
    .size = sizeof(events),
    .connected = on_connected,
    .received = on_received,
    .half_closed = on_half_closed,
    .drained = on_drained,
    .closed = on_closed,
};

static int on_accepted(void *user, struct vane_connection *connection, void **connection_user)
{
    const struct rule *rule = user;
    const struct vane_port_options how = {
        .size = sizeof(how), .flags = VANE_PORT_KEEP_OPEN, .dial_timeout_ms = rule->timeout_ms};
    struct pair *pair = calloc(1, sizeof(*pair));
    int r;

    if (!pair)
        return -ENOMEM;
    pair->rule = rule;
    pair->in = (struct side){.pair = pair, .connection = connection};
    pair->out.pair = pair;
    LIST_INSERT_HEAD(&pairs, pair, link);
    r = host->ports->dial(self, rule->target, &how, &events, &pair->out, &pair->out.connection);
    if (r < 0) {
        free_pair(pair);
        return r;
    }
    *connection_user = &pair->in;
    return host->ports->read(self, connection, 0); /* until there is somebody to send it to */
}

/* ---- life ---- */

static void free_rule(struct rule *rule)
{
    host->ports->unbind(self, rule->port);
    LIST_REMOVE(rule, link);
    free(rule->name);
    free(rule->target);
    free(rule);
}

static int start_rule(const char *section)
{
    const struct vane_port_options how = {.size = sizeof(how), .flags = VANE_PORT_KEEP_OPEN};
    struct vane_port_events server = events;
    struct rule *rule = calloc(1, sizeof(*rule));
    const char *address, *target;
    int64_t microseconds;

    if (!rule)
        return -ENOMEM;
    LIST_INSERT_HEAD(&rules, rule, link);
    server.accepted = on_accepted;
    if (host->config->get_string(self, section, "Listen", &address) < 0 || !*address ||
        host->config->get_string(self, section, "Connect", &target) < 0 || !*target ||
        host->config->get_int64(self, section, "ConnectTimeout", &microseconds) < 0) {
        host->log->print(self, VANE_LOG_ERROR,
                         "[" SECTION " %s] needs Listen= and Connect=", section);
        return -EINVAL;
    }
    rule->name = strdup(section);
    rule->target = strdup(target);
    rule->timeout_ms = (uint32_t)(microseconds / 1000);
    return host->ports->listen(self, address, &how, &server, rule, &rule->port);
}

static int init(struct vane_self *given, const struct vane_host *tables)
{
    const char *const *sections;
    uint32_t count = 0;
    int r;

    self = given;
    host = tables;
    r = host->config->sections(self, SECTION, &sections, &count);
    for (uint32_t i = 0; i < count && r >= 0; i++)
        r = start_rule(sections[i]);
    return r < 0 ? r : 0;
}

/* The host ends connections that are left, and calls nobody about them. */
static int stop(struct vane_self *given)
{
    while (!LIST_EMPTY(&pairs))
        free_pair(LIST_FIRST(&pairs));
    while (!LIST_EMPTY(&rules))
        free_rule(LIST_FIRST(&rules));
    return 0;
}

static const char *const after[] = {"cluster", NULL};

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD_NEEDING("forward", "1.0", 1),
    .description = "Forwards connections from one address to another, across machines, too",
    .licence = "MIT",
    .after_plugins = after,
    VANE_PLUGIN_OPTIONS(options),
    .init = init,
    .shutdown = stop,
};
VANE_PLUGIN(plugin)
