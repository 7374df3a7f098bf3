/* The system bus and the senders on it, shared by system.c and system_sender.c. */
#ifndef NETVANE_ENGINE_CONTROL_SYSTEM_H
#define NETVANE_ENGINE_CONTROL_SYSTEM_H

#include "engine/bus-retry.h"
#include "engine/control/internal.h"
#include "lib/sdbus/sdbus.h"

struct vane_system_bus {
    struct vane_control *control;
    struct vane_object object;
    struct vane_bus_retry *retry;
    uv_timer_t drain; /* until senders whose events are held back may go on */
    sd_bus *bus;
    struct vane_sdbus *attached;
    sd_bus_slot *owner_match, *request;
    GHashTable *senders; /* unique name: struct vane_sender * */
    bool complained;
};

struct vane_sender {
    struct vane_peer peer;
    struct vane_system_bus *system;
    sd_bus_slot *question; /* NULL: it is known who this is */
    GQueue deferred;       /* struct deferred * */
};

/* Passes a call on, now or when it is known who sent it. */
int vane_sender_route(struct vane_object *object, sd_bus_message *message, vane_manager_call call);

/* Of the table of senders. */
void vane_sender_free(gpointer data);

/* Something may wait to be written to a sender. */
void vane_system_sent(struct vane_peer *peer);

#endif
