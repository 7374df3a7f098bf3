/*
 * What operators do to the configuration and to plugins: it takes its time, and the answer comes
 * when all is done. See operator-actions.h.
 */
#include "engine/operator-actions.h"

#include <errno.h>

#include <glib.h>

#include "engine/config/configuration.h"
#include "engine/configure.h"
#include "engine/engine.h"
#include "engine/plugins/quarantine.h"
#include "engine/plugins/set.h"

struct answer {
    vane_builtin_done done;
    void *data;
    char *prefix; /* what was done before the reload */
};

static const char *outcome_of(int result)
{
    if (result == -EBADMSG)
        return "not reloaded, the old configuration stays in force:\n";
    return result < 0 ? "the configuration is reloaded, but (\"show log\" tells more):\n"
                      : "the configuration is reloaded";
}

static void on_reloaded(void *user, int result, const char *details)
{
    struct answer *answer = user;
    g_autofree char *text =
        g_strdup_printf("%s%s%s%s", answer->prefix, outcome_of(result),
                        result == 0 && *details ? ", with warnings: " : "", details);

    answer->done(answer->data, result, text);
    g_free(answer->prefix);
    g_free(answer);
}

/* Takes over `prefix`. */
static int reload_then(struct vane_engine *engine, char *prefix, vane_builtin_done done, void *data)
{
    struct answer *answer = g_new0(struct answer, 1);
    int r;

    answer->done = done;
    answer->data = data;
    answer->prefix = prefix;
    r = vane_engine_reload(engine, on_reloaded, answer);
    if (r < 0) {
        g_free(prefix);
        g_free(answer);
    }
    return r;
}

int vane_operator_reload(void *user, vane_builtin_done done, void *data)
{
    return reload_then(user, g_strdup(""), done, data);
}

static int reset(struct vane_engine *engine, struct vane_plugin_entry *entry,
                 vane_builtin_done done, void *data)
{
    const struct vane_engine_settings *settings =
        vane_configuration_settings(engine->configuration);
    int r = vane_quarantine_reset(settings->state_directory, entry->name);

    if (r < 0) {
        g_autofree char *text =
            g_strdup_printf(r == -ENOENT ? "no crashes of plugin %s are on record"
                                         : "the record of crashes of plugin %s cannot be changed",
                            entry->name);

        done(data, r, text);
        return 0;
    }
    if (entry->state == VANE_PLUGIN_QUARANTINED)
        vane_plugin_entry_set(entry, VANE_PLUGIN_STOPPED, NULL);
    return reload_then(engine,
                       g_strdup_printf("the crashes of plugin %s are forgotten; ", entry->name),
                       done, data);
}

static void on_restarted(void *user, int result, const char *errors)
{
    struct answer *answer = user;
    g_autofree char *text =
        result < 0 ? g_strdup_printf("%s did not start again: %s", answer->prefix, errors)
                   : g_strdup_printf("%s is restarted", answer->prefix);

    answer->done(answer->data, result, text);
    g_free(answer->prefix);
    g_free(answer);
}

static int restart(struct vane_engine *engine, const struct vane_plugin_entry *entry,
                   vane_builtin_done done, void *data)
{
    struct answer *answer;
    int r;

    if (entry->state == VANE_PLUGIN_DISABLED || !entry->registration) {
        g_autofree char *text = g_strdup_printf("plugin %s is %s, and cannot be restarted",
                                                entry->name, vane_plugin_state_word(entry->state));

        done(data, -EINVAL, text);
        return 0;
    }
    answer = g_new0(struct answer, 1);
    *answer = (struct answer){done, data, g_strdup_printf("plugin %s", entry->name)};
    r = vane_engine_restart_plugin(engine, entry->name, on_restarted, answer);
    if (r < 0) {
        g_free(answer->prefix);
        g_free(answer);
    }
    return r;
}

int vane_operator_plugin_action(void *user, enum vane_plugin_action action, const char *name,
                                vane_builtin_done done, void *data)
{
    struct vane_engine *engine = user;
    struct vane_plugin_entry *entry = vane_plugin_set_find(engine->plugins, name);

    if (!entry) {
        g_autofree char *text =
            g_strdup_printf("there is no plugin %s; \"show plugins\" lists them", name);

        done(data, -ENOENT, text);
        return 0;
    }
    switch (action) {
    case VANE_PLUGIN_ENABLE:
        return vane_configure_plugin(engine, name, true, false, done, data);
    case VANE_PLUGIN_DISABLE:
        return vane_configure_plugin(engine, name, false, false, done, data);
    case VANE_PLUGIN_ENABLE_PERSISTENT:
        return vane_configure_plugin(engine, name, true, true, done, data);
    case VANE_PLUGIN_DISABLE_PERSISTENT:
        return vane_configure_plugin(engine, name, false, true, done, data);
    case VANE_PLUGIN_RESTART:
        return restart(engine, entry, done, data);
    case VANE_PLUGIN_RESET:
        return reset(engine, entry, done, data);
    }
    return -EINVAL;
}
