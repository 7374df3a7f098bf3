/*
 * The agent of a cluster: answers for this machine's D-Bus over NATS.
 *
 *     connection.c  the connection to NATS, and who we are there (key.c)
 *     request.c     a message becomes a call, or an error (sender.c: who sent it)
 *     lanes.c       calls wait for their turn, a bounded number at each service and in all
 *     invoke.c      one call at the bus: described (objects.c), asked for, answered (answer.c)
 *     command.c     commands of the shell, from other machines
 *     sysbus.c      the system bus, come and gone
 *     signals.c     signals of D-Bus to NATS
 *     presence.c    who we are, and who the others are (roster.c), for plugins, too (service.c);
 *                   our tags are kept (tags-keep.c); what is wrong (presence-trouble.c)
 *     events.c      Netvane's own events to NATS, or through an outbox to JetStream (stream.h)
 *     tunnel.c      ports between machines (tunnel.h)
 *     micro.c       discovery, as `nats micro` asks for it
 *     access.c      what the configuration grants to whom, and the gate
 */
#ifndef NETVANE_CLUSTER_CLUSTER_H
#define NETVANE_CLUSTER_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <netvane/plugin.h>
#include <systemd/sd-bus.h>

#include "lib/keys/replay.h"
#include "lib/keys/signed.h"
#include "lib/nats/client.h"
#include "lib/nats/subject.h"
#include "plugins/cluster/options.h"

struct vane_cluster;
struct vane_sysbus;
struct vane_objects;
struct vane_signals;
struct vane_presences;
struct vane_tags_keeping;
struct vane_tunnels;
struct vane_stream;

/* The machine's key on the cluster: a file's, or the daemon's identity. */
struct vane_cluster_key {
    uint8_t *seed; /* NULL: the identity signs */
    char nkey[VANE_NKEY_LENGTH + 1];
};

struct vane_cluster_counters {
    uint64_t requests[2]; /* by enum vane_call_kind */
    uint64_t errors[2];
    uint64_t busy_ns[2];
    uint64_t commands;
    uint64_t refused;    /* over a bound */
    uint64_t unverified; /* with a signature that was none */
    uint64_t signals, signals_lost;
    uint64_t events, events_lost;
    uint64_t replies_lost;
    char *last_error[2];
};

struct vane_cluster_link { /* to NATS */
    bool connected;
    char *server, *problem;
    uint64_t connections, lost, unsent;
    unsigned refused; /* subscriptions */
    size_t max_payload;
};

/* presence-trouble.c */
struct vane_troubles {
    char *twin; /* how somebody with our key calls himself; NULL: nobody has it */
    int64_t twin_until_ms;
    GHashTable *apart; /* by NKEY: those whose clocks are or were off, or ours is */
};

struct vane_cluster {
    struct vane_self *self;
    const struct vane_host *host;
    struct vane_cluster_options options;
    struct vane_cluster_key key;
    uint8_t *login_seed;    /* of a credentials file; NULL: the machine's key logs in */
    struct vane_nats *nats; /* NULL: no servers are named */
    struct vane_cluster_link link;
    GHashTable *refusals; /* what the server refused at this connection, as the log has it */
    struct vane_cluster_counters counters;
    struct vane_replay *known, *strangers; /* signed messages seen, by who has signed them */
    int64_t started_ns;

    struct vane_sysbus *sysbus;
    sd_bus *bus; /* NULL: there is none now */
    struct vane_objects *objects;
    struct vane_signals *signals;
    struct vane_presences *presences; /* presence.c */
    struct vane_troubles troubles;
    struct vane_tags_keeping *tags_keeping; /* tags-keep.c: while it writes */
    bool tags_unkept;                       /* the last time it could not */
    struct vane_service *service;
    struct vane_tunnels *tunnels;           /* tunnel.h */
    struct vane_timer *patience;            /* while it stops */
    char *events_not;                       /* topics that are left out */
    struct vane_stream *stream;             /* of events; NULL: they are published only */
    struct vane_subscription *subscription; /* to these; NULL: the stream's, or none */

    GHashTable *lanes; /* destination -> struct vane_lane */
    GQueue turns;      /* of lanes where calls wait */
    unsigned at_bus;   /* calls that the bus has */
    GQueue calls;      /* all, by deadline */
    size_t call_bytes;
    GQueue commands; /* command.c: struct vane_call, under way */
    struct vane_timer *deadline;
    bool pumping;
};

/* ---- connection.c ---- */

int vane_connection_start(struct vane_cluster *cluster);

/* ---- key.c ---- */

/* Finds the machine's key, and that of a credentials file. Negative errno, with the log told. */
int vane_key_load(struct vane_cluster *cluster);
void vane_key_clear(struct vane_cluster *cluster);
int vane_key_sign_nonce(struct vane_cluster *cluster, const char *nonce, uint8_t signature[64]);

/* Signs parts with the machine's key. */
int vane_key_sign(struct vane_cluster *cluster, enum vane_signed_purpose purpose,
                  const struct vane_signed_parts *parts,
                  char signature[VANE_SIGNATURE_TEXT_LENGTH + 1]);

/* Signs as identity->sign() does. */
int vane_key_sign_bytes(struct vane_cluster *cluster, const char *context, const void *data,
                        size_t length, uint8_t signature[VANE_SIGNATURE_SIZE]);

/* ---- command.c ---- */

void vane_command_start(struct vane_cluster *cluster);
/* Those of which the end will not be told any more. */
void vane_command_clear(struct vane_cluster *cluster);

/* ---- sysbus.c ---- */

void vane_sysbus_start(struct vane_cluster *cluster);
void vane_sysbus_stop(struct vane_cluster *cluster);

/* ---- events.c ---- */

int vane_cluster_events_start(struct vane_cluster *cluster);
void vane_cluster_events_stop(struct vane_cluster *cluster);
/* Is it not among those that are left out? */
bool vane_cluster_event_wanted(const struct vane_cluster *cluster, const char *topic);

/* ---- micro.c ---- */

void vane_micro_start(struct vane_cluster *cluster);

/* ---- cluster.c ---- */

/* Nothing comes from NATS any more. */
void vane_cluster_stopped(struct vane_cluster *cluster);
/* The outbox of events is closed. */
void vane_cluster_stream_closed(struct vane_cluster *cluster);

/* ---- show.c ---- */

int vane_cluster_show_add(struct vane_cluster *cluster);

#endif
