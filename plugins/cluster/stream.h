/*
 * Netvane's own events into a stream of JetStream, kept on the disk until JetStream has them: over
 * outages, kills and restarts, at least once and in order.
 *
 * Events come from the bus into `intake` (stream.c). A job on the host's thread pool writes what is
 * there to the outbox, together with what was stored meanwhile, in one transaction (stream-job.c);
 * there is never more than one job, and `outbox` belongs to it while it runs. Only what is
 * committed goes into the window (stream-window.c), from which it is published, some at a time,
 * until JetStream acknowledges it (stream-send.c). A window is bounded: what does not fit is read
 * from the outbox when its turn comes.
 *
 * What waits are the positions from `head` to `stored`; those up to `loaded` are in the window.
 * Each publishing belongs to an attempt: a new one begins with a connection, and when JetStream has
 * refused something. Then all that was not acknowledged is published again, and JetStream drops by
 * the header Nats-Msg-Id what it has already.
 */
#ifndef NETVANE_CLUSTER_STREAM_H
#define NETVANE_CLUSTER_STREAM_H

#include "lib/json/writer.h"
#include "lib/outbox/outbox.h"
#include "plugins/cluster/cluster.h"

#define VANE_STREAM_INTAKE_MESSAGES 2048u
#define VANE_STREAM_INTAKE_BYTES    ((size_t)8 << 20)
#define VANE_STREAM_WINDOW_MESSAGES 1024u
#define VANE_STREAM_WINDOW_BYTES    ((size_t)4 << 20)
/* The topics of what this itself says: to forward these would never end. */
#define VANE_STREAM_OWN_TOPICS "cluster.outbox."

/* An event, which it has while that is in memory, else the text of its own. */
struct vane_stream_entry {
    uint64_t position;
    const struct vane_event *event; /* with a reference; or NULL */
    char *text;                     /* or NULL */
    const char *json;
    size_t length;
    int64_t time_ns;
    bool sent; /* in this attempt */
    bool done; /* JetStream has it, or never will */
};

/* The one job; its members belong to it while it runs. */
struct vane_stream_job {
    bool running;
    bool last;       /* write, and close the file for good */
    GArray *entries; /* struct vane_stream_entry: those of `changes` */
    struct vane_outbox_changes changes;
    GArray *known;  /* struct vane_outbox_endpoint */
    GArray *read;   /* struct vane_outbox_message */
    uint64_t after; /* where reading begins */
    bool wanted;    /* to be read */
    bool worthless; /* is what the file holds: nothing in it waits */
    int result;
    bool relieved;
    struct vane_outbox_facts facts;
};

enum vane_stream_setup {
    VANE_STREAM_UNKNOWN, /* not connected, or not asked yet */
    VANE_STREAM_ASKED,
    VANE_STREAM_MAKING,
    VANE_STREAM_READY,
};

/* Why events are not told. */
enum vane_stream_drop {
    VANE_DROP_COUNT,
    VANE_DROP_SIZE,
    VANE_DROP_AGE,
    VANE_DROP_TOO_LARGE,
    VANE_DROP_OVERFLOW,
    VANE_DROP_DAMAGE,
    VANE_DROP_REASONS,
};

struct vane_stream {
    struct vane_cluster *cluster;
    char *patterns;
    struct vane_subscription *subscription; /* NULL: no more events are taken */
    int lock;
    struct vane_timer *tick; /* while something waits */

    GArray *intake; /* struct vane_stream_entry */
    size_t intake_bytes;
    bool full; /* the bus holds back */

    struct vane_outbox outbox;
    struct vane_stream_job job;
    struct vane_timer *job_timer;  /* no job until then */
    struct vane_timer *note_timer; /* what JetStream has taken is noted at the latest then */
    uint64_t job_began_ns, retry_ms;
    bool opened, closing, closed;
    uint64_t last_seq; /* closing: the last event that is taken */
    bool failing;      /* the disk */
    bool note_due;
    char disk_problem[384];

    GQueue window; /* struct vane_stream_entry */
    GList *next;   /* in it, to be published; NULL: all are */
    size_t window_bytes;
    uint64_t head, loaded, stored, acked; /* acked: gone from the disk */
    uint64_t next_position;
    uint64_t bytes; /* on the disk */

