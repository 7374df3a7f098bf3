/*
 * Webhooks: delivers events over HTTP, at least once and in order. This file is the plugin's life;
 * webhook.h says how the parts hang together.
 */
#include "plugins/webhook/webhook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/cloudevent.h"

#define CLOSING_MS 2000u

static struct vane_webhook_plugin plugin_state;

static void free_endpoint(void *endpoint)
{
    vane_endpoint_free(endpoint);
}

static void release(struct vane_webhook_plugin *plugin)
{
    vane_webhook_intake_stop(plugin);
    vane_webhook_rereading_stop(plugin);
    vane_webhook_commands_remove(plugin);
    vane_webhook_tests_end(plugin);
    g_clear_pointer(&plugin->tests, g_ptr_array_unref);
    vane_webhook_jobs_release(plugin);
    g_clear_pointer(&plugin->endpoints, g_ptr_array_unref);
    vane_http_close(&plugin->http);
    vane_webhook_options_clear(&plugin->options);
    g_clear_pointer(&plugin->keys, g_array_unref);
    g_clear_pointer(&plugin->keys_path, g_free);
    g_clear_pointer(&plugin->source, g_free);
    if (plugin->lock >= 0)
        close(plugin->lock);
    plugin->lock = -1;
}

/* ---- starting ---- */

static int take_directory(struct vane_webhook_plugin *plugin)
{
    const struct vane_host *host = plugin->host;
    char holder[128] = "";
    const char *directory;
    int r = host->config->state_directory(plugin->self, &directory);

    if (r == 0)
        r = vane_outbox_lock(directory, &plugin->lock, holder, sizeof(holder));
    if (r == -EBUSY)
        host->log->print(plugin->self, VANE_LOG_ERROR,
                         "%s is in use by %s; stop that, or give this daemon a StateDirectory= of "
                         "its own",
                         directory, holder);
    else if (r < 0)
        host->log->print(plugin->self, VANE_LOG_ERROR, "the state directory cannot be used: %s",
                         g_strerror(-r));
    if (r < 0)
        return r;
    plugin->outbox.path = g_build_filename(directory, "outbox.sqlite", NULL);
    plugin->keys_path = g_build_filename(directory, "signing-keys", NULL);
    return 0;
}

static void introduce(struct vane_webhook_plugin *plugin)
{
    const char *speed = getenv("NETVANE_TEST_WEBHOOK_SPEED"); /* tests of long outages only */
    uint32_t node_id = 0;

    (void)plugin->host->identity->node_id(plugin->self, &node_id);
    plugin->source = vane_cloudevent_source();
    plugin->sender = (struct vane_webhook_sender){.source = plugin->source, .node_id = node_id};
    plugin->speed = speed ? (unsigned)MAX(atoi(speed), 1) : 1;
}

static void make_endpoints(struct vane_webhook_plugin *plugin)
{
    plugin->endpoints = g_ptr_array_new_with_free_func(free_endpoint);
    for (guint i = 0; i < plugin->options.endpoints->len; i++)
        g_ptr_array_add(plugin->endpoints,
                        vane_endpoint_new(plugin, plugin->options.endpoints->pdata[i]));
}

static bool is_needed(const struct vane_webhook_plugin *plugin)
{
    for (guint i = 0; i < plugin->endpoints->len; i++)
        if (vane_endpoint_url(plugin->endpoints->pdata[i]))
            return true;
    return access(plugin->outbox.path, F_OK) == 0;
}

/* The outbox is opened in the background; until then events wait in the subscription's queue. */
int vane_webhook_wake(struct vane_webhook_plugin *plugin, bool past)
{
    int r;

    if (plugin->awake || !is_needed(plugin))
        return 0;
    r = vane_webhook_need_keys(plugin);
    if (r == 0)
        r = vane_webhook_intake_start(plugin, past);
    plugin->awake = r == 0;
    vane_webhook_kick(plugin);
    return r;
}

