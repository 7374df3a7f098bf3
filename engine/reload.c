/*
 * A reload: the new configuration is read and checked whole; only then it is put in force and
 * those plugins that it concerns are reloaded, restarted, started or stopped.
 */
#include <errno.h>

#include <glib.h>

#include "engine/config/configuration.h"
#include "engine/configwatch.h"
#include "engine/control/control.h"
#include "engine/engine.h"
#include "engine/notify.h"
#include "engine/plan.h"
#include "engine/plugins/set.h"

struct vane_reload {
    struct vane_engine *engine;
    struct vane_plan *plan; /* NULL: the configuration was refused */
    GString *errors;        /* of the steps so far, a line each */
    GString *warnings;      /* of the configuration */
    int result;             /* the first error */
    bool restart;           /* of one plugin, with the configuration as it is */
    void (*done)(void *user, int result, const char *errors);
    void *user;
};

static void add_stops(const struct vane_plan *plan, struct vane_plugin_set *set)
{
    for (guint i = set->order->len; i > 0; i--) {
        struct vane_plugin_entry *entry = g_ptr_array_index(set->order, i - 1);

        if (g_hash_table_contains(plan->stops, entry->name))
            vane_lifecycle_add(set, VANE_STEP_SHUTDOWN, entry);
    }
}

static void add_starts(const struct vane_plan *plan, struct vane_plugin_set *set)
{
    for (guint i = 0; i < set->order->len; i++) {
        struct vane_plugin_entry *entry = g_ptr_array_index(set->order, i);

        if (g_hash_table_contains(plan->reloads, entry->name))
            vane_lifecycle_add(set, VANE_STEP_RELOAD, entry);
        else if (g_hash_table_contains(plan->starts, entry->name))
            vane_lifecycle_add(set, VANE_STEP_INIT, entry);
    }
}

static void mark_disabled(struct vane_engine *engine)
{
    GPtrArray *entries = engine->plugins->entries;

    for (guint i = 0; i < entries->len; i++) {
        struct vane_plugin_entry *entry = g_ptr_array_index(entries, i);

        if (!vane_configuration_enabled(engine->configuration, entry->name))
            vane_plugin_entry_set(entry, VANE_PLUGIN_DISABLED, NULL);
        else if (entry->gone)
            vane_plugin_entry_set(entry, VANE_PLUGIN_DISABLED, "its file is gone");
    }
}

static void publish(const struct vane_reload *reload)
{
    const struct vane_engine *engine = reload->engine;
    const GPtrArray *changes = reload->plan->changes;
    const char *errors = reload->errors->str;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    struct vane_field fields[3];
    struct vane_fields list = {sizeof(fields[0]), errors[0] ? 3u : 2u, fields};

    for (guint i = 0; i < changes->len; i++)
        g_ptr_array_add(names,
                        ((struct vane_plugin_change *)g_ptr_array_index(changes, i))->plugin);
    fields[0] = vane_string("file", vane_configuration_file(engine->configuration));
    fields[1] = vane_strings("plugins", (const char *const *)names->pdata, names->len);
    fields[2] = vane_string("errors", errors);
    vane_event_bus_publish_fields(engine->bus, "config.reloaded", &list, NULL);
}

/* Remembered until a configuration is put in force: what runs is not what the files say. */
static void publish_refusal(struct vane_engine *engine, const char *errors)
{
    const struct vane_field fields[] = {
        vane_string("file", vane_configuration_file(engine->configuration)),
        vane_string("errors", errors),
    };
    const struct vane_fields list = VANE_FIELDS(fields);

    g_free(engine->refusal);
    engine->refusal = g_strdup(errors);
    engine->refused_usec = g_get_real_time();
    vane_event_bus_publish_fields(engine->bus, "config.refused", &list, NULL);
}

static void note(struct vane_reload *reload, int result, const char *errors)
{
    if (reload->result == 0)
        reload->result = result;
    g_string_append_printf(reload->errors, "%s%s", reload->errors->len && *errors ? "\n" : "",
                           errors);
}

static void finish(struct vane_reload *reload)
{
    struct vane_engine *engine = reload->engine;

    engine->reload = NULL;
    vane_configuration_watch_update(engine);
    if (engine->phase != VANE_ENGINE_STOPPING)
        vane_notify_ready(engine);
    vane_control_properties_changed(engine);
    if (reload->done)
        reload->done(reload->user, reload->result,
                     reload->result < 0 ? reload->errors->str : reload->warnings->str);
    vane_plan_free(reload->plan);
    g_string_free(reload->warnings, TRUE);
    g_string_free(reload->errors, TRUE);
    g_free(reload);
}

