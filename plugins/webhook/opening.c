/* What the outbox knew meets what is configured. See webhook.h. */
#include <inttypes.h>
#include <string.h>

#include "plugins/webhook/webhook.h"

static void take_state(struct vane_webhook_endpoint *endpoint,
                       const struct vane_outbox_endpoint *known)
{
    endpoint->number = known->number;
    endpoint->state = known->state;
    endpoint->attempts = known->attempts;
    endpoint->due_ns = known->due_ns;
    endpoint->reason = g_strdup(known->reason);
    endpoint->set_url = g_strdup(known->url);
    endpoint->head = known->first;
    endpoint->acked = endpoint->loaded = known->first - 1;
    endpoint->stored = MAX(known->last, endpoint->loaded);
    endpoint->next = endpoint->stored + 1;
    endpoint->inherited = endpoint->stored;
}

/* A retry that is later than any can be was set by another clock. */
static void check_due(struct vane_webhook_endpoint *endpoint)
{
    int64_t now = vane_webhook_now();

    if (endpoint->due_ns > now + VANE_RETRY_LONGEST_MS * 1000000)
        endpoint->due_ns = now;
}

static void take_cuts(struct vane_webhook_endpoint *endpoint,
                      const struct vane_outbox_endpoint *known)
{
    for (guint i = 0; known->cuts && i < known->cuts->len; i++) {
        const struct vane_webhook_cut cut = {g_array_index(known->cuts, uint64_t, i), true};

        g_array_append_val(endpoint->cuts, cut);
    }
    vane_cuts_check(endpoint);
}

static void restore_url(struct vane_webhook_endpoint *endpoint)
{
    const char *why;

    if (endpoint->set_url && !endpoint->options->url.url)
        (void)vane_url_parse(endpoint->set_url, &endpoint->options->url, &why);
}

void vane_webhook_adopt(struct vane_webhook_plugin *plugin, struct vane_webhook_endpoint *endpoint)
{
    for (guint i = 0; i < plugin->strangers->len; i++) {
        struct vane_outbox_endpoint *known =
            &g_array_index(plugin->strangers, struct vane_outbox_endpoint, i);

        if (strcmp(known->name, endpoint->options->name) == 0) {
            take_state(endpoint, known);
            check_due(endpoint);
            take_cuts(endpoint, known);
            restore_url(endpoint);
            g_array_remove_index_fast(plugin->strangers, i);
            return;
        }
    }
    endpoint->number = plugin->next_number++;
    endpoint->changed = true;
}

static void tell_strangers(struct vane_webhook_plugin *plugin)
{
    for (guint i = 0; i < plugin->strangers->len; i++) {
        const struct vane_outbox_endpoint *known =
            &g_array_index(plugin->strangers, struct vane_outbox_endpoint, i);

        if (known->last >= known->first)
            plugin->host->log->print(plugin->self, VANE_LOG_NOTICE,
                                     "%" PRIu64 " events wait for endpoint %s, which is not "
                                     "configured any more",
                                     known->last + 1 - known->first, known->name);
    }
}

void vane_webhook_opened(struct vane_webhook_plugin *plugin)
{
    GArray *known = plugin->job.known;

    plugin->opened = true;
    plugin->next_number = 1;
    plugin->job.known = plugin->strangers;
    plugin->strangers = known;
    for (guint i = 0; i < known->len; i++) {
        int64_t number = g_array_index(known, struct vane_outbox_endpoint, i).number;

        plugin->next_number = MAX(plugin->next_number, number + 1);
    }
    for (guint i = 0; i < plugin->endpoints->len; i++)
        vane_webhook_adopt(plugin, plugin->endpoints->pdata[i]);
    tell_strangers(plugin);
}
