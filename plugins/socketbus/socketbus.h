/* What the files of the socket broadcaster share: its state, and the parts that call each other. */
#ifndef NETVANE_SOCKETBUS_SOCKETBUS_H
#define NETVANE_SOCKETBUS_SOCKETBUS_H

#include <stdbool.h>

#include <glib.h>
#include <netvane/host.h>
#include <netvane/services/journal.h>

#include "lib/group.h"
#include "plugins/socketbus/feed.h"
#include "plugins/socketbus/halox.h"

/* Lines of the latest events, so that those who replay them at the same time share them too. */
#define VANE_RECENT_LINES 1024u

#define VANE_SOCKETBUS_COMMANDS 3

struct vane_socketbus_options {
    char **listen; /* addresses of the ports table; end with NULL */
    char **compat;
    uint32_t queue_length;
    uint64_t queue_size;
    uint64_t queue_memory;
    uint32_t max_clients;
    uint32_t max_clients_per_user;
};

struct vane_socketbus {
    struct vane_self *self;
    const struct vane_host *host;
    struct vane_socketbus_options options;
    struct vane_group control_group;
    struct vane_subscription *subscription;
    GPtrArray *doors;  /* struct vane_door */
    GQueue clients;    /* struct vane_client, all */
    GQueue ready;      /* those that may have something to send */
    GQueue silent;     /* those that may still send a request, by age */
    GHashTable *feeds; /* by key */
    GQueue full_feeds; /* those with lines */
    struct vane_timer *silence;
    struct vane_halox_tracker *tracker;
    struct vane_line *recent[VANE_RECENT_LINES]; /* by seq */
    uint64_t suppressed[VANE_RECENT_LINES];      /* seqs that HaloX does not get, newest last */
    uint32_t suppressed_next;
    uint64_t seen;                      /* the last event that the bus has handed to us */
    uint32_t effort;                    /* comparisons in this turn of the loop */
    bool held_back;                     /* the bus waits for us */
    bool posted;                        /* a flush is due */
    GString *scratch;                   /* for what is sent to one client only */
    const struct vane_journal *journal; /* NULL: there is none */
    void *journal_provider;
    struct vane_service_watch *journal_watch;
    uint64_t events, lines_sent, bytes_sent, dropped;
    uint64_t served;  /* clients ever */
    uint64_t refused; /* requests */
    struct vane_command_handle *commands[VANE_SOCKETBUS_COMMANDS];
    void (*idle)(struct vane_socketbus *bus); /* at the shutdown: the last client is gone */
};

struct vane_client;
struct vane_door;

/* events.c: from the bus into the feeds. */
int vane_events_begin(struct vane_socketbus *bus);
void vane_events_end(struct vane_socketbus *bus);
void vane_events_go_on(struct vane_socketbus *bus);
/* The line of an event, shared with whoever has it already. With a reference. */
struct vane_line *vane_events_line(struct vane_socketbus *bus, const struct vane_event *event);
struct vane_feed *vane_events_feed(struct vane_socketbus *bus, struct vane_filter *filter);
void vane_events_release_feed(struct vane_socketbus *bus, struct vane_feed *feed);

/* doors.c: the addresses that it listens on. */
struct vane_door {
    struct vane_socketbus *bus;
    struct vane_port *port;
    char *address;
    bool compat;
};
int vane_doors_open(struct vane_socketbus *bus);
void vane_doors_close(struct vane_socketbus *bus);

/* flush.c: from the queues to the sockets, a bounded part in each turn of the loop. */
void vane_flush_client(struct vane_client *client);
void vane_flush_soon(struct vane_socketbus *bus);

/* options.c, show.c */
void vane_socketbus_options_read(struct vane_socketbus *bus,
                                 struct vane_socketbus_options *options);
void vane_socketbus_options_clear(struct vane_socketbus_options *options);
int vane_socketbus_show_add(struct vane_socketbus *bus);
void vane_socketbus_show_remove(struct vane_socketbus *bus);

#endif
