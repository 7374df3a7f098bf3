/*
 * The watchdog. See watchdog.h.
 *
 * While calls go into plugins the thread looks every few dozen milliseconds; after a quiet second
 * it waits on a futex until the next call, so that an idle daemon does not wake up.
 */
#include "engine/watchdog.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#include "engine/engine.h"

#define QUIET_NS  1000000000u
#define PERIOD_NS 50000000u

struct vane_watchdog {
    pthread_t thread;
    uint64_t stall_ns;
    _Atomic uint64_t deadline_ns;
    _Atomic bool stopping;
};

static _Atomic uint32_t asleep; /* the futex: 1 while the thread sleeps until nudged */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void wake(void)
{
    atomic_store(&asleep, 0);
    syscall(SYS_futex, &asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Either this sees that the thread sleeps, or the thread sees the call. */
void vane_watchdog_nudge(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&asleep, memory_order_relaxed))
        wake();
}

static bool is_calling(void)
{
    const struct vane_self *self;
    const char *what;
    uint64_t started;

    return vane_call_peek(&self, &what, &started);
}

static void sleep_until_nudged(struct vane_watchdog *self)
{
    atomic_store(&asleep, 1);
    atomic_thread_fence(memory_order_seq_cst);
    while (atomic_load(&asleep) && !atomic_load(&self->stopping) && !is_calling())
        syscall(SYS_futex, &asleep, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
    atomic_store(&asleep, 0);
}

static const char *name_of(const struct vane_self *owner)
{
    return owner ? owner->name : "engine";
}

/* The loop has a timer for the same moment: only when it cannot run is it this thread's turn. */
static void check_deadline(struct vane_watchdog *self, const struct vane_self *owner,
                           const char *what)
{
    uint64_t deadline = atomic_load(&self->deadline_ns);

    if (deadline == 0 || now_ns() < deadline + QUIET_NS)
        return;
    vane_error(name_of(owner),
               "blocks in its %s callback past the deadline of the shutdown; ending the process",
               what);
    _exit(EXIT_FAILURE);
}

/* Each call is named once, by the time it began. */
static void check_stall(const struct vane_watchdog *self, const struct vane_self *owner,
                        const char *what, uint64_t started, uint64_t *named)
{
    uint64_t now = now_ns();
    uint64_t held = now > started ? now - started : 0;

    if (held < self->stall_ns || *named == started)
        return;
    *named = started;
    vane_warning(name_of(owner),
                 "holds the loop for %" G_GUINT64_FORMAT
                 " ms in its %s callback; nothing else runs meanwhile",
                 held / 1000000, what);
}

static void *watch(void *user)
{
    struct vane_watchdog *self = user;
    struct timespec period = {0, MIN(PERIOD_NS, MAX(self->stall_ns / 4, 1000000u))};
    uint64_t quiet_since = now_ns(), named = 0, started;
    const struct vane_self *owner;
    const char *what;

    while (!atomic_load(&self->stopping)) {
        if (vane_call_peek(&owner, &what, &started)) {
            quiet_since = now_ns();
            check_deadline(self, owner, what);
            check_stall(self, owner, what, started, &named);
        } else if (now_ns() - quiet_since > QUIET_NS) {
            sleep_until_nudged(self);
            quiet_since = now_ns();
        }
        nanosleep(&period, NULL);
    }
    return NULL;
}

/* The thread needs little stack, and no signal may land on it. */
int vane_watchdog_start(uint64_t stall_ns, struct vane_watchdog **watchdog)
{
    struct vane_watchdog *self = g_new0(struct vane_watchdog, 1);
    pthread_attr_t attributes;
    sigset_t all, before;
    int r;

    self->stall_ns = stall_ns;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    r = pthread_create(&self->thread, &attributes, watch, self);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0) {
        g_free(self);
        return -r;
    }
    *watchdog = self;
    return 0;
}

void vane_watchdog_stop(struct vane_watchdog *self)
{
    if (!self)
        return;
    atomic_store(&self->stopping, true);
    wake();
    pthread_join(self->thread, NULL);
    g_free(self);
}

void vane_watchdog_deadline(struct vane_watchdog *self, uint64_t deadline_ns)
{
    if (self)
        atomic_store(&self->deadline_ns, deadline_ns);
}
