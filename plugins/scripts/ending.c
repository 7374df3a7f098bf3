/* The end of all scripts, at the plugin's shutdown. See runner.h. */
#include <errno.h>
#include <signal.h>

#include "plugins/scripts/runner.h"

static void signal_all(struct vane_scripts *scripts, int signal)
{
    g_autoptr(GList) lanes = vane_lanes_list(&scripts->lanes);

    for (GList *at = lanes; at; at = at->next) {
        const struct vane_lane *lane = at->data;

        if (lane->running && lane->running->child)
            (void)scripts->host->loop->child_kill(scripts->self, lane->running->child, signal);
    }
}

static void on_kill(void *user)
{
    struct vane_scripts *scripts = user;

    scripts->kill_timer = NULL;
    signal_all(scripts, SIGKILL);
}

/* Half of the time that is left is theirs, but no more than after a timeout. */
static uint64_t kill_delay(const struct vane_scripts *scripts)
{
    uint64_t left = 0;

    if (scripts->host->loop->deadline(scripts->self, &left) < 0)
        return VANE_KILL_DELAY_MS;
    return MIN(left / 2, VANE_KILL_DELAY_MS);
}

static void wait_no_more(struct vane_scripts *scripts)
{
    g_autoptr(GList) lanes = vane_lanes_list(&scripts->lanes);

    for (GList *at = lanes; at; at = at->next) {
        struct vane_lane *lane = at->data;

        if (lane->timer)
            (void)scripts->host->loop->timer_stop(scripts->self, lane->timer);
        lane->timer = NULL;
        lane->held = FALSE;
    }
}

int vane_runner_stop(struct vane_scripts *scripts)
{
    scripts->stopping = true;
    wait_no_more(scripts);
    vane_lanes_drop_waiting(&scripts->lanes);
    if (scripts->lanes.running == 0)
        return 0;
    signal_all(scripts, SIGTERM);
    if (scripts->host->loop->timer_start(scripts->self, kill_delay(scripts), 0, on_kill, scripts,
                                         &scripts->kill_timer) < 0)
        signal_all(scripts, SIGKILL);
    return -EINPROGRESS;
}
