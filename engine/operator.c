/* What operators may ask of the engine: see operator.h. */
#include "engine/operator.h"

#include <errno.h>

#include <glib.h>

#include "engine/commands/builtin.h"
#include "engine/config/configuration.h"
#include "engine/configure.h"
#include "engine/engine.h"
#include "engine/links/table.h"
#include "engine/loop/loop.h"
#include "engine/operator-actions.h"
#include "engine/plugins/set.h"
#include "engine/version.h"

static const char *version(void *user)
{
    (void)user;
    return vane_version();
}

static const char *commit(void *user)
{
    (void)user;
    return vane_commit();
}

static const char *build_time(void *user)
{
    (void)user;
    return vane_build_time();
}

static int plugin(void *user, unsigned index, struct vane_plugin_status *status)
{
    const struct vane_engine *engine = user;
    const struct vane_plugin_entry *entry;

    if (index >= engine->plugins->entries->len)
        return -ENOENT;
    entry = g_ptr_array_index(engine->plugins->entries, index);
    *status = (struct vane_plugin_status){
        .name = entry->name,
        .state = vane_plugin_state_word(entry->state),
        .reason = entry->reason,
        .path = entry->path,
        .descriptor = entry->registration ? entry->registration->descriptor : NULL,
    };
    return 0;
}

static char *degraded(void *user)
{
    const struct vane_engine *engine = user;

    return vane_plugin_set_degraded(engine->plugins);
}

static int next_link(void *user, uint32_t after, const struct vane_payload **link)
{
    const struct vane_engine *engine = user;

    *link = vane_link_table_next(engine->links, after);
    return *link ? 0 : -ENOENT;
}

static int link_by_name(void *user, const char *name, const struct vane_payload **link)
{
    const struct vane_engine *engine = user;

    *link = vane_link_table_find(engine->links, name);
    return *link ? 0 : -ENODEV;
}

static int options(void *user, const char *name, struct vane_json *json)
{
    const struct vane_engine *engine = user;

    return vane_configuration_render_options(engine->configuration, name, json);
}

static void render_slowest(const struct vane_engine *engine, struct vane_json *json)
{
    vane_json_key(json, "slowest_callbacks");
    vane_json_array_begin(json);
    for (guint i = 0; i < engine->plugins->entries->len; i++) {
        const struct vane_plugin_entry *entry = g_ptr_array_index(engine->plugins->entries, i);

        if (entry->state != VANE_PLUGIN_RUNNING)
            continue;
        vane_json_object_begin(json);
        vane_json_member_string(json, "plugin", entry->name);
        vane_json_member_uint64(json, "microseconds", entry->registration->self.slowest_ns / 1000);
        vane_json_object_end(json);
    }
    vane_json_array_end(json);
}

static void status(void *user, struct vane_json *json)
{
    const struct vane_engine *engine = user;
    uint64_t seconds_left = vane_configure_seconds_left(engine);

    vane_json_member_uint64(json, "uptime_seconds",
                            (vane_monotonic_ns() - engine->started_ns) / 1000000000);
    vane_json_member_string(json, "epoch", vane_event_bus_epoch(engine->bus));
    vane_json_member_uint64(json, "events", vane_event_bus_next_seq(engine->bus) - 1);
    vane_json_member_string(json, "configuration", vane_configuration_file(engine->configuration));
    vane_json_member_bool(json, "confirmation_pending", seconds_left != UINT64_MAX);
    if (seconds_left != UINT64_MAX)
        vane_json_member_uint64(json, "rolled_back_in_seconds", seconds_left);
    render_slowest(engine, json);
}

static int configure_check(void *user, const char *candidate, char **text)
{
    return vane_configure_check(user, candidate, text);
}

static int configure_diff(void *user, struct vane_json *json, char **text)
{
    return vane_configure_diff(user, json, text);
}

static int configure_apply(void *user, int64_t confirm_usec, vane_builtin_done done, void *data)
{
    return vane_configure_apply(user, confirm_usec, done, data);
}