    char inbox[2 * VANE_NATS_INBOX_SIZE + VANE_NKEY_LENGTH];
    enum vane_stream_setup setup;
    uint64_t attempt, backoff_ms;
    unsigned in_flight, allowed;
    uint64_t progress_ns;        /* the last answer, or question */
    struct vane_timer *retry;    /* until the next attempt */
    struct vane_timer *draining; /* what waits may still go while the daemon stops */
    char *problem;               /* why JetStream does not take them; NULL: it does */

    uint64_t duplicates; /* that JetStream had already */
    uint64_t dropped[VANE_DROP_REASONS], told[VANE_DROP_REASONS];
    uint64_t told_ns;
    unsigned drops_logged; /* a bit for each reason */
};

/* ---- stream.c ---- */

/* Takes events of these patterns from now on. Negative errno, with the log told. */
int vane_stream_start(struct vane_cluster *cluster, const char *patterns);
/* There is a client of NATS; from now on it is stopped before it is freed. */
void vane_stream_listen(struct vane_cluster *cluster);
void vane_stream_connected(struct vane_cluster *cluster);
void vane_stream_disconnected(struct vane_cluster *cluster);
/* vane_cluster_stream_closed() follows. */
void vane_stream_stop(struct vane_cluster *cluster);
void vane_stream_free(struct vane_stream *stream);

/* So many events that happened before the end were not taken yet. */
uint64_t vane_stream_untaken(const struct vane_stream *stream);
void vane_stream_intake_resume(struct vane_stream *stream);
void vane_stream_entry_clear(struct vane_stream *stream, struct vane_stream_entry *entry);
uint64_t vane_stream_now(const struct vane_stream *stream);
void vane_stream_timer_stop(struct vane_stream *stream, struct vane_timer **timer);
/* Looks after what waits, each second, while anything does. */
void vane_stream_watch(struct vane_stream *stream);

/* ---- stream-job.c ---- */

void vane_stream_jobs_init(struct vane_stream *stream);
void vane_stream_jobs_release(struct vane_stream *stream);
/* Starts a job if there is anything to do and none is running. */
void vane_stream_kick(struct vane_stream *stream);

/* ---- stream-window.c ---- */

/* Puts it at the end and takes it over; false: there is no room. */
bool vane_stream_load(struct vane_stream *stream, struct vane_stream_entry *entry);
bool vane_stream_wants_more(const struct vane_stream *stream);
/* Committed, and not done with. */
uint64_t vane_stream_waiting(const struct vane_stream *stream);
struct vane_stream_entry *vane_stream_find(struct vane_stream *stream, uint64_t position);
/* It needs nothing more. */
void vane_stream_done(struct vane_stream *stream, struct vane_stream_entry *entry);
/* What lies on the disk only is lost. */
void vane_stream_forget(struct vane_stream *stream);
/* Drops what is over a bound; `measured`: `bytes` is as of now. */
void vane_stream_limit(struct vane_stream *stream, bool measured);
void vane_stream_window_clear(struct vane_stream *stream);

/* ---- stream-send.c ---- */

void vane_stream_pump(struct vane_stream *stream);
/* Nothing is under way any more. */
void vane_stream_new_attempt(struct vane_stream *stream);
/* JetStream does not take them now, for this reason, which is taken over: tried again later. */
void vane_stream_stall(struct vane_stream *stream, char *why);
void vane_stream_answered(void *user, const struct vane_nats_message *message);
void vane_stream_check_answers(struct vane_stream *stream);

/* ---- stream-setup.c ---- */

/* Asks for the stream and makes it, or leaves that to others (EventStreamCreate=). */
void vane_stream_set_up(struct vane_stream *stream);
void vane_stream_setup_answered(struct vane_stream *stream,
                                const struct vane_nats_message *message);

/* ---- stream-report.c ---- */

void vane_stream_dropped(struct vane_stream *stream, enum vane_stream_drop reason, uint64_t count);
void vane_stream_tell_dropped(struct vane_stream *stream);
void vane_stream_tell_stalled(struct vane_stream *stream);
void vane_stream_tell_resumed(struct vane_stream *stream);
void vane_stream_tell_failed(struct vane_stream *stream);
void vane_stream_tell_recovered(struct vane_stream *stream);
void vane_stream_tell_damaged(struct vane_stream *stream);
void vane_stream_show(const struct vane_stream *stream, struct vane_json *json);

#endif
