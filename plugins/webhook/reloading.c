/* Reloading: endpoints that stay keep their queues, whatever becomes of their options. See
 * webhook.h.
 */
#include <errno.h>
#include <string.h>

#include "plugins/webhook/webhook.h"

static struct vane_webhook_endpoint_options *options_named(const GPtrArray *list, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        struct vane_webhook_endpoint_options *options = list->pdata[i];

        if (strcmp(options->name, name) == 0)
            return options;
    }
    return NULL;
}

/* What is under way was made with the old options: it is made again with the new ones. */
static void renew(struct vane_webhook_endpoint *endpoint,
                  struct vane_webhook_endpoint_options *options)
{
    const char *why;

    vane_http_transfer_clear(&endpoint->transfer);
    endpoint->options = options;
    vane_endpoint_ask_again(endpoint);
    vane_cuts_check(endpoint);
    if (endpoint->set_url)
        (void)vane_url_parse(endpoint->set_url, &options->url, &why);
}

/* Those that are not configured any more stay in the outbox. */
static void part_with(struct vane_webhook_plugin *plugin, guint index)
{
    struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[index];
    const struct vane_outbox_endpoint left = vane_endpoint_row(endpoint);

    g_array_append_val(plugin->strangers, left);
    g_ptr_array_remove_index(plugin->endpoints, index);
}

static void exchange(struct vane_webhook_plugin *plugin, const GPtrArray *configured)
{
    for (guint i = plugin->endpoints->len; i > 0; i--) {
        struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i - 1];
        struct vane_webhook_endpoint_options *options =
            options_named(configured, endpoint->options->name);

        if (options)
            renew(endpoint, options);
        else
            part_with(plugin, i - 1);
    }
    for (guint i = 0; i < configured->len; i++) {
        struct vane_webhook_endpoint_options *options = configured->pdata[i];
        struct vane_webhook_endpoint *endpoint;

        if (vane_endpoint_find(plugin, options->name))
            continue;
        endpoint = vane_endpoint_new(plugin, options);
        g_ptr_array_add(plugin->endpoints, endpoint);
        if (plugin->opened)
            vane_webhook_adopt(plugin, endpoint);
    }
}

/* While a job has entries that point to endpoints, none may go. */
static bool is_busy(const struct vane_webhook_plugin *plugin)
{
    return plugin->job.running || plugin->job.entries->len > 0 || plugin->intake->len > 0 ||
           (plugin->awake && !plugin->opened);
}

static void reload_later(void *user);

/* What comes in is written in a moment; not while the disk is full. */
static int wait_for_outbox(struct vane_webhook_plugin *plugin)
{
    if (!plugin->failing)
        return plugin->host->loop->timer_start(plugin->self, 1, 0, reload_later, plugin, NULL) < 0
                   ? -EAGAIN
                   : -EINPROGRESS;
    plugin->host->log->print(plugin->self, VANE_LOG_ERROR,
                             "no reload while %s cannot be written: %s", plugin->outbox.path,
                             plugin->last_error);
    return -EBUSY;
}

int vane_webhook_reload(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_options options;
    int r;

    if (is_busy(plugin))
        return wait_for_outbox(plugin);
    r = vane_webhook_options_read(plugin->self, plugin->host, &options);
    if (r < 0)
        return r;
    vane_webhook_tests_end(plugin);
    exchange(plugin, options.endpoints);
    vane_webhook_options_clear(&plugin->options);
    plugin->options = options;
    for (guint i = 0; i < plugin->endpoints->len; i++)
        vane_endpoint_pump(plugin->endpoints->pdata[i]);
    vane_webhook_kick(plugin);
    return vane_webhook_wake(plugin, false);
}

static void reload_later(void *user)
{
    struct vane_webhook_plugin *plugin = user;
    int r = vane_webhook_reload(plugin);

    if (r != -EINPROGRESS)
        (void)plugin->host->loop->done(plugin->self, r);
}
