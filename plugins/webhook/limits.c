/*
 * The limits of what waits, and the word about what goes for them: at once, and then together, as
 * with a full queue each event that comes makes another one go. See webhook.h.
 */
#include "plugins/webhook/webhook.h"

#include <string.h>

#define MS_NS    UINT64_C(1000000)
#define PAUSE_NS (5000 * MS_NS)

/* ---- telling ---- */

void vane_endpoint_tell_drops(struct vane_webhook_endpoint *endpoint)
{
    struct vane_webhook_plugin *plugin = endpoint->plugin;
    uint64_t count = endpoint->untold;

    if (endpoint->drop_timer)
        (void)plugin->host->loop->timer_stop(plugin->self, g_steal_pointer(&endpoint->drop_timer));
    if (count == 0)
        return;
    endpoint->untold = 0;
    (void)plugin->host->loop->now(&endpoint->told_ns);
    vane_report_dropped(plugin, endpoint->options->name, endpoint->untold_reason, count);
}

static void on_drop_timer(void *user)
{
    struct vane_webhook_endpoint *endpoint = user;

    endpoint->drop_timer = NULL;
    vane_endpoint_tell_drops(endpoint);
}

static void note_drops(struct vane_webhook_endpoint *endpoint, uint64_t count, const char *reason)
{
    struct vane_webhook_plugin *plugin = endpoint->plugin;
    uint64_t now = 0, next = endpoint->told_ns + PAUSE_NS;

    if (endpoint->untold > 0 && strcmp(endpoint->untold_reason, reason) != 0)
        vane_endpoint_tell_drops(endpoint);
    endpoint->untold += count;
    endpoint->untold_reason = reason;
    (void)plugin->host->loop->now(&now);
    if (endpoint->told_ns == 0 || now >= next)
        vane_endpoint_tell_drops(endpoint);
    else if (!endpoint->drop_timer)
        (void)plugin->host->loop->timer_start(plugin->self, (next - now) / MS_NS + 1, 0,
                                              on_drop_timer, endpoint, &endpoint->drop_timer);
}

/* ---- limits ---- */

static void drop(struct vane_webhook_endpoint *endpoint, uint64_t count, const char *reason)
{
    endpoint->dropped += count;
    vane_endpoint_advance(endpoint, count);
    note_drops(endpoint, count, reason);
}

static uint64_t too_old(const struct vane_webhook_endpoint *endpoint)
{
    int64_t oldest;
    uint64_t count = 0;

    if (endpoint->options->max_age_ns == INT64_MAX)
        return 0;
    oldest = vane_webhook_now() - endpoint->options->max_age_ns;
    for (GList *item = endpoint->window.head; item; item = item->next, count++)
        if (((struct vane_webhook_message *)item->data)->time_ns >= oldest)
            break;
    return count;
}

void vane_endpoint_limit(struct vane_webhook_endpoint *endpoint)
{
    uint64_t stored = endpoint->stored + 1 - endpoint->head, old;

    if (stored > endpoint->options->max_events)
        drop(endpoint, stored - endpoint->options->max_events, "count");
    old = endpoint->transfer.active ? 0 : too_old(endpoint);
    if (old > 0)
        drop(endpoint, old, "age");
}

/* A sixteenth of the longest queue at a time, until the next measure. */
void vane_webhook_limit_size(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_endpoint *longest = NULL;
    uint64_t most = 0;

    if (plugin->facts.size <= plugin->options.max_size)
        return;
    for (guint i = 0; i < plugin->endpoints->len; i++) {
        struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];
        uint64_t stored = endpoint->stored + 1 - endpoint->head;

        if (stored > most) {
            most = stored;
            longest = endpoint;
        }
    }
    if (longest)
        drop(longest, most / 16 + 1, "size");
}
