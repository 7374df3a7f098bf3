/* What the service manager is told. See notify.h. */
#include "engine/notify.h"

#include <systemd/sd-daemon.h>

#include <glib.h>

#include "engine/loop/loop.h"
#include "engine/plugins/set.h"

struct vane_notifier {
    struct vane_timer *timer;
};

static void keep_alive(void *user)
{
    (void)user;
    sd_notify(0, "WATCHDOG=1");
}

void vane_notify_start(struct vane_engine *engine)
{
    uint64_t period_us;

    if (sd_watchdog_enabled(0, &period_us) <= 0)
        return;
    engine->notifier = g_new0(struct vane_notifier, 1);
    vane_timer_start(engine, NULL, period_us / 2000, period_us / 2000, keep_alive, engine,
                     &engine->notifier->timer);
}

void vane_notify_stop(struct vane_engine *engine)
{
    if (!engine->notifier)
        return;
    vane_timer_stop(engine->notifier->timer);
    g_clear_pointer(&engine->notifier, g_free);
}

static unsigned count_running(const struct vane_plugin_set *set)
{
    unsigned count = 0;

    for (guint i = 0; i < set->entries->len; i++) {
        const struct vane_plugin_entry *entry = g_ptr_array_index(set->entries, i);

        count += entry->state == VANE_PLUGIN_RUNNING;
    }
    return count;
}

void vane_notify_ready(const struct vane_engine *engine)
{
    g_autofree char *degraded = vane_plugin_set_degraded(engine->plugins);
    unsigned running = count_running(engine->plugins);

    sd_notifyf(0, "READY=1\nSTATUS=%u plugin%s running%s%s", running, running == 1 ? "" : "s",
               degraded ? "; degraded: " : "", degraded ? degraded : "");
}

void vane_notify_reloading(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" G_GUINT64_FORMAT "\nSTATUS=Reloading",
               vane_monotonic_ns() / 1000);
}

void vane_notify_stopping(void)
{
    sd_notify(0, "STOPPING=1\nSTATUS=Shutting down");
}