static void on_started(void *user, int result, const char *errors)
{
    struct vane_reload *reload = user;
    struct vane_engine *engine = reload->engine;

    note(reload, result, errors);
    if (engine->phase != VANE_ENGINE_STOPPING)
        mark_disabled(engine);
    vane_configuration_unref(g_steal_pointer(&engine->previous));
    if (!reload->restart) {
        publish(reload);
        vane_info("engine", "configuration reloaded%s", reload->result < 0 ? ", with errors" : "");
    }
    finish(reload);
    if (engine->phase == VANE_ENGINE_STOPPING)
        vane_engine_stop_plugins(engine);
}

/* The order is made anew only now: what may not run any more had to be stopped in the old one. */
static void on_stopped(void *user, int result, const char *errors)
{
    struct vane_reload *reload = user;
    struct vane_engine *engine = reload->engine;

    note(reload, result, errors);
    if (engine->phase != VANE_ENGINE_STOPPING) {
        vane_plugin_set_reorder(engine->plugins);
        add_starts(reload->plan, engine->plugins);
    }
    vane_lifecycle_run(engine->plugins, on_started, reload);
}

static void put_in_force(struct vane_reload *reload, struct vane_configuration *next)
{
    struct vane_engine *engine = reload->engine;

    engine->previous = engine->configuration;
    engine->configuration = next;
    if (!reload->restart)
        g_clear_pointer(&engine->refusal, g_free);
    vane_log_set_level(vane_configuration_settings(next)->log_level);
    vane_print_start(engine);
    add_stops(reload->plan, engine->plugins);
    vane_lifecycle_run(engine->plugins, on_stopped, reload);
}

/* Refused plugins are told, but do not keep the others from being reloaded. */
static int read_next(struct vane_engine *engine, const struct vane_configuration *like,
                     struct vane_configuration **result, struct vane_problems *problems)
{
    struct vane_problems *plugin_problems = vane_problems_new();
    struct vane_configuration *next =
        like ? vane_configuration_load_again(like, engine->sources, problems)
             : vane_configuration_load(engine->sources, problems);
    int r;

    if (!like)
        vane_configuration_watch_seen(engine, next);
    vane_plugin_set_reopen(engine->plugins, next, plugin_problems);
    r = vane_configuration_finish(next, problems);
    vane_problems_log(plugin_problems, "plugins");
    vane_problems_free(plugin_problems);
    if (r < 0) {
        vane_configuration_unref(next);
        return r;
    }
    *result = next;
    return 0;
}

/* For the log, and for whoever asked. */
static void take_warnings(struct vane_reload *reload, const struct vane_problems *problems)
{
    vane_problems_log(problems, "config");
    for (guint i = 0; i < problems->list->len; i++) {
        const struct vane_problem *problem = problems->list->pdata[i];

        g_string_append_printf(reload->warnings, "%s%s", reload->warnings->len ? "; " : "",
                               problem->text);
    }
}

static struct vane_reload *reload_new(struct vane_engine *engine,
                                      void (*done)(void *user, int result, const char *errors),
                                      void *user)
{
    struct vane_reload *reload = g_new0(struct vane_reload, 1);

    reload->engine = engine;
    reload->errors = g_string_new(NULL);
    reload->warnings = g_string_new(NULL);
    reload->done = done;
    reload->user = user;
    return reload;
}

int vane_engine_reload_again(struct vane_engine *engine, const struct vane_configuration *like,
                             void (*done)(void *user, int result, const char *errors), void *user)
{
    struct vane_problems *problems;
    struct vane_configuration *next = NULL;
    struct vane_reload *reload;

    if (engine->phase != VANE_ENGINE_RUNNING || engine->reload)
        return -EBUSY;
    vane_notify_reloading();
    engine->reload = reload = reload_new(engine, done, user);
    problems = vane_problems_new();
    if (read_next(engine, like, &next, problems) == 0) {
        reload->plan = vane_plan_new(engine, next);
        vane_configuration_succeed(next, engine->configuration, problems);
        if (!like)
            take_warnings(reload, problems);
        put_in_force(reload, next);
    } else {
        g_autofree char *text = vane_problems_text(problems);

        publish_refusal(engine, text);
        note(reload, -EBADMSG, text);
        finish(reload);
    }
    vane_problems_free(problems);
    return 0;
}

int vane_engine_reload(struct vane_engine *engine,
                       void (*done)(void *user, int result, const char *errors), void *user)
{
    return vane_engine_reload_again(engine, NULL, done, user);
}

int vane_engine_restart_plugin(struct vane_engine *engine, const char *name,
                               void (*done)(void *user, int result, const char *errors), void *user)
{
    struct vane_reload *reload;

    if (engine->phase != VANE_ENGINE_RUNNING || engine->reload)
        return -EBUSY;
    engine->reload = reload = reload_new(engine, done, user);
    reload->restart = true;
    reload->plan = vane_plan_restart(engine, name);
    put_in_force(reload, vane_configuration_ref(engine->configuration));
    return 0;
}
