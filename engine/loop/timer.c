/* Timers on the loop. See loop.h. */
#include <errno.h>

#include <glib.h>

#include "engine/loop/loop.h"

struct vane_timer {
    struct vane_ledger_entry entry;
    uv_timer_t handle;
    struct vane_engine *engine;
    struct vane_self *owner;
    void (*callback)(void *user);
    void *user;
};

static void on_closed(uv_handle_t *handle)
{
    g_free(handle->data);
}

void vane_timer_stop(struct vane_timer *timer)
{
    if (!timer || uv_is_closing((uv_handle_t *)&timer->handle))
        return;
    vane_ledger_strike(&timer->entry);
    uv_close((uv_handle_t *)&timer->handle, on_closed);
}

static void on_revoke(struct vane_ledger_entry *entry)
{
    vane_timer_stop((struct vane_timer *)entry);
}

static void on_timer(uv_timer_t *handle)
{
    struct vane_timer *timer = handle->data;
    gboolean once = uv_timer_get_repeat(handle) == 0;
    struct vane_call call;

    timer->engine->in_timer = true;
    vane_call_begin(&call, timer->owner, "timer");
    timer->callback(timer->user);
    vane_call_end(&call);
    timer->engine->in_timer = false;
    if (once)
        vane_timer_stop(timer);
}

/*
 * The delay from now, as libuv counts it: from the time that the loop goes by. That stands still
 * while timers fire, and libuv fires all that are due by it, those started meanwhile included. So
 * it is not set forward then, and a timer of a timer is never due at once: it comes in another
 * turn of the loop, with everything else in between.
 */
static uint64_t from_now(struct vane_engine *engine, uint64_t delay_ms)
{
    uint64_t now = uv_hrtime() / 1000000, behind;

    if (!engine->in_timer) {
        uv_update_time(&engine->loop);
        return delay_ms;
    }
    behind = now > uv_now(&engine->loop) ? now - uv_now(&engine->loop) : 0;
    return delay_ms > UINT64_MAX - behind ? delay_ms : MAX(delay_ms + behind, 1);
}

int vane_timer_start(struct vane_engine *engine, struct vane_self *owner, uint64_t delay_ms,
                     uint64_t repeat_ms, void (*callback)(void *user), void *user,
                     struct vane_timer **timer)
{
    struct vane_timer *self;

    if (!callback)
        return -EINVAL;
    self = g_new0(struct vane_timer, 1);
    self->engine = engine;
    self->owner = owner;
    self->callback = callback;
    self->user = user;
    uv_timer_init(&engine->loop, &self->handle);
    self->handle.data = self;
    uv_timer_start(&self->handle, on_timer, from_now(engine, delay_ms), repeat_ms);
    vane_ledger_enter(owner ? &owner->ledger : NULL, &self->entry, "timer", on_revoke);
    self->entry.kept = timer == NULL;
    if (timer)
        *timer = self;
    return 0;
}
