/*
 * Netvane's own events to NATS, for machines to watch each other by:
 * netvane.CLUSTER.event.NKEY.TOPIC with the event as JSON. What happens without a connection is not
 * told later, unless there is a stream for them (stream.h). See cluster.h.
 */
#include <errno.h>
#include <string.h>

#include "plugins/cluster/stream.h"

bool vane_cluster_event_wanted(const struct vane_cluster *cluster, const char *topic)
{
    return !cluster->events_not || cluster->host->bus->match(cluster->events_not, topic) != 1;
}

static int on_event(void *user, const struct vane_event *event)
{
    struct vane_cluster *cluster = user;
    const struct vane_bus *bus = cluster->host->bus;
    const char *topic = bus->event_topic(event);
    g_autofree char *subject = NULL;
    struct vane_nats_outgoing message = {0};
    const char *json;

    if (!cluster->link.connected || !vane_cluster_event_wanted(cluster, topic))
        return 0;
    subject = g_strdup_printf("netvane.%s.event.%s.%s", cluster->options.cluster, cluster->key.nkey,
                              topic);
    message.subject = subject;
    if (bus->event_json(event, &json, &message.length) == 0) {
        message.body = json;
        if (vane_nats_publish(cluster->nats, &message) == 0) {
            cluster->counters.events++;
            return 0;
        }
    }
    cluster->counters.events_lost++;
    return 0;
}

static void on_lost(void *user, uint64_t first, uint64_t last)
{
    ((struct vane_cluster *)user)->counters.events_lost += last - first + 1;
}

/* Words with a ! in front are left out. */
static int split(struct vane_cluster *cluster, GString *wanted, GString *unwanted)
{
    for (char **at = cluster->options.events; *at; at++) {
        bool is_not = **at == '!';
        GString *list = is_not ? unwanted : wanted;

        if (cluster->host->bus->match(*at + is_not, "any") < 0) {
            (void)cluster->host->log->print(cluster->self, VANE_LOG_ERROR,
                                            "Events=%s is no topic pattern, which looks like "
                                            "\"link.*\" or \"!wifi.>\"",
                                            *at);
            return -EINVAL;
        }
        g_string_append_printf(list, "%s%s", list->len > 0 ? " " : "", *at + is_not);
    }
    return 0;
}

int vane_cluster_events_start(struct vane_cluster *cluster)
{
    const struct vane_subscribe how = {.size = sizeof(how), .lost = on_lost};
    g_autoptr(GString) wanted = g_string_new(NULL);
    g_autoptr(GString) unwanted = g_string_new(NULL);
    struct vane_subscription *subscription;
    int r = split(cluster, wanted, unwanted);

    if (r < 0 || wanted->len == 0)
        return r;
    if (unwanted->len > 0)
        cluster->events_not = g_strdup(unwanted->str);
    if (cluster->options.event_stream)
        return vane_stream_start(cluster, wanted->str);
    return cluster->host->bus->subscribe(cluster->self, wanted->str, &how, on_event, cluster,
                                         &subscription);
}
