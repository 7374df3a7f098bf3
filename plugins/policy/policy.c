/*
 * The policy plugin: decides what may happen, and acts on what has. This file is the plugin's life;
 * policy.h says how the parts hang together.
 */
#include "plugins/policy/policy.h"

#include <errno.h>

static struct vane_policy_plugin plugin_state;

static int on_reloaded(void *user, const struct vane_event *event)
{
    struct vane_policy_plugin *plugin = user;

    (void)event;
    if (!plugin->stopping && plugin->settings.document)
        vane_policy_document_read(plugin, plugin->settings.document, vane_policy_loading_log, NULL);
    return 0;
}

/*
 * The operator's document, or, if that is broken, the last one that was good: a machine that comes
 * up without its rules is worse than one with yesterday's.
 */
static void on_document(struct vane_policy_loading *loading)
{
    struct vane_policy_plugin *plugin = loading->plugin;

    vane_policy_loading_log(loading);
    plugin->start_error = loading->result;
    if (plugin->stopping)
        return;
    if (loading->result < 0)
        vane_policy_document_restore(plugin);
    vane_policy_documents_load(plugin, false);
}

/* Nothing at all is an error only when a document was asked for. */
static int check_start(const struct vane_policy_plugin *plugin)
{
    if (plugin->start_error == 0)
        return 0;
    if (!vane_policy_runner_find(plugin, 0)) {
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR,
                                 "Document=%s gives no policy, and none was kept from before",
                                 plugin->settings.document);
        return plugin->start_error;
    }
    plugin->host->log->print(plugin->self, VANE_LOG_WARNING,
                             "the last good policy of this machine, kept from before, is in force");
    return 0;
}

static int open_up(struct vane_policy_plugin *plugin)
{
    const struct vane_host *host = plugin->host;
    int r = check_start(plugin);

    plugin->starting = false;
    vane_policy_listen(plugin);
    if (r == 0)
        r = host->bus->subscribe(plugin->self, "config.reloaded", NULL, on_reloaded, plugin,
                                 &plugin->reloads);
    if (r == 0)
        r = host->services->offer(plugin->self, VANE_POLICY_SERVICE, VANE_POLICY_VERSION,
                                  &vane_policy_manager_table, plugin, &plugin->service);
    return r;
}

static int begin(struct vane_policy_plugin *plugin)
{
    int r = vane_policy_commands_add(plugin);

    if (r == 0)
        r = vane_policy_membership_start(plugin);
    if (r < 0)
        return r;
    plugin->starting = true;
    if (plugin->settings.document)
        vane_policy_document_read(plugin, plugin->settings.document, on_document, NULL);
    else
        vane_policy_documents_load(plugin, false);
    if (plugin->loadings.length == 0)
        return open_up(plugin);
    (void)vane_policy_take_gate(plugin); /* each document tries again, and says why it cannot */
    return -EINPROGRESS;
}

static void release(struct vane_policy_plugin *plugin)
{
    plugin->stopping = true;
    while (plugin->runners && plugin->runners->len > 0)
        vane_policy_runner_stop(g_ptr_array_index(plugin->runners, 0), false);
    g_clear_pointer(&plugin->runners, g_ptr_array_unref);
    g_clear_pointer(&plugin->settings.document, g_free);
    g_clear_pointer(&plugin->next.document, g_free);
    vane_policy_decisions_clear(plugin);
    g_clear_pointer(&plugin->made, g_free);
    vane_policy_jobs_clear(plugin);
    g_clear_pointer(&plugin->patterns, g_free);
}

/* Its answers end before its rules do. */
static void give_up(struct vane_policy_plugin *plugin)
{
    const struct vane_host *host = plugin->host;

    (void)host->gate->keep(plugin->self, NULL, NULL);
    plugin->keeps = false;
    if (plugin->service)
        (void)host->services->withdraw(plugin->self, g_steal_pointer(&plugin->service));
    if (plugin->reloads)
        (void)host->bus->unsubscribe(plugin->self, g_steal_pointer(&plugin->reloads));
    if (plugin->events)
        (void)host->bus->unsubscribe(plugin->self, g_steal_pointer(&plugin->events));
    vane_policy_membership_stop(plugin);
    vane_policy_commands_remove(plugin);
}

void vane_policy_started(struct vane_policy_plugin *plugin)
{
    int r = open_up(plugin);

    if (r < 0) { /* the host acts on it in the loop's next turn: nobody asks until then */
        give_up(plugin);
        release(plugin);
    }
    (void)plugin->host->loop->done(plugin->self, r);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_policy_plugin *plugin = &plugin_state;
    int r;

    g_free(plugin->settings.document); /* a start that was given up before has left them */
    g_free(plugin->next.document);
    *plugin = (struct vane_policy_plugin){.self = self, .host = host};
    plugin->runners = g_ptr_array_new();
    vane_policy_options_read(plugin, &plugin->settings);
    r = begin(plugin);
    if (r < 0 && r != -EINPROGRESS)
        release(plugin);
    return r;
}

static void adopt(struct vane_policy_plugin *plugin)
{
    bool changed = plugin->next.dry_run != plugin->settings.dry_run;

    g_free(plugin->settings.document);
    plugin->settings = plugin->next;
    plugin->next.document = NULL;
    for (guint i = 0; changed && i < plugin->runners->len; i++)
        vane_policy_membership_begin(g_ptr_array_index(plugin->runners, i));
}

/* A host that has waited too long has gone on with the old settings. A policy that was stopped
 * meanwhile refuses nothing. */
static void on_adopted(struct vane_policy_loading *loading)
{
    struct vane_policy_plugin *plugin = loading->plugin;
    int r = loading->result == -ECANCELED ? 0 : loading->result;
    uint64_t left;

    vane_policy_loading_log(loading);
    if (plugin->stopping || GPOINTER_TO_UINT(loading->user) != plugin->reloading ||
        plugin->host->loop->deadline(plugin->self, &left) < 0)
        return;
    if (r == 0)
        adopt(plugin);
    (void)plugin->host->loop->done(plugin->self, r);
}

/* A document that is refused leaves everything as it was. */
static int reload(struct vane_self *self)
{
    struct vane_policy_plugin *plugin = &plugin_state;

    (void)self;
    plugin->reloading++;
    vane_policy_options_read(plugin, &plugin->next);
    if (plugin->next.document) {
        vane_policy_document_read(plugin, plugin->next.document, on_adopted,
                                  GUINT_TO_POINTER(plugin->reloading));
        return -EINPROGRESS;
    }
    if (plugin->settings.document)
        vane_policy_loadings_cancel(plugin, 0);
    if (plugin->settings.document && vane_policy_runner_find(plugin, 0))
        vane_policy_runner_stop(vane_policy_runner_find(plugin, 0), true);
    adopt(plugin);
    return 0;
}

void vane_policy_stopped(struct vane_policy_plugin *plugin)
{
    release(plugin);
    (void)plugin->host->loop->done(plugin->self, 0);
}

static int shutdown(struct vane_self *self)
{
    struct vane_policy_plugin *plugin = &plugin_state;

    (void)self;
    plugin->stopping = true;
    vane_policy_loadings_cancel(plugin, -1);
    give_up(plugin);
    if (!vane_policy_jobs_end(plugin))
        return -EINPROGRESS;
    release(plugin);
    return 0;
}

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD("policy", "1.0"),
    .description = "Decides what may happen, by rules",
    .licence = "MIT",
    VANE_PLUGIN_OPTIONS(vane_policy_option_table),
    .init = init,
    .reload = reload,
    .shutdown = shutdown,
};
VANE_PLUGIN(plugin)
