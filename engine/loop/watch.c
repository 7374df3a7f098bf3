/* Descriptor watches. See loop.h. */
#include <errno.h>

#include <glib.h>

#include "engine/loop/loop.h"

struct vane_watch {
    struct vane_ledger_entry entry;
    uv_poll_t handle;
    struct vane_self *owner;
    int fd;
    void (*callback)(void *user, int fd, uint32_t events);
    void *user;
};

static void on_closed(uv_handle_t *handle)
{
    g_free(handle->data);
}

void vane_watch_stop(struct vane_watch *watch)
{
    if (!watch || uv_is_closing((uv_handle_t *)&watch->handle))
        return;
    vane_ledger_strike(&watch->entry);
    uv_close((uv_handle_t *)&watch->handle, on_closed);
}

static void on_revoke(struct vane_ledger_entry *entry)
{
    vane_watch_stop((struct vane_watch *)entry);
}

static uint32_t from_uv(int status, int events)
{
    uint32_t result = 0;

    if (status < 0 || (events & UV_DISCONNECT))
        result |= VANE_HANGUP;
    if (events & UV_READABLE)
        result |= VANE_READABLE;
    if (events & UV_WRITABLE)
        result |= VANE_WRITABLE;
    return result;
}

static int to_uv(uint32_t events)
{
    int result = 0;

    if (events & VANE_READABLE)
        result |= UV_READABLE;
    if (events & VANE_WRITABLE)
        result |= UV_WRITABLE;
    if (events & VANE_HANGUP)
        result |= UV_DISCONNECT;
    return result;
}

/* libuv stops a handle that it reports an error for: an error is told once, as a hangup. */
static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct vane_watch *watch = handle->data;
    struct vane_call call;

    vane_call_begin(&call, watch->owner, "watch");
    watch->callback(watch->user, watch->fd, from_uv(status, events));
    vane_call_end(&call);
}

int vane_watch_change(struct vane_watch *watch, uint32_t events)
{
    if (events == 0)
        return uv_poll_stop(&watch->handle);
    return uv_poll_start(&watch->handle, to_uv(events), on_poll);
}

int vane_watch_start(struct vane_engine *engine, struct vane_self *owner, int fd, uint32_t events,
                     void (*callback)(void *user, int fd, uint32_t events), void *user,
                     struct vane_watch **watch)
{
    struct vane_watch *self;
    int r;

    if (!callback || fd < 0)
        return -EINVAL;
    self = g_new0(struct vane_watch, 1);
    self->owner = owner;
    self->fd = fd;
    self->callback = callback;
    self->user = user;
    r = uv_poll_init(&engine->loop, &self->handle, fd);
    if (r < 0) {
        g_free(self);
        return r;
    }
    self->handle.data = self;
    vane_ledger_enter(owner ? &owner->ledger : NULL, &self->entry, "watch", on_revoke);
    r = vane_watch_change(self, events);
    if (r < 0) {
        vane_watch_stop(self);
        return r;
    }
    self->entry.kept = watch == NULL;
    if (watch)
        *watch = self;
    return 0;
}
