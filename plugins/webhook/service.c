/* The `webhook` service. See services/webhook.h. */
#include <errno.h>
#include <string.h>

#include "plugins/webhook/webhook.h"

int vane_webhook_set_url(struct vane_webhook_plugin *plugin, const char *text, const char **why)
{
    struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[0];
    struct vane_url url = {0};
    int r;

    if (plugin->awake && !plugin->opened) {
        *why = "the outbox is not open yet";
        return -EAGAIN;
    }
    r = text[0] ? vane_url_parse(text, &url, why) : 0;
    if (r < 0)
        return r;
    if (url.socket) {
        vane_url_clear(&url);
        *why = "Unix sockets are for endpoints of the configuration";
        return -EINVAL;
    }
    vane_http_transfer_clear(&endpoint->transfer);
    vane_url_clear(&endpoint->options->url);
    endpoint->options->url = url;
    vane_endpoint_ask_again(endpoint);
    g_free(endpoint->set_url);
    endpoint->set_url = text[0] ? g_strdup(text) : NULL;
    if (endpoint->state == VANE_ENDPOINT_DISABLED)
        endpoint->state = VANE_ENDPOINT_ON;
    vane_endpoint_hurry(endpoint);
    r = vane_webhook_wake(plugin, false);
    if (r < 0)
        *why = "events cannot be taken; see the log";
    return r;
}

static int set_url(void *provider, const char *url)
{
    const char *why;

    return vane_webhook_set_url(provider, url ? url : "", &why);
}

static int stats(void *provider, struct vane_webhook_stats *out)
{
    const struct vane_webhook_plugin *plugin = provider;
    struct vane_webhook_stats all = {.dropped = plugin->overflowed,
                                     .dead_letters = plugin->facts.dead};

    all.size = MIN(out->size, (uint32_t)sizeof(all));
    for (guint i = 0; i < plugin->endpoints->len; i++) {
        const struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];

        all.endpoints += vane_endpoint_url(endpoint) != NULL;
        all.accepted += endpoint->accepted;
        all.delivered += endpoint->delivered;
        all.failed += endpoint->failures;
        all.requests += endpoint->requests;
        all.dropped += endpoint->dropped;
        all.exhausted += endpoint->buried;
        all.circuit_skips += endpoint->circuit_skips;
        all.pending += vane_endpoint_pending(endpoint);
    }
    memcpy(out, &all, all.size);
    return 0;
}

const struct vane_webhook vane_webhook_table = {
    .size = sizeof(vane_webhook_table),
    .version = VANE_WEBHOOK_VERSION,
    .set_url = set_url,
    .stats = stats,
};
