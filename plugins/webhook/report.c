/* What webhooks say of themselves: log lines, and events whose cause is the event delivered. */
#include <inttypes.h>
#include <string.h>

#include "lib/array.h"
#include "plugins/webhook/webhook.h"

/* The cause is the event that was delivered, as long as the daemon remembers it. */
static void publish(struct vane_webhook_endpoint *endpoint, const char *topic,
                    const struct vane_field *fields, size_t count, const struct vane_event *cause,
                    const char *id)
{
    const struct vane_bus *bus = endpoint->plugin->host->bus;
    const struct vane_fields payload = {sizeof(*fields), (uint32_t)count, fields};
    const struct vane_event *found = NULL;

    if (!cause && id && bus->find(endpoint->plugin->self, id, &found) == 0)
        cause = found;
    (void)bus->publish(endpoint->plugin->self, topic, &payload, cause, NULL);
    if (found)
        bus->event_unref(found);
}

static bool is_batch(const struct vane_webhook_endpoint *endpoint)
{
    return endpoint->options->batch_size > 1;
}

static void report_one(struct vane_webhook_endpoint *endpoint, struct vane_webhook_message *message,
                       const struct vane_http_result *result)
{
    const char *id = vane_message_id(endpoint->plugin, message);
    const struct vane_field fields[] = {
        vane_string("endpoint", endpoint->options->name),
        vane_string("event_id", id),
        vane_int64("status", result->status),
        vane_uint64("attempt", endpoint->attempts + 1),
        vane_uint64("duration_ms", result->duration_ns / 1000000),
        vane_string("batch", endpoint->sending.id),
    };

    publish(endpoint, "webhook.delivered", fields, ELEMENTS(fields) - !is_batch(endpoint),
            message->event, id);
}

void vane_report_delivered(struct vane_webhook_endpoint *endpoint,
                           const struct vane_http_result *result)
{
    for (GList *item = endpoint->window.head; item; item = item->next) {
        struct vane_webhook_message *message = item->data;

        if (message->position > endpoint->sending.last)
            break;
        report_one(endpoint, message, result);
    }
}

static void publish_failed(struct vane_webhook_endpoint *endpoint, const char *reason,
                           int64_t retry_ms)
{
    const struct vane_webhook_sending *sending = &endpoint->sending;
    const struct vane_field fields[] = {
        vane_string("endpoint", endpoint->options->name),
        vane_string("event_id", sending->event_id),
        vane_uint64("attempt", endpoint->attempts),
        vane_string("reason", reason),
        vane_int64("retry_ms", retry_ms),
        vane_string("batch", sending->id),
        vane_uint64("events", sending->count),
    };

    publish(endpoint, "webhook.failed", fields, is_batch(endpoint) ? 7 : 5, sending->event,
            sending->event_id);
}

void vane_report_patience(struct vane_webhook_endpoint *endpoint, const char *reason,
                          int64_t retry_ms)
{
    const struct vane_webhook_plugin *plugin = endpoint->plugin;

    plugin->host->log->print(plugin->self, VANE_LOG_NOTICE,
                             "endpoint %s: %s has asked for patience (%s); the next attempt is in "
                             "%" PRId64 " s (%" PRIu64 " in the queue)",
                             endpoint->options->name, vane_endpoint_url(endpoint)->origin, reason,
                             (retry_ms + 999) / 1000, vane_endpoint_pending(endpoint));
    publish_failed(endpoint, reason, retry_ms);
}

void vane_report_works_again(struct vane_webhook_endpoint *endpoint)
{
    const struct vane_webhook_plugin *plugin = endpoint->plugin;

    plugin->host->log->print(
        plugin->self, VANE_LOG_NOTICE,
        "endpoint %s works again: attempt %u to deliver %s %s was taken (%" PRIu64 " in the queue)",
        endpoint->options->name, endpoint->attempts + 1, is_batch(endpoint) ? "batch" : "event",
        endpoint->sending.id, vane_endpoint_pending(endpoint) - endpoint->sending.count);
}

void vane_report_failed(struct vane_webhook_endpoint *endpoint, const char *reason,
                        int64_t retry_ms)
{
    const struct vane_webhook_plugin *plugin = endpoint->plugin;

    plugin->host->log->print(plugin->self, VANE_LOG_NOTICE,
                             "endpoint %s: attempt %u of %u to deliver %s %s to %s failed: %s; the "
                             "next one is in %" PRId64 " s (%" PRIu64 " in the queue)",
                             endpoint->options->name, endpoint->attempts,
                             endpoint->options->max_attempts,
                             is_batch(endpoint) ? "batch" : "event", endpoint->sending.id,
                             vane_endpoint_url(endpoint)->origin, reason, (retry_ms + 999) / 1000,
                             vane_endpoint_pending(endpoint));
    publish_failed(endpoint, reason, retry_ms);
}

void vane_report_halved(struct vane_webhook_endpoint *endpoint, unsigned count)
{
    const struct vane_webhook_plugin *plugin = endpoint->plugin;

    plugin->host->log->print(plugin->self, VANE_LOG_NOTICE,
                             "endpoint %s: a batch of %u events is too large for the receiver "
                             "(status 413), and is sent in halves; lower BatchBytes= or BatchSize=",
                             endpoint->options->name, count);
    publish_failed(endpoint, "status 413", 0);
}

