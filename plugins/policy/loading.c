/*
 * Documents on their way into force: each is read, compiled and kept on a thread of the pool, one
 * after the other, so that a long one holds up nobody. What is the loop's to do is done in between.
 * See policy.h.
 */
#include <errno.h>
#include <string.h>

#include "plugins/policy/policy.h"

struct vane_policy_loading *vane_policy_loading_new(
    struct vane_policy_plugin *plugin, uint16_t network_id, const char *path,
    void (*ended)(struct vane_policy_loading *loading), void *user)
{
    struct vane_policy_loading *loading = g_new0(struct vane_policy_loading, 1);

    loading->plugin = plugin;
    loading->network_id = network_id;
    loading->path = g_strdup(path);
    loading->ended = ended;
    loading->user = user;
    return loading;
}

void vane_policy_loading_free(struct vane_policy_loading *loading)
{
    vane_policy_unref(loading->policy);
    vane_policy_unref(loading->before);
    vane_policy_problems_clear(&loading->problems);
    g_free(loading->path);
    g_free(loading->text);
    g_free(loading->why);
    g_free(loading->place);
    g_free(loading);
}

/* ---- steps: in turn on a thread and on the loop ---- */

static void begin_next(struct vane_policy_plugin *plugin);

static void finish(struct vane_policy_loading *loading)
{
    struct vane_policy_plugin *plugin = loading->plugin;

    if (loading->at_once)
        return;
    (void)g_queue_remove(&plugin->loadings, loading);
    if (loading->ended)
        loading->ended(loading);
    vane_policy_loading_free(loading);
    if (plugin->loadings.length > 0)
        begin_next(plugin);
    else if (plugin->starting && !plugin->stopping)
        vane_policy_started(plugin);
    else if (plugin->stopping && vane_policy_is_idle(plugin))
        vane_policy_stopped(plugin);
}

static void go(struct vane_policy_loading *loading, void (*step)(void *user),
               void (*then)(void *user))
{
    const struct vane_policy_plugin *plugin = loading->plugin;

    if (!loading->at_once && plugin->host->loop->work(plugin->self, step, then, loading) == 0)
        return;
    step(loading);
    then(loading);
}

/* On a thread: an immutable policy may be read there. */
static bool is_in_force(const struct vane_policy_loading *loading)
{
    return loading->before && loading->before->length == loading->length &&
           memcmp(loading->before->text, loading->text, loading->length) == 0;
}

static void compile(void *user)
{
    struct vane_policy_loading *loading = user;

    if (loading->path)
        loading->result =
            vane_policy_file_read(loading->path, &loading->text, &loading->length, &loading->why);
    if (loading->result < 0)
        return;
    loading->unchanged = is_in_force(loading);
    if (!loading->unchanged)
        loading->result = vane_policy_read(loading->text, loading->length, &loading->policy,
                                           &loading->problems, NULL);
}

static void keep(void *user)
{
    struct vane_policy_loading *loading = user;

    loading->result = vane_policy_document_keep(loading->place, loading->text, loading->length);
}

/* The operator's own file is there to be read again, so that one comes into force even when the
 * disk is full; and what a command had put in its place is over. */
static void check_kept(struct vane_policy_loading *loading)
{
    const struct vane_policy_plugin *plugin = loading->plugin;

    if (loading->result < 0)
        plugin->host->log->print(
            plugin->self, VANE_LOG_ERROR, "the policy of network %u cannot be kept as %s: %s",
            loading->network_id, loading->place ? loading->place : "(no state directory)",
            g_strerror(-loading->result));
    if (!loading->operators)
        return;
    loading->result = 0;
    vane_policy_document_forget(plugin, loading->network_id, false);
}

static void put_in_force(void *user)
{
    struct vane_policy_loading *loading = user;
    struct vane_policy_plugin *plugin = loading->plugin;

    if (loading->unwanted) { /* it was stopped before it was in force, or the plugin is */
        if (!plugin->stopping)
            vane_policy_document_forget(plugin, loading->network_id, loading->operators);
        loading->result = -ECANCELED;
    } else {
        check_kept(loading);
    }
    if (loading->result == 0)
        vane_policy_runner_put(plugin, loading->network_id, loading->policy,
                               loading->operators ? loading->path : NULL);
    else
        vane_policy_listen(plugin); /* which gives the gate back, if nothing needs it */
    finish(loading);
}

static void judge(void *user)
{
    struct vane_policy_loading *loading = user;
    struct vane_policy_plugin *plugin = loading->plugin;

    vane_policy_unref(g_steal_pointer(&loading->before));
    if (loading->unwanted)
        loading->result = -ECANCELED;
    else if (loading->problems.list && loading->problems.list->len > 0)
        vane_policy_tell_refused(plugin, loading->network_id, &loading->problems);
    else if (loading->result == 0 && !loading->unchanged)
        loading->result = vane_policy_take_gate(plugin);
    if (loading->result < 0 || loading->unchanged) {
        finish(loading);
        return;
    }
    loading->place = vane_policy_document_place(plugin, loading->network_id, loading->operators);
    go(loading, keep, put_in_force);
}

/* ---- one after the other ---- */

/* Only the operator's file is read again and again. */
static void begin(struct vane_policy_loading *loading)
{
    const struct vane_policy_runner *runner =
        vane_policy_runner_find(loading->plugin, loading->network_id);

    loading->under_way = true;
    if (loading->operators && runner && g_strcmp0(runner->origin, loading->path) == 0)
        loading->before = vane_policy_ref(vane_policy_state_policy(runner->state));
    go(loading, compile, judge);
}

static void begin_next(struct vane_policy_plugin *plugin)
{
    struct vane_policy_loading *loading = g_queue_peek_head(&plugin->loadings);

    if (!loading->under_way)
        begin(loading);
}

void vane_policy_loading_begin(struct vane_policy_loading *loading)
{
    struct vane_policy_plugin *plugin = loading->plugin;

    g_queue_push_tail(&plugin->loadings, loading);
    begin_next(plugin);
}

int vane_policy_loading_do(struct vane_policy_loading *loading)
{
    loading->at_once = true;
    begin(loading);
    return loading->result;
}

bool vane_policy_is_loading(const struct vane_policy_plugin *plugin, uint16_t network_id)
{
    for (const GList *at = plugin->loadings.head; at; at = at->next)
        if (((const struct vane_policy_loading *)at->data)->network_id == network_id)
            return true;
    return false;
}

static struct vane_policy_loading *next_to_drop(struct vane_policy_plugin *plugin)
{
    for (GList *at = plugin->loadings.head; at; at = at->next) {
        struct vane_policy_loading *loading = at->data;

        if (loading->unwanted && !loading->under_way)
            return loading;
    }
    return NULL;
}

/* What is under way ends when its step does. */
void vane_policy_loadings_cancel(struct vane_policy_plugin *plugin, int network_id)
{
    struct vane_policy_loading *loading;

    for (GList *at = plugin->loadings.head; at; at = at->next) {
        loading = at->data;
        loading->unwanted |= network_id < 0 || loading->network_id == network_id;
    }
    while ((loading = next_to_drop(plugin))) {
        (void)g_queue_remove(&plugin->loadings, loading);
        loading->result = -ECANCELED;
        if (loading->ended)
            loading->ended(loading);
        vane_policy_loading_free(loading);
    }
}
