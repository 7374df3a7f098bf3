/* What follows from a step of a plugin's life. See outcome.h. */
#include "engine/plugins/outcome.h"

#include <errno.h>
#include <string.h>

#include "engine/loop/loop.h"
#include "engine/plugins/set.h"

static struct vane_self *self_of(const struct vane_plugin_entry *entry)
{
    return &entry->registration->self;
}

static void publish(struct vane_plugin_set *set, const char *topic,
                    const struct vane_plugin_entry *entry, const char *reason)
{
    struct vane_field fields[] = {
        vane_string("plugin", entry->name),
        vane_string("version", entry->registration->descriptor->version),
        vane_string("reason", reason ? reason : ""),
    };
    struct vane_fields list = {sizeof(fields[0]), reason ? 3u : 2u, fields};

    vane_event_bus_publish_fields(set->engine->bus, topic, &list, NULL);
}

static void note_error(struct vane_lifecycle *lifecycle, int error, const char *text)
{
    if (lifecycle->first_error == 0)
        lifecycle->first_error = error;
    g_string_append_printf(lifecycle->errors, "%s%s", lifecycle->errors->len ? "; " : "", text);
}

static void take_back(struct vane_plugin_entry *entry, bool name_leftovers)
{
    struct vane_self *self = self_of(entry);

    vane_poster_dismiss(self);
    vane_ledger_revoke(&self->ledger, name_leftovers ? entry->name : NULL);
    self->engine = NULL;
}

/* Only the start of the daemon is given up: what runs already goes on. */
static bool ends_start(const struct vane_plugin_set *set, const struct vane_plugin_entry *entry)
{
    return set->engine->phase == VANE_ENGINE_STARTING &&
           vane_configuration_on_failure(set->engine->configuration, entry->name) ==
               VANE_ON_FAILURE_ABORT;
}

static void init_failed(struct vane_plugin_set *set, struct vane_plugin_entry *entry, int error)
{
    struct vane_lifecycle *lifecycle = &set->lifecycle;
    g_autofree char *text =
        g_strdup_printf("%s: cannot start: %s", entry->name,
                        error == -ETIMEDOUT ? "no answer within StartTimeout" : g_strerror(-error));

    take_back(entry, false);
    vane_plugin_entry_set(entry, VANE_PLUGIN_FAILED, strchr(text, ' ') + 1);
    publish(set, "plugin.failed", entry, entry->reason);
    vane_error(entry->name, "%s%s", entry->reason,
               ends_start(set, entry) ? "; giving up (OnFailure=disable would go on without it)"
                                      : "; going on without it");
    if (set->engine->phase != VANE_ENGINE_STARTING || ends_start(set, entry))
        note_error(lifecycle, error, text);
    if (ends_start(set, entry))
        g_queue_clear_full(&lifecycle->steps, g_free);
}

void vane_outcome_without(struct vane_plugin_set *set, struct vane_plugin_entry *entry,
                          const char *missing)
{
    g_autofree char *reason =
        g_strdup_printf("not started: it requires the plugin %s, which is not running", missing);
    g_autofree char *error = g_strdup_printf("%s: %s", entry->name, reason);

    vane_plugin_entry_set(entry, VANE_PLUGIN_FAILED, reason);
    publish(set, "plugin.failed", entry, reason);
    vane_error(entry->name, "%s", reason);
    if (set->engine->phase != VANE_ENGINE_STARTING)
        note_error(&set->lifecycle, -ESRCH, error);
}

static void init_unavailable(struct vane_plugin_set *set, struct vane_plugin_entry *entry)
{
    struct vane_self *self = self_of(entry);
    g_autofree char *reason = g_steal_pointer(&self->unavailable);

    take_back(entry, false);
    vane_info(entry->name, "not on this system%s%s", reason ? ": " : "", reason ? reason : "");
    vane_plugin_entry_set(entry, VANE_PLUGIN_UNAVAILABLE, reason);
}

static void init_cancelled(struct vane_plugin_entry *entry)
{
    take_back(entry, false);
    vane_plugin_entry_set(entry, VANE_PLUGIN_STOPPED, NULL);
}

static void after_init(struct vane_plugin_set *set, struct vane_plugin_entry *entry, int result)
{
    if (result == -EOPNOTSUPP) {
        init_unavailable(set, entry);
    } else if (result == -ECANCELED) {
        init_cancelled(entry);
    } else if (result < 0) {
        init_failed(set, entry, result);
    } else {
        vane_plugin_entry_set(entry, VANE_PLUGIN_RUNNING, NULL);
        publish(set, "plugin.started", entry, NULL);
        vane_debug(entry->name, "running");
    }
}

static void after_reload(struct vane_plugin_set *set, struct vane_plugin_entry *entry, int result)
{
    g_autofree char *text = NULL;

    if (result >= 0 || result == -ECANCELED)
        return;
    text = g_strdup_printf(
        "%s: cannot take up its new configuration: %s; its old one stays", entry->name,
        result == -ETIMEDOUT ? "no answer within ReloadTimeout" : g_strerror(-result));
    vane_configuration_keep_plugin(set->engine->configuration, set->engine->previous, entry->name);
    vane_error(entry->name, "%s", strchr(text, ' ') + 1);
    note_error(&set->lifecycle, result, text);
}

static void after_shutdown(struct vane_plugin_set *set, struct vane_plugin_entry *entry, int result)
{
    const char *reason = NULL;

    if (result < 0) {
        g_autofree char *text = NULL;

        reason = result == -ETIMEDOUT ? "no answer within ShutdownTimeout" : g_strerror(-result);
        text = g_strdup_printf("%s: did not shut down cleanly: %s", entry->name, reason);
        vane_error(entry->name, "%s", strchr(text, ' ') + 1);
        note_error(&set->lifecycle, result, text);
    }
    take_back(entry, true);
    vane_plugin_entry_set(entry, VANE_PLUGIN_STOPPED, NULL);
    publish(set, "plugin.stopped", entry, reason);
    vane_debug(entry->name, "stopped");
}

void vane_outcome(struct vane_plugin_set *set, enum vane_step step, struct vane_plugin_entry *entry,
                  int result)
{
    switch (step) {
    case VANE_STEP_INIT:
        after_init(set, entry, result);
        break;
    case VANE_STEP_RELOAD:
        after_reload(set, entry, result);
        break;
    case VANE_STEP_SHUTDOWN:
        after_shutdown(set, entry, result);
        break;
    }
}
