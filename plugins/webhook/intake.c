/*
 * From the bus to the outbox: each event once for every endpoint that wants it. When too much waits
 * to be written the bus is asked to hold back; only when its queue is full, too, events are lost,
 * and that is said.
 */
#include "plugins/webhook/webhook.h"

#include <string.h>

#define SUBSCRIPTION_QUEUE (1u << 17)
/* What there is to say of webhooks goes to no webhook: that would never end. */
#define OWN_TOPICS "webhook.>"

/* The epoch is the process's: a plugin that is restarted goes on behind what it has seen. */
static uint64_t seen_in_this_process;

/* What cannot be told is not sent: a condition asks for less, never for more. */
static bool meets(struct vane_webhook_endpoint *endpoint, const struct vane_event *event)
{
    const struct vane_webhook_plugin *plugin = endpoint->plugin;
    const char *why = NULL;
    int r;

    if (!endpoint->options->where)
        return true;
    r = vane_where_holds(endpoint->options->where, plugin->host->bus, event, &why);
    if (r >= 0)
        return r > 0;
    if (endpoint->where_errors++ == 0)
        plugin->host->log->print(
            plugin->self, VANE_LOG_WARNING,
            "endpoint %s: Where= cannot be told of event %s, which is not "
            "sent: %s (has(NAME) tells whether there is a field); further ones "
            "are counted",
            endpoint->options->name, plugin->host->bus->event_id(event), why);
    return false;
}

/* The endpoint that a rule's webhook names; NULL: none, or another event. */
static const char *addressee(const struct vane_webhook_plugin *plugin,
                             const struct vane_event *event, const char *topic)
{
    const struct vane_bus *bus = plugin->host->bus;
    const char *name;

    if (strcmp(topic, "policy.webhook") != 0 ||
        bus->get_string(bus->event_payload(event), "endpoint", &name) < 0)
        return NULL;
    return name;
}

static bool wants(struct vane_webhook_endpoint *endpoint, const struct vane_event *event,
                  const char *topic, const char *named)
{
    if (!vane_endpoint_url(endpoint) || endpoint->state == VANE_ENDPOINT_DISABLED)
        return false;
    if (named)
        return strcmp(named, endpoint->options->name) == 0;
    return endpoint->plugin->host->bus->match(endpoint->options->topics, topic) > 0 &&
           meets(endpoint, event);
}

static void complain_of_nobody(struct vane_webhook_plugin *plugin, const struct vane_event *event,
                               const char *named)
{
    if (plugin->astray++ == 0)
        plugin->host->log->print(plugin->self, VANE_LOG_WARNING,
                                 "a rule's webhook (event %s) names the endpoint %s, which there "
                                 "is not, or is disabled; it is not sent; further ones are counted",
                                 plugin->host->bus->event_id(event), named);
}

static void enter(struct vane_webhook_endpoint *endpoint, const struct vane_event *event)
{
    struct vane_webhook_plugin *plugin = endpoint->plugin;
    const struct vane_bus *bus = plugin->host->bus;
    struct vane_webhook_entry entry = {.endpoint = endpoint};

    if (bus->event_json(event, &entry.message.json, &entry.message.length) < 0)
        return;
    entry.message.event = bus->event_ref(event);
    entry.message.time_ns = bus->event_time(event);
    endpoint->incoming++;
    plugin->intake_bytes += entry.message.length;
    g_array_append_val(plugin->intake, entry);
}

static bool is_full(const struct vane_webhook_plugin *plugin)
{
    return !plugin->opened || plugin->intake->len >= VANE_INTAKE_MESSAGES ||
           plugin->intake_bytes >= VANE_INTAKE_BYTES;
}

static bool is_of_webhooks(const struct vane_webhook_plugin *plugin, const struct vane_event *event,
                           const char *topic)
{
    const struct vane_bus *bus = plugin->host->bus;
    const char *action;

    return (strcmp(topic, "policy.denied") == 0 || strcmp(topic, "policy.would_deny") == 0) &&
           bus->get_string(bus->event_payload(event), "action", &action) == 0 &&
           strcmp(action, "webhook.deliver") == 0;
}

static int on_event(void *user, const struct vane_event *event)
{
    struct vane_webhook_plugin *plugin = user;
    const char *topic = plugin->host->bus->event_topic(event), *named;
    bool wanted = false;

    vane_webhook_mind_clock(plugin);
    if (is_full(plugin)) {
        plugin->full = true;
        return VANE_BUSY;
    }
    seen_in_this_process = plugin->host->bus->event_seq(event);
    if (is_of_webhooks(plugin, event, topic))
        return VANE_OK;
    named = addressee(plugin, event, topic);
    for (guint i = 0; i < plugin->endpoints->len; i++)
        if (wants(plugin->endpoints->pdata[i], event, topic, named)) {
            enter(plugin->endpoints->pdata[i], event);
            wanted = true;
        }
    if (named && !wanted)
        complain_of_nobody(plugin, event, named);
    if (plugin->intake->len > 0)
        vane_webhook_kick(plugin);
    return VANE_OK;
}

static void on_lost(void *user, uint64_t first, uint64_t last)
{
    struct vane_webhook_plugin *plugin = user;

    seen_in_this_process = last;
    plugin->overflowed += last - first + 1;
    vane_report_dropped(plugin, NULL, "overflow", last - first + 1);
}

void vane_webhook_intake_resume(struct vane_webhook_plugin *plugin)
{
    if (!plugin->full || !plugin->subscription || is_full(plugin))
        return;
    plugin->full = false;
    (void)plugin->host->bus->resume(plugin->self, plugin->subscription);
}

int vane_webhook_intake_start(struct vane_webhook_plugin *plugin, bool past)
{
    struct vane_subscribe subscribe = {
        .size = sizeof(subscribe),
        .flags = VANE_SUBSCRIBE_REPLAY,
        .queue_length = SUBSCRIPTION_QUEUE,
        .since = seen_in_this_process,
        .lost = on_lost,
        .except = OWN_TOPICS,
    };
    uint64_t next = 1;

    (void)plugin->host->bus->position(plugin->self, &next, NULL);
    if (!past)
        subscribe.since = next - 1;
    else if (subscribe.since >= next) /* another engine in the same process */
        subscribe.since = 0;
    return plugin->host->bus->subscribe(plugin->self, ">", &subscribe, on_event, plugin,
                                        &plugin->subscription);
}

void vane_webhook_intake_stop(struct vane_webhook_plugin *plugin)
{
    if (plugin->subscription)
        (void)plugin->host->bus->unsubscribe(plugin->self, g_steal_pointer(&plugin->subscription));
}