static int begin(struct vane_webhook_plugin *plugin)
{
    int r = vane_webhook_options_read(plugin->self, plugin->host, &plugin->options);

    if (r == 0)
        r = take_directory(plugin);
    if (r < 0)
        return r;
    vane_http_open(&plugin->http, plugin->self, plugin->host);
    introduce(plugin);
    make_endpoints(plugin);
    r = vane_webhook_commands_add(plugin);
    if (r == 0)
        r = vane_webhook_key_commands_add(plugin);
    if (r == 0)
        r = vane_webhook_letter_commands_add(plugin);
    if (r == 0)
        r = vane_webhook_test_commands_add(plugin);
    if (r == 0)
        r = vane_webhook_rereading_start(plugin);
    if (r == 0)
        r = plugin->host->services->offer(plugin->self, VANE_WEBHOOK_SERVICE, VANE_WEBHOOK_VERSION,
                                          &vane_webhook_table, plugin, &plugin->service);
    return r == 0 ? vane_webhook_wake(plugin, true) : r;
}

/* Started is who has opened the outbox, or has found that it cannot be opened now. */
static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_webhook_plugin *plugin = &plugin_state;
    int r;

    *plugin = (struct vane_webhook_plugin){.self = self, .host = host, .lock = -1};
    if (sodium_init() < 0)
        return -ENOSYS;
    plugin->tests = g_ptr_array_new();
    vane_webhook_jobs_init(plugin);
    r = begin(plugin);
    if (r < 0)
        release(plugin);
    plugin->starting = r == 0 && plugin->awake;
    return plugin->starting ? -EINPROGRESS : r;
}

static int reload(struct vane_self *self)
{
    return vane_webhook_reload(&plugin_state);
}

/* ---- stopping ---- */

void vane_webhook_closed(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_question *question;

    while ((question = g_queue_pop_head(&plugin->questions))) {
        question->result = -ESHUTDOWN;
        vane_webhook_question_answer(plugin, question);
    }
    if (plugin->closing_timer)
        (void)plugin->host->loop->timer_stop(plugin->self, g_steal_pointer(&plugin->closing_timer));
    release(plugin);
    (void)plugin->host->loop->done(plugin->self, 0);
}

static void on_closing_timer(void *user)
{
    struct vane_webhook_plugin *plugin = user;

    plugin->closing_timer = NULL;
    for (guint i = 0; i < plugin->endpoints->len; i++) {
        struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];

        vane_http_abort(&endpoint->transfer);
    }
    vane_webhook_kick(plugin);
}

static void stop_timer(struct vane_webhook_plugin *plugin, struct vane_timer **timer)
{
    if (*timer)
        (void)plugin->host->loop->timer_stop(plugin->self, g_steal_pointer(timer));
}

/* What is under way may still be answered, for a moment; then the outbox is closed. */
static int stop(struct vane_self *self)
{
    struct vane_webhook_plugin *plugin = &plugin_state;

    plugin->closing = true;
    vane_webhook_intake_stop(plugin);
    (void)plugin->host->services->withdraw(self, g_steal_pointer(&plugin->service));
    vane_webhook_tests_end(plugin);
    stop_timer(plugin, &plugin->job_timer);
    stop_timer(plugin, &plugin->retry_timer);
    for (guint i = 0; i < plugin->endpoints->len; i++) {
        struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];

        stop_timer(plugin, &endpoint->timer);
    }
    if (plugin->http.active > 0)
        (void)plugin->host->loop->timer_start(self, CLOSING_MS, 0, on_closing_timer, plugin,
                                              &plugin->closing_timer);
    vane_webhook_kick(plugin);
    if (!plugin->awake)
        release(plugin);
    return plugin->awake ? -EINPROGRESS : 0;
}

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD("webhook", "1.0"),
    .description = "Delivers events over HTTP, at least once and in order",
    .licence = "MIT",
    VANE_PLUGIN_OPTIONS(vane_webhook_option_table),
    .init = init,
    .reload = reload,
    .shutdown = stop,
};
VANE_PLUGIN(plugin)
