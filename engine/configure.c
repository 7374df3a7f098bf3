/* Changing the configuration while the daemon runs. See configure.h; looking at it is preview.c. */
#include "engine/configure.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "engine/config/configuration.h"
#include "engine/engine.h"
#include "engine/loop/loop.h"

/* So long after a time that was the wrong one, a reload being under way, it is tried again. */
#define RETRY_MS 200u

struct vane_configure {
    GHashTable *enabled;               /* what was said at run time: see configuration.h */
    struct vane_configuration *before; /* what to go back to; NULL: nothing was applied */
    struct vane_timer *timer;          /* NULL: nothing waits for a confirmation */
    uint64_t deadline_ns;
};

/* A reload that somebody waits for. */
struct change {
    struct vane_engine *engine;
    struct vane_configuration *before; /* in force when it began */
    char *sentence;                    /* what to say when all went well */
    char *refused;                     /* and when the files have errors; NULL: the usual */
    int64_t confirm_usec;
    char *plugin, *said; /* of plugin_for_now(): what was said of it before; NULL: nothing */
    vane_builtin_done done;
    void *data;
};

static struct change *change_new(struct vane_engine *engine, vane_builtin_done done, void *data)
{
    struct change *change = g_new0(struct change, 1);

    change->engine = engine;
    change->before = vane_configuration_ref(engine->configuration);
    change->done = done;
    change->data = data;
    return change;
}

static void change_free(struct change *change)
{
    vane_configuration_unref(change->before);
    g_free(change->sentence);
    g_free(change->refused);
    g_free(change->plugin);
    g_free(change->said);
    g_free(change);
}

/* A configuration with errors was not put in force at all; one that a plugin did not take up was.
 */
static bool is_refused(const struct change *change)
{
    return change->engine->configuration == change->before;
}

static void answer(const struct change *change, int result, const char *errors)
{
    g_autofree char *text = NULL;

    if (result >= 0)
        text = g_strdup(change->sentence);
    else if (is_refused(change))
        text = g_strdup_printf("%s:\n%s", change->refused ? change->refused : "nothing is changed",
                               errors);
    else
        text = g_strdup_printf("%s, but not everything took it up:\n%s", change->sentence, errors);
    if (change->done)
        change->done(change->data, result, text);
}

/* ---- going back ---- */

static void on_time_up(void *user);

static void end_trial(struct vane_configure *configure)
{
    vane_timer_stop(g_steal_pointer(&configure->timer));
}

static void on_rolled_back(void *user, int result, const char *errors)
{
    struct change *change = user;

    if (result >= 0)
        vane_notice("config", "%s", change->sentence);
    else
        vane_error("config", "rolled back, but not wholly: %s", errors);
    answer(change, result, errors);
    change_free(change);
}

static int roll_back(struct vane_engine *engine, const char *sentence, vane_builtin_done done,
                     void *data)
{
    struct vane_configure *configure = engine->configure;
    struct vane_configuration *before = configure->before;
    struct change *change;
    int r;

    if (!before)
        return -ENOENT;
    change = change_new(engine, done, data);
    change->sentence = g_strdup(sentence);
    configure->before = NULL;
    r = vane_engine_reload_again(engine, before, on_rolled_back, change);
    if (r < 0) {
        configure->before = before;
        change_free(change);
        return r;
    }
    end_trial(configure);
    vane_configuration_unref(before);
    return 0;
}

int vane_configure_rollback(struct vane_engine *engine, vane_builtin_done done, void *data)
{
    return roll_back(engine,
                     "rolled back: what was in force before is again; the files stay as they are",
                     done, data);
}

static void on_time_up(void *user)
{
    struct vane_engine *engine = user;
    struct vane_configure *configure = engine->configure;

    configure->timer = NULL;
    if (roll_back(engine,
                  "not confirmed in time, so rolled back: what was in force before is again; the "
                  "files stay as they are",
                  NULL, NULL) == -EBUSY)
        vane_timer_start(engine, NULL, RETRY_MS, 0, on_time_up, engine, &configure->timer);
}

/* ---- applying ---- */

static void start_trial(struct change *change)
{
    struct vane_configure *configure = change->engine->configure;
    uint64_t seconds = (uint64_t)change->confirm_usec / 1000000;

    vane_timer_stop(g_steal_pointer(&configure->timer));
    vane_timer_start(change->engine, NULL, (uint64_t)change->confirm_usec / 1000, 0, on_time_up,
                     change->engine, &configure->timer);
    configure->deadline_ns = vane_monotonic_ns() + (uint64_t)change->confirm_usec * 1000;
    g_free(change->sentence);
    change->sentence =
        g_strdup_printf("the configuration is applied; it is rolled back in %" G_GUINT64_FORMAT
                        " s unless \"configure confirm\" comes",
                        seconds);
    vane_notice("config", "%s", change->sentence);
}