static int configure_confirm(void *user)
{
    return vane_configure_confirm(user);
}

static int configure_rollback(void *user, vane_builtin_done done, void *data)
{
    return vane_configure_rollback(user, done, data);
}

/* ---- accounts ---- */

static struct vane_self *self_of(const struct vane_engine *engine, const char *name)
{
    struct vane_plugin_entry *entry = vane_plugin_set_find(engine->plugins, name);

    return entry && entry->registration ? &entry->registration->self : NULL;
}

static int plugin_load(void *user, const char *name, bool clear, struct vane_plugin_load *load)
{
    const struct vane_engine *engine = user;
    struct vane_self *self = self_of(engine, name);

    if (!self)
        return -ENOENT;
    *load = (struct vane_plugin_load){
        .calls = self->calls,
        .busy_ns = self->busy_ns,
        .slowest_ns = self->slowest_ns,
        .slowest = self->slowest,
        .queued = vane_event_bus_queued(engine->bus, self),
        .debug = self->debug,
    };
    if (clear) {
        self->calls = self->busy_ns = self->slowest_ns = 0;
        self->slowest = NULL;
    }
    return 0;
}

static int plugin_debug(void *user, const char *name, bool on)
{
    struct vane_self *self = self_of(user, name);

    if (!self)
        return -ENOENT;
    __atomic_store_n(&self->debug, on, __ATOMIC_RELAXED);
    return 0;
}

/* ---- the files as they are now ---- */

static void render_of(struct vane_json *json, const struct vane_configuration *configuration,
                      const char *plugin)
{
    struct vane_json options = {0};

    if (vane_configuration_render_options(configuration, plugin, &options) == 0)
        vane_builtin_write_options(json, plugin, &options);
    vane_json_clear(&options);
}

static int file_options(void *user, struct vane_json *json, char **why)
{
    const struct vane_engine *engine = user;
    const GPtrArray *entries = engine->plugins->entries;
    struct vane_problems *problems = vane_problems_new();
    struct vane_configuration *files = vane_configuration_load(engine->sources, problems);
    int r;

    for (guint i = 0; i < entries->len; i++) {
        const struct vane_plugin_entry *entry = g_ptr_array_index(entries, i);

        vane_configuration_add_plugin(files, entry->name,
                                      entry->registration ? entry->registration->descriptor : NULL,
                                      problems);
    }
    r = vane_configuration_finish(files, problems);
    if (r < 0)
        *why = vane_problems_text(problems);
    vane_json_array_begin(json);
    render_of(json, files, NULL);
    for (guint i = 0; i < entries->len; i++)
        render_of(json, files, ((const struct vane_plugin_entry *)entries->pdata[i])->name);
    vane_json_array_end(json);
    vane_configuration_unref(files);
    vane_problems_free(problems);
    return r;
}

static void on_shutdown(void *user)
{
    vane_engine_stop(user);
}

/* Later, so that the answer gets out. */
static int shutdown_soon(void *user)
{
    return vane_timer_start(user, NULL, 50, 0, on_shutdown, user, NULL);
}

struct vane_builtin_host *vane_operator_new(struct vane_engine *engine)
{
    struct vane_builtin_host *host = g_new0(struct vane_builtin_host, 1);

    *host = (struct vane_builtin_host){
        .user = engine,
        .version = version,
        .commit = commit,
        .build_time = build_time,
        .plugin = plugin,
        .degraded = degraded,
        .next_link = next_link,
        .link_by_name = link_by_name,
        .options = options,
        .status = status,
        .reload = vane_operator_reload,
        .plugin_action = vane_operator_plugin_action,
        .configure_check = configure_check,
        .configure_diff = configure_diff,
        .configure_apply = configure_apply,
        .configure_confirm = configure_confirm,
        .configure_rollback = configure_rollback,
        .plugin_load = plugin_load,
        .plugin_debug = plugin_debug,
        .file_options = file_options,
        .shutdown = shutdown_soon,
    };
    return host;
}