void vane_report_exhausted(struct vane_webhook_endpoint *endpoint,
                           struct vane_webhook_message *message, const char *reason)
{
    const char *id = vane_message_id(endpoint->plugin, message);
    const struct vane_field fields[] = {
        vane_string("endpoint", endpoint->options->name),
        vane_string("event_id", id ? id : ""),
        vane_uint64("attempts", endpoint->attempts),
        vane_string("reason", reason),
    };

    publish(endpoint, "webhook.exhausted", fields, ELEMENTS(fields), message->event, id);
}

void vane_report_buried(struct vane_webhook_endpoint *endpoint, uint64_t count,
                        const char *first_id, const char *reason)
{
    const struct vane_webhook_plugin *plugin = endpoint->plugin;
    g_autofree char *more =
        count > 1
            ? g_strdup_printf(" and %" PRIu64 " more of its batch are dead letters", count - 1)
            : g_strdup(" is a dead letter");

    plugin->host->log->print(plugin->self, VANE_LOG_WARNING,
                             "endpoint %s: event %s%s after %u attempts: %s (show with \"netvane "
                             "webhook dead-letters\")",
                             endpoint->options->name, first_id ? first_id : "", more,
                             endpoint->attempts, reason);
}

static const char *words_for_drop(const char *reason)
{
    static const struct {
        const char *reason, *words;
    } drops[] = {
        {"age", "they are older than MaxAge="},
        {"count", "more wait than MaxEvents= allows"},
        {"size", "the outbox is larger than MaxSize="},
        {"dead letters", "there are more dead letters than MaxDeadLetters="},
        {"damage", "they were in an outbox that is damaged"},
        {"overflow", "more came than could be written"},
    };

    for (size_t i = 0; i < ELEMENTS(drops); i++)
        if (strcmp(drops[i].reason, reason) == 0)
            return drops[i].words;
    return reason;
}

void vane_report_dropped(struct vane_webhook_plugin *plugin, const char *endpoint,
                         const char *reason, uint64_t count)
{
    const struct vane_field fields[] = {
        vane_string("reason", reason),
        vane_uint64("count", count),
        vane_string("endpoint", endpoint),
    };
    const struct vane_fields payload = {sizeof(fields[0]), endpoint ? 3 : 2, fields};

    plugin->host->log->print(plugin->self, VANE_LOG_WARNING,
                             "%s%s%s%" PRIu64 " events are dropped without being delivered: %s",
                             endpoint ? "endpoint " : "", endpoint ? endpoint : "",
                             endpoint ? ": " : "", count, words_for_drop(reason));
    (void)plugin->host->bus->publish(plugin->self, "webhook.dropped", &payload, NULL, NULL);
}

void vane_report_state(struct vane_webhook_endpoint *endpoint, const char *topic,
                       const char *reason, const char *words)
{
    const struct vane_webhook_plugin *plugin = endpoint->plugin;
    const struct vane_field fields[] = {
        vane_string("endpoint", endpoint->options->name),
        vane_string("reason", reason),
    };

    plugin->host->log->print(plugin->self, VANE_LOG_NOTICE,
                             "endpoint %s %s%s%s (%" PRIu64 " in the queue)",
                             endpoint->options->name, words, reason ? ": " : "",
                             reason ? reason : "", vane_endpoint_pending(endpoint));
    publish(endpoint, topic, fields, reason ? 2 : 1, endpoint->sending.event,
            endpoint->sending.event_id);
}

/* ---- the outbox ---- */

static void publish_outbox(struct vane_webhook_plugin *plugin, const char *topic,
                           const char *reason)
{
    const struct vane_field fields[] = {
        vane_string("file", plugin->outbox.path),
        vane_string("reason", reason),
    };
    const struct vane_fields payload = {sizeof(fields[0]), reason ? 2 : 1, fields};

    (void)plugin->host->bus->publish(plugin->self, topic, &payload, NULL, NULL);
}

void vane_report_outbox_failed(struct vane_webhook_plugin *plugin)
{
    plugin->host->log->print(plugin->self, VANE_LOG_ERROR,
                             "cannot write %s: %s; no further events are accepted until it works "
                             "again",
                             plugin->outbox.path, plugin->last_error);
    publish_outbox(plugin, "webhook.outbox.failed", plugin->last_error);
}

void vane_report_outbox_recovered(struct vane_webhook_plugin *plugin)
{
    plugin->host->log->print(plugin->self, VANE_LOG_NOTICE, "writing %s works again",
                             plugin->outbox.path);
    publish_outbox(plugin, "webhook.outbox.recovered", NULL);
}

void vane_report_outbox_damaged(struct vane_webhook_plugin *plugin)
{
    plugin->host->log->print(plugin->self, VANE_LOG_ERROR,
                             "%s cannot be used: %s; it is now %s, and a new one was begun",
                             plugin->outbox.path, plugin->outbox.detail, plugin->outbox.set_aside);
    publish_outbox(plugin, "webhook.outbox.damaged", plugin->outbox.set_aside);
}
