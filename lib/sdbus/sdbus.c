/*
 * An sd_bus on the uv loop. See sdbus.h. sd-bus says what it waits for (sd_bus_get_events(3),
 * sd_bus_get_timeout(3)); a prepare handle asks it before each poll of the loop.
 */
#include "lib/sdbus/sdbus.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#include <glib.h>

#define MESSAGES_PER_TURN 64
#define USEC_PER_MSEC     1000u
#define USEC_PER_SEC      1000000u
#define NSEC_PER_USEC     1000u

struct vane_sdbus {
    sd_bus *bus;
    uv_poll_t poll;
    uv_timer_t timer;
    uv_prepare_t prepare;
    void (*gone)(void *user, int error);
    void *user;
    int events; /* what the poll handle waits for now */
    unsigned open_handles;
    gboolean dispatching, detached;
};

static uint64_t now_usec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / NSEC_PER_USEC;
}

static void stop(struct vane_sdbus *self)
{
    uv_poll_stop(&self->poll);
    uv_timer_stop(&self->timer);
    uv_prepare_stop(&self->prepare);
}

static void tell_gone(struct vane_sdbus *self, int error)
{
    stop(self);
    if (self->gone)
        self->gone(self->user, error);
}

/* A callback of the bus may detach us, so each step looks again. */
static void dispatch(struct vane_sdbus *self)
{
    int r = 1;

    self->dispatching = TRUE;
    for (unsigned i = 0; i < MESSAGES_PER_TURN && r > 0 && !self->detached; i++)
        r = sd_bus_process(self->bus, NULL);
    self->dispatching = FALSE;
    if (!self->detached && r < 0)
        tell_gone(self, r);
}

/* libuv stops a handle that it reports an error for; messages may still wait behind that. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct vane_sdbus *self = poll->data;

    if (status < 0)
        self->events = 0;
    dispatch(self);
}

static void on_timer(uv_timer_t *timer)
{
    dispatch(timer->data);
}

static int wanted_events(struct vane_sdbus *self)
{
    int wanted = sd_bus_get_events(self->bus);
    int events = 0;

    if (wanted < 0)
        return wanted;
    if (wanted & POLLIN)
        events |= UV_READABLE;
    if (wanted & POLLOUT)
        events |= UV_WRITABLE;
    return events;
}

static int update_poll(struct vane_sdbus *self)
{
    int events = wanted_events(self);

    if (events < 0 || events == self->events)
        return events < 0 ? events : 0;
    self->events = events;
    return events ? uv_poll_start(&self->poll, events, on_poll) : uv_poll_stop(&self->poll);
}

static int update_timer(struct vane_sdbus *self)
{
    uint64_t until, now;
    int r = sd_bus_get_timeout(self->bus, &until);

    if (r < 0)
        return r;
    if (until == UINT64_MAX)
        return uv_timer_stop(&self->timer);
    now = now_usec();
    uv_update_time(self->timer.loop);
    return uv_timer_start(&self->timer, on_timer,
                          until <= now ? 0 : (until - now + USEC_PER_MSEC - 1) / USEC_PER_MSEC, 0);
}

/* The bus refuses to say what it waits for once it is closed: then the timer dispatches, and
 * dispatching tells of the end. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct vane_sdbus *self = prepare->data;

    if (update_poll(self) < 0 || update_timer(self) < 0) {
        uv_poll_stop(&self->poll);
        self->events = 0;
        uv_timer_start(&self->timer, on_timer, 0, 0);
    }
}

static int add_poll(struct vane_sdbus *self, uv_loop_t *loop)
{
    int fd = sd_bus_get_fd(self->bus);

    return fd < 0 ? fd : uv_poll_init(loop, &self->poll, fd);
}

int vane_sdbus_attach(sd_bus *bus, uv_loop_t *loop, void (*gone)(void *user, int error), void *user,
                      struct vane_sdbus **out)
{
    g_autofree struct vane_sdbus *self = g_new0(struct vane_sdbus, 1);
    int r;

    self->bus = bus;
    self->gone = gone;
    self->user = user;
    r = add_poll(self, loop);
    if (r < 0)
        return r;
    sd_bus_ref(bus);
    uv_timer_init(loop, &self->timer);
    uv_prepare_init(loop, &self->prepare);
    self->poll.data = self->timer.data = self->prepare.data = self;
    self->open_handles = 3;
    uv_prepare_start(&self->prepare, on_prepare);
    *out = g_steal_pointer(&self);
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct vane_sdbus *self = handle->data;

    if (--self->open_handles == 0)
        g_free(self);
}

void vane_sdbus_release(struct vane_sdbus *self)
{
    if (!self || self->detached)
        return;
    self->detached = TRUE;
    stop(self);
    uv_close((uv_handle_t *)&self->poll, on_closed);
    uv_close((uv_handle_t *)&self->timer, on_closed);
    uv_close((uv_handle_t *)&self->prepare, on_closed);
    sd_bus_unref(self->bus);
}

void vane_sdbus_detach(struct vane_sdbus *self)
{
    sd_bus *bus;

    if (!self || self->detached)
        return;
    /* The poll handle leaves the loop's epoll set before its descriptor is closed. */
    bus = sd_bus_ref(self->bus);
    vane_sdbus_release(self);
    sd_bus_close(bus);
    sd_bus_unref(bus);
}
