/*
 * The control server: one D-Bus object on a private socket and, when there is one, on the system
 * bus. What is asked there runs through the command registry and the event bus.
 */
#ifndef NETVANE_ENGINE_CONTROL_CONTROL_H
#define NETVANE_ENGINE_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

struct vane_builtin_host;
struct vane_control;
struct vane_engine;

#define VANE_CONTROL_PATH      "/org/netvane1"
#define VANE_CONTROL_NAME      "org.netvane1"
#define VANE_CONTROL_INTERFACE "org.netvane1.Manager"
#define VANE_CONTROL_ERROR     "org.netvane1.Error"

/* Zero means default. */
struct vane_control_settings {
    const char *socket_path;              /* NULL: no private socket; its directory exists */
    const char *group;                    /* who may change things besides root; NULL: netvane */
    bool system_bus;                      /* be on the system bus, too, whenever there is one */
    unsigned max_clients;                 /* on the socket; default 256 */
    unsigned max_clients_per_uid;         /* default 64; root is exempt */
    unsigned auth_timeout_ms;             /* default 5000 */
    const struct vane_builtin_host *host; /* for the properties; outlives the server */
};

/*
 * Serves `engine` (its loop, bus and commands must be there), and sets engine->control. Errors,
 * which are logged: -EADDRINUSE (another daemon serves this socket), those of bind(2) and
 * mkdir(2). A missing system bus is none.
 */
int vane_control_start(struct vane_engine *engine, const struct vane_control_settings *settings);

/*
 * Closes all connections, removes the socket and clears engine->control. The uv handles close on
 * the loop's next turns. A no-op when there is no server.
 */
void vane_control_stop(struct vane_engine *engine);

/* Plugins, Degraded or DegradedReasons have changed. The server itself notices `plugin.` and
 * `config.` events. */
void vane_control_properties_changed(struct vane_engine *engine);

/* Clients of the private socket now. */
unsigned vane_control_clients(const struct vane_engine *engine);

#endif
