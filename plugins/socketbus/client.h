/* One peer: what it asked for, and how far it has got. */
#ifndef NETVANE_SOCKETBUS_CLIENT_H
#define NETVANE_SOCKETBUS_CLIENT_H

#include "plugins/socketbus/socketbus.h"

enum vane_client_phase {
    VANE_CLIENT_SILENT,    /* has sent no request yet, and may still */
    VANE_CLIENT_ASKING,    /* its request waits for the journal */
    VANE_CLIENT_STREAMING, /* gets events */
    VANE_CLIENT_ENDING,    /* its last line is to go out, then it is closed */
    VANE_CLIENT_GONE,      /* closed; only the host's last call is due */
};

/* Events from the past, before the live ones. */
struct vane_replay {
    uint64_t next, end;                 /* seqs of the bus's history; next > end: nothing */
    const struct vane_journal *journal; /* reading under way, of this journal */
    struct vane_journal_reading *reading;
    bool busy;                          /* it waits for vane_journal.resume() */
    bool foreign;                       /* the cursor is of another epoch */
    uint64_t last;                      /* the newest seq of this epoch that it gave */
    struct vane_halox_tracker *tracker; /* of what the journal gives */
    GString *text;                      /* what is to be sent of it; NULL: nothing */
};

struct vane_client {
    struct vane_socketbus *bus;
    struct vane_connection *connection;
    GList link;        /* in all */
    GList ready_link;  /* in those to serve */
    GList silent_link; /* in those that may still ask */
    int64_t pid, uid;
    uint64_t since; /* CLOCK_MONOTONIC, ns */
    bool privileged, compat;
    bool waits;    /* it is among those that may still ask */
    bool is_ready; /* it is among those to serve */
    bool blocked;  /* the socket takes no more for now */
    bool deaf;     /* its requests wait until it has read the answer */
    bool ended;    /* it sends no more */
    bool strict;
    enum vane_client_phase phase;
    GByteArray *input;          /* a request that is not complete; NULL: nothing */
    GString *answer;            /* lines to be sent before all others; NULL: none */
    struct vane_reader leaving; /* the rest of the subscription before this one */
    GPtrArray *snapshot;        /* payloads of links to be sent; NULL: none */
    guint snapshot_at;
    uint64_t snapshot_seq;
    struct vane_replay replay;
    struct vane_reader live;
    struct vane_stream_request request; /* while the journal is asked */
    uint64_t lines_sent, lost;
};

/* From the port: see struct vane_port_events. */
int vane_client_accept(struct vane_door *door, struct vane_connection *connection,
                       struct vane_client **client);
void vane_client_received(struct vane_client *client, const void *data, size_t length);
void vane_client_half_closed(struct vane_client *client);
void vane_client_free(struct vane_client *client);

/* Its input goes on once it has read what its last request brought. */
void vane_client_listen_again(struct vane_client *client);

/* Adds a line to what it is told next; the object is that of one member. */
void vane_client_answer(struct vane_client *client, const char *text, size_t length);
void vane_client_refuse(struct vane_client *client, const char *member, const char *message);
/* One last error, and the end. */
void vane_client_end(struct vane_client *client, const char *member, const char *message);

/* stream.c: subscriptions. */
void vane_stream_compat(struct vane_client *client);
void vane_stream_request(struct vane_client *client, const char *line, size_t length);
/* The request in client->request, with the past that it is to begin with. */
void vane_stream_begin(struct vane_client *client, uint64_t floor);
void vane_stream_leave(struct vane_client *client, struct vane_reader *reader);

/* replay.c: false: it was refused. With the answer still open, the phase is ASKING. */
bool vane_replay_plan(struct vane_client *client);
/* Adds lines, at most about `most` bytes. False: there is nothing (more). */
bool vane_replay_fill(struct vane_client *client, GString *out, size_t most);
/* There is something that is not sent yet. */
bool vane_replay_pending(const struct vane_replay *replay);
void vane_replay_clear(struct vane_client *client);
/* Tells of lost events. False: the client was strict, and this was its end. */
bool vane_replay_gap(struct vane_client *client, GString *out, const char *epoch, uint64_t from,
                     uint64_t to);

/* past.c: the same from the journal. */
bool vane_past_plan(struct vane_client *client);
void vane_past_go_on(struct vane_client *client);
void vane_past_watch(struct vane_socketbus *bus);
void vane_past_unwatch(struct vane_socketbus *bus);

#endif
