/*
 * Time, descriptors, child processes and threads, all on the host's one loop.
 * A callback must not block: the watchdog names the plugin that holds the loop.
 */
#ifndef NETVANE_LOOP_H
#define NETVANE_LOOP_H

#include <netvane/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vane_timer; /* opaque */
struct vane_watch; /* opaque */
struct vane_child; /* opaque */

/* Descriptor events. Since 1.0. */
#define VANE_READABLE 1u
#define VANE_WRITABLE 2u
#define VANE_HANGUP   4u

/* Flags of struct vane_spawn. Since 1.0. */
#define VANE_SPAWN_CLEAN_ENVIRONMENT 1u /* only what `environment` has; nothing of the daemon's */

/* How a child ended. */
struct vane_child_status {
    uint32_t size;
    int32_t exit_status;  /* 0..255, or -1 when a signal ended it */
    int32_t signal;       /* the signal that ended it, or 0 */
    uint32_t timed_out;   /* 1: the host ended it after its timeout */
    uint64_t duration_ns; /* from its start to its end, monotonic */
};

/*
 * A child process to run: in its own process group, with default signal dispositions and an empty
 * signal mask, no descriptors but 0 to 2, standard input from /dev/null. It inherits the daemon's
 * environment without the daemon's private variables (NOTIFY_SOCKET, WATCHDOG_*, LISTEN_*,
 * INVOCATION_ID, JOURNAL_STREAM and the like).
 */
struct vane_spawn {
    uint32_t size;                  /* sizeof(struct vane_spawn) */
    uint32_t flags;                 /* VANE_SPAWN_... */
    const char *path;               /* absolute path of the program */
    const char *const *arguments;   /* argv, ends with NULL; NULL: the path alone */
    const char *const *environment; /* NAME=value to add or override, ends with NULL; or NULL */
    const char *directory;          /* working directory; NULL: the daemon's */
    uint64_t timeout_ms;            /* then SIGTERM to the whole group; 0: none */
    uint64_t kill_delay_ms;         /* from SIGTERM to SIGKILL; 0: 5000 */
    /* One line of output without its newline; error is 1 for standard error. Long lines come in
     * pieces of 8 KiB; a last one without a newline comes, too. NULL: output goes line by line to
     * the log. */
    void (*output)(void *user, const char *line, size_t length, uint32_t error);
    /* The child has ended and what it wrote was told. The handle is invalid afterwards. What its
     * background processes still write goes to the log. */
    void (*exited)(void *user, const struct vane_child_status *status);
    void *user;
};

struct vane_loop {
    uint32_t size, version;

    /*
     * Calls `callback` after `delay_ms`, then every `repeat_ms` (0: once). `timer` may be NULL
     * for one that is never cancelled. A one-shot timer is gone after its callback. Since 1.0.
     */
    int (*timer_start)(struct vane_self *self, uint64_t delay_ms, uint64_t repeat_ms,
                       void (*callback)(void *user), void *user, struct vane_timer **timer);

    /* Cancels a timer; no callback comes after it. Since 1.0. */
    int (*timer_stop)(struct vane_self *self, struct vane_timer *timer);

    /*
     * Calls `callback` while `fd` has one of `events` (level-triggered). The descriptor stays the
     * plugin's, must be pollable (else -EPERM), and may be watched once (else -EEXIST). The end of
     * a stream is readable. `watch` may be NULL for one that is never ended. Since 1.0.
     */
    int (*watch_start)(struct vane_self *self, int fd, uint32_t events,
                       void (*callback)(void *user, int fd, uint32_t events), void *user,
                       struct vane_watch **watch);

    /* Changes the events that a watch waits for; 0 pauses it. Since 1.0. */
    int (*watch_change)(struct vane_self *self, struct vane_watch *watch, uint32_t events);

    /* Ends a watch; no callback comes after it, and the descriptor may be closed. Since 1.0. */
    int (*watch_stop)(struct vane_self *self, struct vane_watch *watch);

    /* Starts a child process. `child` may be NULL. Errors: those of execve(2), and -EINVAL.
     * Since 1.0. */
    int (*spawn)(struct vane_self *self, const struct vane_spawn *spawn, struct vane_child **child);

    /* Sends a signal to the child's process group. Since 1.0. */
    int (*child_kill)(struct vane_self *self, struct vane_child *child, int signal);

    /* The child's process id. Since 1.0. */
    int (*child_pid)(struct vane_self *self, struct vane_child *child, int64_t *pid);

    /*
     * From any thread, at any time: calls `callback` soon on the loop thread. Posts of one thread
     * keep their order. Returns -ESHUTDOWN once the plugin was revoked (nothing is called then,
     * nor for posts that were still queued) and -ENOMEM. Since 1.0.
     */
    int (*post)(struct vane_self *self, void (*callback)(void *user), void *user);

    /*
     * Runs `body` on a thread of the pool, then `finished` on the loop thread. While work of a
     * plugin is under way, its shutdown waits for it until the deadline. Since 1.0.
     */
    int (*work)(struct vane_self *self, void (*body)(void *user), void (*finished)(void *user),
                void *user);

    /* CLOCK_MONOTONIC in nanoseconds. May be called from any thread. Since 1.0. */
    int (*now)(uint64_t *nanoseconds);

    /*
     * Completes an init(), reload() or shutdown() that returned -EINPROGRESS, with 0 or a
     * negative errno. What follows happens once the callback that this is called from has
     * returned. -EALREADY when nothing of the plugin is in progress. Since 1.0.
     */
    int (*done)(struct vane_self *self, int result);

    /* Milliseconds left for the step in progress; -EALREADY: there is none. Since 1.0. */
    int (*deadline)(struct vane_self *self, uint64_t *milliseconds);

    /*
     * The host's loop for a plugin that links the same event library: soname "libuv.so.1" gives a
     * uv_loop_t *. Any other name, or a host built on another library: -ENOTSUP. The plugin closes
     * its handles before its shutdown completes. Since 1.0.
     */
    int (*native)(struct vane_self *self, const char *soname, void **loop);
};

#ifdef __cplusplus
}
#endif

#endif
