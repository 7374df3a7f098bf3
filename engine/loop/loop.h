/*
 * The loop for plugins: timers, descriptor watches, child processes, posts and background work,
 * each in its owner's ledger. `owner` may be NULL for the engine's own use.
 */
#ifndef NETVANE_ENGINE_LOOP_LOOP_H
#define NETVANE_ENGINE_LOOP_LOOP_H

#include <stdbool.h>

#include <uv.h>

#include <netvane/loop.h>

#include "engine/engine.h"

int vane_timer_start(struct vane_engine *engine, struct vane_self *owner, uint64_t delay_ms,
                     uint64_t repeat_ms, void (*callback)(void *user), void *user,
                     struct vane_timer **timer);
void vane_timer_stop(struct vane_timer *timer);

int vane_watch_start(struct vane_engine *engine, struct vane_self *owner, int fd, uint32_t events,
                     void (*callback)(void *user, int fd, uint32_t events), void *user,
                     struct vane_watch **watch);
int vane_watch_change(struct vane_watch *watch, uint32_t events);
void vane_watch_stop(struct vane_watch *watch);

int vane_child_spawn(struct vane_engine *engine, struct vane_self *owner,
                     const struct vane_spawn *spawn, struct vane_child **child);
int vane_child_kill(struct vane_child *child, int signal);
int64_t vane_child_pid(const struct vane_child *child);

/* The daemon's environment without its private variables, with `additions` on top: for execve(2),
 * to be freed with g_strfreev(). */
char **vane_child_environment(char *const *inherited, const char *const *additions);

/* Lines of a child's output as they come; `user` is the child's. */
struct vane_line_splitter {
    char *buffer;
    size_t used;
    bool cut; /* the last piece was cut off: a newline right after it ends no further line */
};
#define VANE_LINE_MAX 8192u
/* Calls `line` for each complete line in the bytes and for each piece of VANE_LINE_MAX. */
void vane_line_feed(struct vane_line_splitter *splitter, const char *bytes, size_t length,
                    void (*line)(void *user, const char *text, size_t length), void *user);
/* What is left without a newline at the end of the output. */
void vane_line_finish(struct vane_line_splitter *splitter,
                      void (*line)(void *user, const char *text, size_t length), void *user);

/* Posts from any thread. One poster an engine; it stops before the loop does. */
int vane_poster_start(struct vane_engine *engine);
void vane_poster_stop(struct vane_engine *engine);
void vane_poster_admit(struct vane_self *self);   /* its posts are taken from now on */
void vane_poster_dismiss(struct vane_self *self); /* and from now on are not, nor the queued ones */
int vane_post(struct vane_self *self, void (*callback)(void *user), void *user);

int vane_work(struct vane_self *self, void (*body)(void *user), void (*finished)(void *user),
              void *user);

uint64_t vane_monotonic_ns(void);

extern const struct vane_loop vane_loop_table;

#endif
