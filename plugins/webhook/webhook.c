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
#include "plugins/webhook/secret.h"

#define CLOSING_MS 2000u

static struct vane_webhook_plugin plugin_state;

static void free_endpoint(void *endpoint)
{
    vane_endpoint_free(endpoint);
}

static void release(struct vane_webhook_plugin *plugin)
{
    vane_webhook_intake_stop(plugin);
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

static int read_keys(struct vane_webhook_plugin *plugin)
{
    g_autofree char *why = NULL;
    int r;

    plugin->keys = vane_signing_keys_new();
    r = vane_signing_keys_read(plugin->keys_path, plugin->keys, &why);
    if (r < 0)
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR,
                                 "the keys to sign with cannot be used: %s", why);
    return r;
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

static int begin(struct vane_webhook_plugin *plugin)
{
    int r = vane_webhook_options_read(plugin->self, plugin->host, &plugin->options);

    if (r == 0)
        r = take_directory(plugin);
    if (r == 0)
        r = read_keys(plugin);
    if (r == 0)
        r = vane_http_open(&plugin->http, plugin->self, plugin->host);
    if (r < 0)
        return r;
    introduce(plugin);
    make_endpoints(plugin);
    r = vane_webhook_commands_add(plugin);
    if (r == 0)
        r = vane_webhook_letter_commands_add(plugin);
    if (r == 0)
        r = vane_webhook_test_commands_add(plugin);
    if (r == 0)
        r = plugin->host->services->offer(plugin->self, VANE_WEBHOOK_SERVICE, VANE_WEBHOOK_VERSION,
                                          &vane_webhook_table, plugin, &plugin->service);
    return r == 0 ? vane_webhook_intake_start(plugin) : r;
}

/* The outbox is opened in the background; until then events wait in the subscription's queue. */
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
    else
        vane_webhook_kick(plugin);
    return r;
}

/* ---- reloading ---- */

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
    if (endpoint->set_url)
        (void)vane_url_parse(endpoint->set_url, &options->url, &why);
}

/* Those that are not configured any more stay in the outbox. */
static void part_with(struct vane_webhook_plugin *plugin, guint index)
{
    struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[index];
    const struct vane_outbox_endpoint left = {
        .number = endpoint->number,
        .name = g_strdup(endpoint->options->name),
        .state = endpoint->state,
        .attempts = endpoint->attempts,
        .due_ns = endpoint->due_ns,
        .reason = g_strdup(endpoint->reason),
        .url = g_strdup(endpoint->set_url),
        .first = endpoint->head,
        .last = endpoint->stored,
    };

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
        vane_webhook_adopt(plugin, endpoint);
    }
}

/* While a job has entries that point to endpoints, none may go. */
static bool is_busy(const struct vane_webhook_plugin *plugin)
{
    return plugin->job.running || plugin->job.entries->len > 0 || plugin->intake->len > 0 ||
           !plugin->opened;
}

static void reload_later(void *user);

static int try_reload(struct vane_webhook_plugin *plugin)
{
    struct vane_webhook_options options;
    int r;

    if (is_busy(plugin))
        return plugin->host->loop->timer_start(plugin->self, 1, 0, reload_later, plugin, NULL) < 0
                   ? -EAGAIN
                   : -EINPROGRESS;
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
    return 0;
}

static void reload_later(void *user)
{
    struct vane_webhook_plugin *plugin = user;
    int r = try_reload(plugin);

    if (r != -EINPROGRESS)
        (void)plugin->host->loop->done(plugin->self, r);
}

static int reload(struct vane_self *self)
{
    return try_reload(&plugin_state);
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
    return -EINPROGRESS;
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
