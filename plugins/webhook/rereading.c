/*
 * Files of secrets and headers are read again at every reload, also when what names them has not
 * changed: a secret is exchanged by writing another one into its file. See webhook.h.
 */
#include <sodium.h>

#include "plugins/webhook/secret.h"
#include "plugins/webhook/webhook.h"

static bool same_secrets(const GArray *some, const GArray *others)
{
    bool same = some->len == others->len;

    for (guint i = 0; same && i < some->len; i++) {
        const struct vane_secret *one = &g_array_index(some, struct vane_secret, i);
        const struct vane_secret *other = &g_array_index(others, struct vane_secret, i);

        same =
            one->length == other->length && sodium_memcmp(one->key, other->key, one->length) == 0;
    }
    return same;
}

static bool same_headers(const GPtrArray *some, const GPtrArray *others)
{
    bool same = some->len == others->len;

    for (guint i = 0; same && i < some->len; i++)
        same = g_str_equal(some->pdata[i], others->pdata[i]);
    return same;
}

static void take(struct vane_webhook_endpoint *endpoint, struct vane_webhook_endpoint_options *read)
{
    struct vane_webhook_endpoint_options *options = endpoint->options;
    const struct vane_webhook_plugin *plugin = endpoint->plugin;
    GArray *secrets = options->secrets;
    GPtrArray *headers = options->headers;

    if (same_secrets(secrets, read->secrets) && same_headers(headers, read->headers))
        return;
    options->secrets = read->secrets;
    options->headers = read->headers;
    read->secrets = secrets;
    read->headers = headers;
    plugin->host->log->print(plugin->self, VANE_LOG_NOTICE,
                             "endpoint %s: its files of secrets or headers have changed, and are "
                             "in use from now on",
                             options->name);
}

/* What is wrong with the files is in the log by then; those read before stay in use. */
static int on_reloaded(void *user, const struct vane_event *event)
{
    struct vane_webhook_plugin *plugin = user;
    struct vane_webhook_options read;

    (void)event;
    if (plugin->closing || vane_webhook_options_read(plugin->self, plugin->host, &read) < 0)
        return VANE_OK;
    for (guint i = 0; i < read.endpoints->len; i++) {
        struct vane_webhook_endpoint_options *options = read.endpoints->pdata[i];
        struct vane_webhook_endpoint *endpoint = vane_endpoint_find(plugin, options->name);

        if (endpoint)
            take(endpoint, options);
    }
    vane_webhook_options_clear(&read);
    return VANE_OK;
}

int vane_webhook_rereading_start(struct vane_webhook_plugin *plugin)
{
    return plugin->host->bus->subscribe(plugin->self, "config.reloaded", NULL, on_reloaded, plugin,
                                        &plugin->reloads);
}

void vane_webhook_rereading_stop(struct vane_webhook_plugin *plugin)
{
    if (plugin->reloads)
        (void)plugin->host->bus->unsubscribe(plugin->self, g_steal_pointer(&plugin->reloads));
}
