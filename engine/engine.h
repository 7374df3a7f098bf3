/*
 * One engine: the loop and all that lives on it. There may be several in one process, one after
 * the other, as tests do.
 */
#ifndef NETVANE_ENGINE_ENGINE_H
#define NETVANE_ENGINE_ENGINE_H

#include <stdbool.h>

#include <glib.h>
#include <uv.h>

#include <netvane/plugin.h>

#include "engine/bus.h"
#include "engine/ledger.h"
#include "engine/log.h"

struct vane_configuration; /* engine/config/configuration.h */
struct vane_configuration_sources;
struct vane_configuration_watch; /* engine/configwatch.h */
struct vane_configure;           /* engine/configure.h */
struct vane_notifier;            /* engine/notify.h */
struct vane_problems;            /* engine/config/problems.h */
struct vane_reload;              /* engine/reload.c */
struct vane_builtin_host;        /* engine/operator.h */
struct vane_command_registry;    /* engine/commands/registry.h */
struct vane_control;             /* engine/control/control.h */
struct vane_gatekeeper;          /* engine/gate.h */
struct vane_identity_key;        /* engine/identity.h */
struct vane_link_table;          /* engine/links/table.h */
struct vane_poster;              /* engine/loop/post.c */
struct vane_plugin_set;          /* engine/plugins/set.h */
struct vane_port_table;          /* engine/ports/ports.h */
struct vane_service_registry;    /* engine/services.h */
struct vane_watchdog;            /* engine/watchdog.h */

/* How far it is in its life. */
enum vane_engine_phase {
    VANE_ENGINE_NEW,      /* loaded and checked, nothing runs */
    VANE_ENGINE_STARTING, /* links are dumped, plugins initialised */
    VANE_ENGINE_RUNNING,
    VANE_ENGINE_STOPPING, /* plugins are shut down */
    VANE_ENGINE_STOPPED,
};

struct vane_engine {
    uv_loop_t loop;
    uv_thread_t thread; /* the loop thread */
    enum vane_engine_phase phase;
    int result;          /* what vane_engine_run() will return */
    bool sources_broken; /* the configuration has errors: it cannot run */
    bool plugins_broken; /* a plugin was refused */
    bool abandoned;      /* something never ended, maybe a thread of the pool: the loop lives on */
    struct vane_configuration_sources *sources;
    struct vane_configuration *configuration;
    struct vane_configuration *previous; /* while a reload is under way */
    struct vane_reload *reload;          /* NULL: none is under way */
    char *refusal;                       /* why the files are not in force; NULL: they are */
    int64_t refused_usec;                /* when, in real time */
    struct vane_configure *configure;
    struct vane_configuration_watch *watch; /* NULL: not watched */
    struct vane_notifier *notifier;
    struct vane_builtin_host *operator; /* what commands ask of the engine */
    struct vane_subscription *printer;
    uint64_t started_ns;
    bool in_timer; /* a timer's callback runs */
    struct vane_poster *poster;
    struct vane_event_bus *bus;
    struct vane_link_table *links;
    struct vane_port_table *ports;
    struct vane_gatekeeper *gate;
    struct vane_command_registry *commands;
    struct vane_service_registry *services;
    struct vane_identity_key *identity;
    struct vane_plugin_set *plugins;
    struct vane_control *control;
    struct vane_watchdog *watchdog;
};

/*
 * Reads the configuration, opens and checks the plugins. Never NULL: what is wrong is in
 * `configuration_problems`, which keep it from running, and `plugin_problems`, which do not.
 * `sources` is borrowed for the engine's life; a reload reads it again.
 */
struct vane_engine *vane_engine_new(struct vane_configuration_sources *sources,
                                    struct vane_problems *configuration_problems,
                                    struct vane_problems *plugin_problems);

/*
 * Runs until it is stopped: links, control socket, plugins; then the reverse. Returns 0, or a
 * negative errno when the start failed (which was logged) or a plugin did not stop cleanly.
 */
int vane_engine_run(struct vane_engine *engine);

/* Begins the shutdown. Idempotent; on the loop thread. */
void vane_engine_stop(struct vane_engine *engine);

/* The step of the shutdown that follows the end of a start or reload that it cut short. */
void vane_engine_stop_plugins(struct vane_engine *engine);

/* An abandoned one stays: a thread may still use it. */
void vane_engine_free(struct vane_engine *engine);

/*
 * Reads the configuration again. On any error the old one stays in force. `done` (may be NULL) is
 * called once with 0 and the warnings there were, or a negative errno and a line for each error:
 * -EBADMSG when the configuration was refused, else the first plugin's. -EBUSY: not now.
 */
int vane_engine_reload(struct vane_engine *engine,
                       void (*done)(void *user, int result, const char *errors), void *user);

/* The same with the files as they were when `like` was read, which may be the one in force: for
 * what changed at run time, and to go back. `like` NULL: as they are. */
int vane_engine_reload_again(struct vane_engine *engine, const struct vane_configuration *like,
                             void (*done)(void *user, int result, const char *errors), void *user);

/* Stops a plugin, and those that require it, and starts them again. As a reload otherwise. */
int vane_engine_restart_plugin(struct vane_engine *engine, const char *name,
                               void (*done)(void *user, int result, const char *errors),
                               void *user);

/* Prints each event as a line on standard output, while PrintEvents= says so. */
int vane_print_start(struct vane_engine *engine);

/* A plugin's instance: what `self` points to. Never freed while the process lives. */
struct vane_self {
    char *name;
    struct vane_engine *engine; /* NULL: revoked */
    const struct vane_plugin *descriptor;
    struct vane_ledger ledger;
    struct vane_poster *poster; /* NULL: posts are refused; guarded by post.c */
    uint64_t generation;        /* counts its lives: init() to revocation */
    unsigned works;             /* background work under way */
    char *unavailable;          /* what log->unavailable() was told */
    uint64_t calls, busy_ns;    /* into it, and the time they took */
    uint64_t slowest_ns;        /* the longest of them */
    const char *slowest;        /* what it was; NULL: none yet */
    uint32_t debug;             /* its debug messages are logged; read by any thread */
    bool told_of_thread;        /* that it called the API off the loop thread */
};

/* Is this the loop thread of the plugin's engine? Every function of a table begins with
 *     int r = vane_enter(self); if (r < 0) return r;
 * Returns 0, -EINVAL (no self), -EPERM (another thread) or -ESHUTDOWN (revoked). */
int vane_enter(const struct vane_self *self);

/*
 * Around every call into a plugin, so that a stall or crash is put at the right door. Calls nest.
 * `self` NULL is the engine itself. `what` is a static word: "event", "timer", "init".
 */
struct vane_call {
    struct vane_self *self;
    const char *what;
    uint64_t started_ns;
    struct vane_call *outer;
};
void vane_call_begin(struct vane_call *call, struct vane_self *self, const char *what);
void vane_call_end(struct vane_call *call);

/* The innermost plugin call under way, for the loop thread and its crash handler; NULL: none. */
const struct vane_call *vane_call_current(void);
/* A plugin's function is on the stack, maybe below something of the engine's. */
bool vane_call_in_plugin(void);

/* The same for another thread: false when there is none, or it changed while being looked at.
 * Names and words it gives are never freed. */
bool vane_call_peek(const struct vane_self **self, const char **what, uint64_t *started_ns);

#endif