/* A trial that is under way goes on to mean what was in force before it began. */
static void on_applied(void *user, int result, const char *errors)
{
    struct change *change = user;
    struct vane_configure *configure = change->engine->configure;

    if (!is_refused(change)) {
        if (!configure->timer) {
            g_clear_pointer(&configure->before, vane_configuration_unref);
            configure->before = vane_configuration_ref(change->before);
        }
        if (change->confirm_usec > 0)
            start_trial(change);
    }
    answer(change, result, errors);
    change_free(change);
}

int vane_configure_apply(struct vane_engine *engine, int64_t confirm_usec, vane_builtin_done done,
                         void *data)
{
    struct change *change = change_new(engine, done, data);
    int r;

    change->sentence = g_strdup(
        engine->configure->timer ? "the configuration is applied; the earlier one is still to be "
                                   "confirmed"
                                 : "the configuration is applied");
    change->confirm_usec = confirm_usec;
    r = vane_engine_reload(engine, on_applied, change);
    if (r < 0)
        change_free(change);
    return r;
}

int vane_configure_confirm(struct vane_engine *engine)
{
    if (!engine->configure->timer)
        return -ENOENT;
    end_trial(engine->configure);
    vane_notice("config", "the configuration is confirmed");
    return 0;
}

uint64_t vane_configure_seconds_left(const struct vane_engine *engine)
{
    const struct vane_configure *configure = engine->configure;
    uint64_t now = vane_monotonic_ns();

    if (!configure->timer)
        return UINT64_MAX;
    return configure->deadline_ns > now ? (configure->deadline_ns - now + 999999999) / 1000000000
                                        : 0;
}

/* ---- one plugin ---- */

static void say(struct vane_configure *configure, const char *plugin, const char *said)
{
    if (said)
        g_hash_table_insert(configure->enabled, g_strdup(plugin), g_strdup(said));
    else
        g_hash_table_remove(configure->enabled, plugin);
}

static void on_plugin_changed(void *user, int result, const char *errors)
{
    struct change *change = user;

    if (is_refused(change))
        say(change->engine->configure, change->plugin, change->said);
    answer(change, result, errors);
    change_free(change);
}

/* The files are not read: what somebody may be editing there is none of this command's business. */
static int plugin_for_now(struct vane_engine *engine, struct change *change, bool enabled)
{
    change->said = g_strdup(g_hash_table_lookup(engine->configure->enabled, change->plugin));
    change->sentence =
        g_strdup_printf("plugin %s is %s until netvaned is started anew; with \"persist\" it would "
                        "stay so",
                        change->plugin, enabled ? "enabled" : "disabled");
    say(engine->configure, change->plugin, enabled ? "yes" : "no");
    return vane_engine_reload_again(engine, engine->configuration, on_plugin_changed, change);
}

static int plugin_for_good(struct vane_engine *engine, struct change *change, bool enabled)
{
    g_autofree char *path = NULL, *text = NULL;
    int r = vane_configuration_write_enabled(vane_configuration_own_file(engine->configuration),
                                             change->plugin, enabled, &path);

    if (r < 0) {
        text = g_strdup_printf("cannot write the drop-in for plugin %s: %s", change->plugin,
                               g_strerror(-r));
        change->done(change->data, r, text);
        change_free(change);
        return 0;
    }
    change->sentence = g_strdup_printf("plugin %s is %s by %s", change->plugin,
                                       enabled ? "enabled" : "disabled", path);
    change->refused = g_strdup_printf("%s is written, but nothing else is changed as the "
                                      "configuration has errors",
                                      path);
    say(engine->configure, change->plugin, NULL);
    return vane_engine_reload(engine, on_plugin_changed, change);
}

int vane_configure_plugin(struct vane_engine *engine, const char *name, bool enabled, bool persist,
                          vane_builtin_done done, void *data)
{
    struct change *change;
    int r;

    if (engine->phase != VANE_ENGINE_RUNNING || engine->reload)
        return -EBUSY;
    change = change_new(engine, done, data);
    change->plugin = g_strdup(name);
    r = persist ? plugin_for_good(engine, change, enabled)
                : plugin_for_now(engine, change, enabled);
    if (r < 0)
        change_free(change);
    return r;
}

/* ---- its life ---- */

void vane_configure_start(struct vane_engine *engine)
{
    engine->configure = g_new0(struct vane_configure, 1);
    engine->configure->enabled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    engine->sources->enabled = engine->configure->enabled;
}

void vane_configure_stop(struct vane_engine *engine)
{
    struct vane_configure *configure = g_steal_pointer(&engine->configure);

    if (!configure)
        return;
    end_trial(configure);
    g_clear_pointer(&configure->before, vane_configuration_unref);
    engine->sources->enabled = NULL;
    g_hash_table_unref(configure->enabled);
    g_free(configure);
}
