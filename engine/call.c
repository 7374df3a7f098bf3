/*
 * Who is running: the stack of calls into plugins, and the check at the door of every API
 * function. Written on the loop thread, read by the watchdog thread and the crash handler.
 */
#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include "engine/engine.h"
#include "engine/watchdog.h"

/* Frames lie on the loop thread's stack: others look at these copies only. `started` is what tells
 * one call from the next, and is written last. */
static _Atomic(struct vane_call *) innermost;
static _Atomic(const struct vane_self *) current_self;
static _Atomic(const char *) current_what;
static _Atomic uint64_t current_started; /* 0: no call is under way */

static void mirror(const struct vane_call *call)
{
    atomic_store_explicit(&current_started, 0, memory_order_release);
    atomic_store_explicit(&current_self, call ? call->self : NULL, memory_order_release);
    atomic_store_explicit(&current_what, call ? call->what : NULL, memory_order_release);
    atomic_store_explicit(&current_started, call ? call->started_ns : 0, memory_order_release);
}

/* Plugins often ignore results: the author is told once where to look. */
static int refuse_thread(const struct vane_self *self)
{
    bool *told = (bool *)(uintptr_t)&self->told_of_thread;

    if (!__atomic_exchange_n(told, true, __ATOMIC_RELAXED))
        vane_warning(self->name, "called the host from another thread than the loop's; such calls "
                                 "do nothing but return -EPERM (use loop->post())");
    return -EPERM;
}

int vane_enter(const struct vane_self *self)
{
    uv_thread_t here = uv_thread_self();
    struct vane_engine *engine;

    if (!self)
        return -EINVAL;
    engine = __atomic_load_n(&self->engine, __ATOMIC_RELAXED); /* may go while a thread asks */
    if (!engine)
        return -ESHUTDOWN;
    return uv_thread_equal(&here, &engine->thread) ? 0 : refuse_thread(self);
}

static uint64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void vane_call_begin(struct vane_call *call, struct vane_self *self, const char *what)
{
    call->self = self;
    call->what = what;
    call->started_ns = monotonic_ns();
    call->outer = atomic_load_explicit(&innermost, memory_order_relaxed);
    atomic_store_explicit(&innermost, call, memory_order_release);
    mirror(call);
    vane_watchdog_nudge();
}

static void count(struct vane_self *self, const char *what, uint64_t held)
{
    self->calls++;
    self->busy_ns += held;
    if (held <= self->slowest_ns)
        return;
    self->slowest_ns = held;
    self->slowest = what;
}

void vane_call_end(struct vane_call *call)
{
    uint64_t held = monotonic_ns() - call->started_ns;

    if (call->self)
        count(call->self, call->what, held);
    atomic_store_explicit(&innermost, call->outer, memory_order_release);
    mirror(call->outer);
}

const struct vane_call *vane_call_current(void)
{
    return atomic_load_explicit(&innermost, memory_order_acquire);
}

bool vane_call_in_plugin(void)
{
    const struct vane_call *call = vane_call_current();

    while (call && !call->self)
        call = call->outer;
    return call != NULL;
}

bool vane_call_peek(const struct vane_self **self, const char **what, uint64_t *started_ns)
{
    *started_ns = atomic_load_explicit(&current_started, memory_order_acquire);
    *self = atomic_load_explicit(&current_self, memory_order_acquire);
    *what = atomic_load_explicit(&current_what, memory_order_acquire);
    return *started_ns > 0 &&
           atomic_load_explicit(&current_started, memory_order_acquire) == *started_ns;
}
