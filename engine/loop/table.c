/* The loop as plugins see it: api/netvane/loop.h on top of loop.h. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/loop/loop.h"
#include "engine/plugins/lifecycle.h"

uint64_t vane_monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int timer_start(struct vane_self *self, uint64_t delay_ms, uint64_t repeat_ms,
                       void (*callback)(void *user), void *user, struct vane_timer **timer)
{
    int r = vane_enter(self);

    return r < 0 ? r
                 : vane_timer_start(self->engine, self, delay_ms, repeat_ms, callback, user, timer);
}

static int timer_stop(struct vane_self *self, struct vane_timer *timer)
{
    int r = vane_enter(self);

    if (r == 0)
        vane_timer_stop(timer);
    return r;
}

static int watch_start(struct vane_self *self, int fd, uint32_t events,
                       void (*callback)(void *user, int fd, uint32_t events), void *user,
                       struct vane_watch **watch)
{
    int r = vane_enter(self);

    return r < 0 ? r : vane_watch_start(self->engine, self, fd, events, callback, user, watch);
}

static int watch_change(struct vane_self *self, struct vane_watch *watch, uint32_t events)
{
    int r = vane_enter(self);

    return r < 0 ? r : vane_watch_change(watch, events);
}

static int watch_stop(struct vane_self *self, struct vane_watch *watch)
{
    int r = vane_enter(self);

    if (r == 0)
        vane_watch_stop(watch);
    return r;
}

static int spawn(struct vane_self *self, const struct vane_spawn *request,
                 struct vane_child **child)
{
    int r = vane_enter(self);

    return r < 0 ? r : vane_child_spawn(self->engine, self, request, child);
}

static int child_kill(struct vane_self *self, struct vane_child *child, int signal)
{
    int r = vane_enter(self);

    return r < 0 ? r : vane_child_kill(child, signal);
}

static int child_pid(struct vane_self *self, struct vane_child *child, int64_t *pid)
{
    int r = vane_enter(self);

    if (r == 0)
        *pid = vane_child_pid(child);
    return r;
}

static int work(struct vane_self *self, void (*body)(void *user), void (*finished)(void *user),
                void *user)
{
    int r = vane_enter(self);

    return r < 0 ? r : vane_work(self, body, finished, user);
}

static int now(uint64_t *nanoseconds)
{
    *nanoseconds = vane_monotonic_ns();
    return 0;
}

static int done(struct vane_self *self, int result)
{
    int r = vane_enter(self);

    return r < 0 ? r : vane_lifecycle_done(self, result);
}

static int deadline(struct vane_self *self, uint64_t *milliseconds)
{
    int r = vane_enter(self);

    return r < 0 ? r : vane_lifecycle_deadline(self, milliseconds);
}

static int native(struct vane_self *self, const char *soname, void **loop)
{
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (!soname || strcmp(soname, "libuv.so.1") != 0)
        return -ENOTSUP;
    *loop = &self->engine->loop;
    return 0;
}

const struct vane_loop vane_loop_table = {
    .size = sizeof(struct vane_loop),
    .version = VANE_ABI_MINOR,
    .timer_start = timer_start,
    .timer_stop = timer_stop,
    .watch_start = watch_start,
    .watch_change = watch_change,
    .watch_stop = watch_stop,
    .spawn = spawn,
    .child_kill = child_kill,
    .child_pid = child_pid,
    .post = vane_post,
    .work = work,
    .now = now,
    .done = done,
    .deadline = deadline,
    .native = native,
};
