/* What the parts of the control server share; nobody else includes this. */
#ifndef NETVANE_ENGINE_CONTROL_INTERNAL_H
#define NETVANE_ENGINE_CONTROL_INTERNAL_H

#include <glib.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>
#include <uv.h>

#include "engine/commands/registry.h"
#include "engine/control/access.h"
#include "engine/control/auth.h"
#include "engine/control/control.h"
#include "engine/control/frame.h"
#include "engine/engine.h"
#include "lib/group.h"

struct vane_system_bus;

struct vane_control {
    struct vane_engine *engine;
    const struct vane_builtin_host *host;
    char *socket_path;
    char *group_name;
    struct vane_group group;
    unsigned max_clients, max_clients_per_uid, auth_timeout_ms;
    sd_id128_t id; /* of the server, as D-Bus wants one */
    int listener;
    uv_poll_t listener_poll;
    uv_timer_t tick;   /* runs while somebody authenticates or accepting is paused */
    uv_idle_t backlog; /* runs while a client has input that waits for its turn */
    unsigned handles;  /* uv handles that are not closed yet, clients' as well */
    bool paused;       /* accepting, for want of descriptors */
    GQueue clients;    /* struct vane_client * */
    struct vane_system_bus *system;
    struct vane_subscription *changes;
    uint64_t complaints_since; /* uv_now() */
    unsigned complaints;
};

/* vane_access_privileged() with the control group. */
bool vane_control_privileged(struct vane_control *control,
                             const struct vane_credentials *credentials);

/* A handle of the server's is closed; the last one frees it. */
void vane_control_handle_closed(struct vane_control *control);

/* Logs what a client did wrong, a few lines each ten seconds at most. */
void vane_control_complain(struct vane_control *control, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void vane_control_tick_start(struct vane_control *control);

int vane_listener_start(struct vane_control *control);
void vane_listener_stop(struct vane_control *control);
void vane_listener_resume(struct vane_control *control);

/* One who calls: the client of a private connection, or a sender on the system bus. */
struct vane_peer {
    struct vane_control *control;
    sd_bus *bus;
    char *name; /* on a message bus: its unique name; else NULL */
    uid_t uid;
    bool privileged;
    bool listening; /* wants changes of properties */
    bool stalled;   /* has returned VANE_BUSY */
    size_t bytes;   /* sent since its queue was empty */
    GQueue calls;   /* struct vane_peer_call *: Execute calls without an answer */
    struct vane_subscription *subscription;
    void (*sent)(struct vane_peer *peer); /* something may wait to be written */
};

#define VANE_PEER_CALLS_MAX    16u
#define VANE_PEER_MESSAGES_MAX 64u
#define VANE_PEER_BYTES_MAX    (1u << 20)

void vane_peer_clear(struct vane_peer *peer);
/* Is so much waiting to be written that nothing may be added but what is under way? */
bool vane_peer_full(struct vane_peer *peer);
/* Something was written: forgets what is through, and goes on with events. */
void vane_peer_drained(struct vane_peer *peer);
/* Sends one message, counting it. */
int vane_peer_send(struct vane_peer *peer, sd_bus_message *message, size_t bytes);

/* What a method of the manager does, once it is known who calls. */
typedef int (*vane_manager_call)(struct vane_peer *peer, sd_bus_message *message);

/* Where a manager object stands: finds the peer of a message, maybe later. */
struct vane_object {
    struct vane_control *control;
    int (*route)(struct vane_object *object, sd_bus_message *message, vane_manager_call call);
};

/* Adds the manager at VANE_CONTROL_PATH of a bus. `object` outlives the bus. */
int vane_manager_add(sd_bus *bus, struct vane_object *object);
void vane_manager_emit_changes(sd_bus *bus);

int vane_manager_execute(struct vane_peer *peer, sd_bus_message *message);
int vane_manager_complete(struct vane_peer *peer, sd_bus_message *message);
int vane_manager_subscribe(struct vane_peer *peer, sd_bus_message *message);
/* Calls that are under way will not be answered. */
void vane_manager_forget_calls(struct vane_peer *peer);
void vane_manager_unsubscribe(struct vane_peer *peer);

/* Reads an array of strings, NULL-terminated and never NULL. -E2BIG: there are more than `most`. */
int vane_message_read_strings(sd_bus_message *message, uint32_t most, char ***strings);

/* Replies with org.netvane1.Error.NAME and one sentence. */
int vane_manager_fail(struct vane_peer *peer, sd_bus_message *message, int error,
                      const char *sentence);

/* One connection on the private socket. Frees itself when the connection ends. */
struct vane_client;
int vane_client_new(struct vane_control *control, int fd, struct vane_credentials *credentials);
void vane_client_close(struct vane_client *client);
/* Takes its turn with input that waits. False: none is left that could go on. */
bool vane_client_turn(struct vane_client *client);
/* Still authenticating; ends it when that has taken too long. */
bool vane_client_authenticating(struct vane_client *client, uint64_t now);
struct vane_peer *vane_client_peer(struct vane_client *client);

/* The stub of org.freedesktop.DBus for tools that expect a bus. */
int vane_stub_add(sd_bus *bus, struct vane_peer *peer);

int vane_system_start(struct vane_control *control);
void vane_system_stop(struct vane_control *control);
void vane_system_emit_changes(struct vane_control *control);

#endif
