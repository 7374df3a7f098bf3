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

    g_autofree char *why = NULL;

    (void)event;
    if (!plugin->stopping && plugin->document)
        (void)vane_policy_document_read(plugin, &why); /* which logs it */
    return 0;
}

/*
 * The operator's document, or, if that is broken, the last one that was good: a machine that comes
 * up without its rules is worse than one with yesterday's. Nothing at all is an error only when a
 * document was asked for.
 */
static int load(struct vane_policy_plugin *plugin)
{
    g_autofree char *why = NULL;
    int r = vane_policy_document_read(plugin, &why);

    if (plugin->document && r < 0)
        vane_policy_document_restore(plugin);
    (void)vane_policy_documents_load(plugin);
    if (!plugin->document || r == 0)
        return 0;
    if (!vane_policy_runner_find(plugin, 0)) {
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR,
                                 "Document=%s gives no policy, and none was kept from before",
                                 plugin->document);
        return r;
    }
    plugin->host->log->print(plugin->self, VANE_LOG_WARNING,
                             "the last good policy of this machine, kept from before, is in force");
    return 0;
}

static int begin(struct vane_policy_plugin *plugin)
{
    const struct vane_host *host = plugin->host;
    int r = vane_policy_commands_add(plugin);

    if (r == 0)
        r = vane_policy_membership_start(plugin);
    if (r == 0)
        r = load(plugin);
    if (r == 0)
        r = host->bus->subscribe(plugin->self, "config.reloaded", NULL, on_reloaded, plugin,
                                 &plugin->reloads);
    if (r == 0)
        r = host->services->offer(plugin->self, VANE_POLICY_SERVICE, VANE_POLICY_VERSION,
                                  &vane_policy_manager_table, plugin, &plugin->service);
    return r;
}

static void release(struct vane_policy_plugin *plugin)
{
    plugin->stopping = true;
    while (plugin->runners->len > 0)
        vane_policy_runner_stop(g_ptr_array_index(plugin->runners, 0), false);
    g_ptr_array_unref(plugin->runners);
    vane_policy_decisions_clear(plugin);
    g_clear_pointer(&plugin->made, g_free);
    vane_policy_jobs_clear(plugin);
    g_clear_pointer(&plugin->patterns, g_free);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_policy_plugin *plugin = &plugin_state;
    int r;

    *plugin = (struct vane_policy_plugin){.self = self, .host = host};
    plugin->runners = g_ptr_array_new();
    vane_policy_options_read(plugin);
    r = begin(plugin);
    if (r < 0)
        release(plugin);
    return r;
}

/* A document that is refused leaves everything as it was. */
static int reload(struct vane_self *self)
{
    struct vane_policy_plugin *plugin = &plugin_state, before = plugin_state;
    g_autofree char *why = NULL;
    int r = 0;

    (void)self;
    vane_policy_options_read(plugin);
    if (plugin->document)
        r = vane_policy_document_read(plugin, &why);
    else if (before.document && vane_policy_runner_find(plugin, 0))
        vane_policy_runner_stop(vane_policy_runner_find(plugin, 0), true);
    if (r < 0) {
        plugin->document = before.document;
        plugin->dry_run = before.dry_run;
    }
    for (guint i = 0; plugin->dry_run != before.dry_run && i < plugin->runners->len; i++)
        vane_policy_membership_begin(g_ptr_array_index(plugin->runners, i));
    return r;
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
