/* What the files of the CAN interface daemon share: its state, and the parts that call each other.
 */
#ifndef NETVANE_VCAN_VCAN_H
#define NETVANE_VCAN_VCAN_H

#include <stdbool.h>

#include <glib.h>
#include <netvane/host.h>

#include "lib/can/wire.h"
#include "plugins/vcan/mark.h"
#include "plugins/vcan/rules.h"

#define VANE_VCAN_COMMANDS    9
#define VANE_VCAN_MESSAGE_MAX 320 /* bytes of a sentence */

struct vane_vcan_options {
    char **listen; /* addresses of the ports table; end with NULL */
    bool listen_is_default;
    uint32_t mode;
    char *group; /* NULL: the daemon's */
    bool big_endian, namespaces;
    uint32_t max_clients, max_clients_per_user;
    uint64_t request_timeout_ms, idle_timeout_ms, lease_grace_ms; /* 0: none */
    uint64_t state_interval_ms;
    GArray *rules;
};

struct vane_vcan {
    struct vane_self *self;
    const struct vane_host *host;
    struct vane_vcan_options options;
    GPtrArray *doors;        /* struct vane_vcan_door */
    GQueue clients;          /* struct vane_vcan_client */
    GHashTable *owned;       /* by index: struct vane_vcan_owned in our own namespace */
    GHashTable *foreign;     /* by spot: struct vane_vcan_owned with a lease in another namespace */
    GHashTable *held;        /* by uid: how many of those there are, or on their way */
    GHashTable *creating;    /* by uid: how many are on their way */
    uint32_t jobs;           /* that the kernel has */
    int look_fd;             /* for ioctl(2); -1: none */
    uint64_t own_netns[2];   /* device and inode */
    const char *unsupported; /* why there are no CAN interfaces; NULL: there are */
    bool stopping;
    bool waited_for;           /* the host waits for the end */
    struct vane_timer *sweep;  /* of clients that are silent for too long */
    struct vane_timer *states; /* of controllers */
    GHashTable *known_states;  /* by index: the state that was published last */
    struct vane_subscription *subscription;
    struct vane_command_handle *commands[VANE_VCAN_COMMANDS];
    bool command_answered; /* the one that runs just now */
    uint64_t requests, refused, created, deleted, held_ns;
    uint64_t denied_tokens, denied_since, denied_kept_back; /* report.c */
};

/* ---- clients ---- */

struct vane_vcan_door {
    struct vane_vcan *vcan;
    struct vane_port *port;
    char *address;
};

/* Another network namespace, held for all who work there. */
struct vane_vcan_place {
    int fd;
    uint64_t netns[2]; /* device and inode */
};

/* An interface, wherever it is. */
struct vane_vcan_spot {
    uint64_t netns[2]; /* zeros: our own */
    uint32_t index;
};

enum vane_vcan_form {
    VANE_VCAN_UNDECIDED, /* less than four bytes have come, all of them of the magic */
    VANE_VCAN_CLASSIC,
    VANE_VCAN_NVC1,
};

struct vane_vcan_job;

struct vane_vcan_client {
    GList link;
    struct vane_vcan *vcan;
    struct vane_vcan_door *door;
    struct vane_connection *connection;
    enum vane_vcan_form form;
    GByteArray *input;         /* what is not yet a whole request; NULL: nothing */
    GByteArray *output;        /* answers that are to be sent together */
    struct vane_vcan_job *job; /* the request that is being worked on; NULL: none */
    struct vane_can_person person;
    int64_t pid;
    int netns_fd;                  /* the connection's; -1: our own namespace */
    struct vane_vcan_place *place; /* the same; NULL: our own, or nothing was asked for yet */
    bool netns_unknown;            /* it cannot be told */
    bool working;                  /* within vane_client_go_on() */
    bool deaf;                     /* reading is stopped */
    bool blocked;                  /* it does not take its answers */
    bool ended;                    /* it sends nothing more */
    bool closing;                  /* nothing more is answered */
    GQueue leases;                 /* struct vane_vcan_owned */
    uint64_t last_request; /* loop time in ns: of the last whole one, or of the connection */
    uint64_t first_byte;   /* of the request that is begun; 0: none is */
    uint64_t answered;     /* requests */
    char program[32];      /* empty: not asked yet */
};

/* doors.c, client.c */
int vane_vcan_doors_open(struct vane_vcan *vcan);
void vane_vcan_doors_close(struct vane_vcan *vcan);
int vane_vcan_client_new(struct vane_vcan_door *door, struct vane_connection *connection,
                         struct vane_vcan_client **out);
void vane_vcan_client_received(struct vane_vcan_client *client, const void *data, size_t length);
void vane_vcan_client_ended(struct vane_vcan_client *client);
void vane_vcan_client_drained(struct vane_vcan_client *client);
void vane_vcan_client_stop(struct vane_vcan_client *client);
void vane_vcan_client_free(struct vane_vcan_client *client);
/* The request that was worked on is answered; what follows it is read. */
void vane_vcan_client_go_on(struct vane_vcan_client *client);
const char *vane_vcan_client_program(struct vane_vcan_client *client);
void vane_vcan_sweep(struct vane_vcan *vcan);
/* Closes the connection once its answers are sent. */
void vane_vcan_client_end(struct vane_vcan_client *client);
/* In nanoseconds, of the loop. */
uint64_t vane_vcan_now(const struct vane_vcan *vcan);
/* vcan.c: at the shutdown, when nothing is left to wait for, it is over. */
void vane_vcan_settle(struct vane_vcan *vcan);

/* ---- jobs: one request from its check to its answer ---- */

/* What is there under the name of a request. */
struct vane_vcan_seen {
    bool exists, is_can, up;
    uint32_t index;
    char kind[VANE_WIRE_NAME_MAX + 1];
    char alias[256];
};

struct vane_vcan_job {
    struct vane_vcan *vcan;
    struct vane_vcan_client *client; /* NULL: it is gone, or a command */
    struct vane_request *command;    /* NULL: a client's */
    char socket[128];                /* where it was asked for; empty: a command */
    struct vane_wire_request request;
    struct vane_can_person person;
    struct vane_vcan_place *place; /* NULL: our own namespace */
    struct vane_vcan_seen seen;
    uint32_t had; /* interfaces of this user in the other namespace */
    bool holds;   /* is counted in `held` */
    char alias[VANE_MARK_SIZE], peer_alias[VANE_MARK_SIZE];
    uint8_t code;
    char message[VANE_VCAN_MESSAGE_MAX];
    void (*next)(struct vane_vcan_job *job); /* after the name has been looked up */
};

/* Takes the job over. The answer may come before this returns. */
void vane_vcan_run(struct vane_vcan_job *job);

/* Ends a job: with VANE_WIRE_OK, or a code and a sentence. */
void vane_vcan_done(struct vane_vcan_job *job);
void vane_vcan_fail(struct vane_vcan_job *job, uint8_t code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* The same for an errno of the kernel's. */
void vane_vcan_fail_errno(struct vane_vcan_job *job, int error, const char *text);
/* The last of it: what comes next on its connection is begun. */
void vane_vcan_job_over(struct vane_vcan_job *job);
void vane_vcan_job_free(struct vane_vcan_job *job);
const char *vane_vcan_wanted_kind(const struct vane_vcan_job *job);

/* change.c, inspect.c: what job.c hands over to, with `seen` filled. */
void vane_vcan_create(struct vane_vcan_job *job);
void vane_vcan_delete(struct vane_vcan_job *job);
void vane_vcan_raise(struct vane_vcan_job *job, bool up);
void vane_vcan_configure(struct vane_vcan_job *job);
void vane_vcan_inspect(struct vane_vcan_job *job);
void vane_vcan_renew(struct vane_vcan_job *job);

/* look.c: fills `seen` and goes on with `next`; an error of the kernel's ends the job. */
void vane_vcan_look(struct vane_vcan_job *job, void (*next)(struct vane_vcan_job *job));
/* Asks the kernel for the interface of the job, or for all; an error at once ends the job. In
 * `found` one job less is under way. */
void vane_vcan_query(struct vane_vcan_job *job, bool all, vane_links_found found);
/* In our own namespace, at once: what is there now, without kind and alias. */
void vane_vcan_see(struct vane_vcan *vcan, const char *name, struct vane_vcan_seen *seen);
/* A member of the link; "" without it. */
const char *vane_vcan_link_text(const struct vane_vcan *vcan, const struct vane_payload *link,
                                const char *member);
/* Is that among the link's "flags"? */
bool vane_vcan_has_flag(const struct vane_vcan *vcan, const struct vane_payload *link,
                        const char *flag);

/* answer.c: what a job's end becomes on the wire. `links` for those that were asked for. */
void vane_vcan_answer(struct vane_vcan_job *job, const struct vane_payload *const *links,
                      uint32_t count);

/* ---- leases ---- */

struct vane_vcan_owned {
    struct vane_vcan *vcan;
    uint32_t uid;
    char name[VANE_WIRE_NAME_MAX + 1];
    char kind[VANE_WIRE_NAME_MAX + 1];
    char alias[VANE_MARK_SIZE];
    struct vane_mark mark;
    struct vane_vcan_place *place;   /* NULL: our own namespace */
    struct vane_vcan_spot spot;      /* its index; the key in `foreign` */
    struct vane_vcan_client *client; /* whose end ends it; NULL: nobody's */
    struct vane_timer *timer;
    bool going; /* it is being deleted */
    GList link; /* in the client's leases */
};

/* An interface was made, or has a new lease. */
struct vane_vcan_owned *vane_vcan_own(struct vane_vcan_job *job, const char *name, uint32_t index);
/* Deletes what a lease has ended of, if it still is what was made. */
void vane_vcan_expire(struct vane_vcan_owned *owned, const char *why);
void vane_vcan_disown(struct vane_vcan *vcan, struct vane_vcan_place *place, uint32_t index);
struct vane_vcan_owned *vane_vcan_owned_at(struct vane_vcan *vcan,
                                           const struct vane_vcan_place *place, uint32_t index);
void vane_vcan_leases_begin(struct vane_vcan *vcan);
void vane_vcan_leases_end(struct vane_vcan *vcan);
void vane_vcan_client_leaves(struct vane_vcan_client *client);
uint32_t vane_vcan_count_of(struct vane_vcan *vcan, int64_t uid);
uint64_t vane_vcan_boottime(void);
uint32_t vane_vcan_lease_left(const struct vane_mark *mark);
/* The mark for what a job creates or renews. */
void vane_vcan_mark(const struct vane_vcan_job *job, struct vane_mark *mark);

/* place.c */
struct vane_vcan_place *vane_vcan_place_new(int fd);
void vane_vcan_place_unref(struct vane_vcan_place *place);
guint vane_vcan_spot_hash(gconstpointer data);
gboolean vane_vcan_spot_equal(gconstpointer a, gconstpointer b);
/* Adds to a count by uid and returns it. */
uint32_t vane_vcan_tally(GHashTable *tally, int64_t uid, int change);
/* Makes room for the lease that a job asks for; false: there is none, and the job has ended. */
bool vane_vcan_hold(struct vane_vcan_job *job);

static inline int vane_vcan_place_fd(const struct vane_vcan_place *place)
{
    return place ? place->fd : -1;
}

/* report.c: events. */
void vane_vcan_report_created(struct vane_vcan_job *job, uint32_t index);
void vane_vcan_report_deleted(struct vane_vcan *vcan, const char *name, uint32_t index, int64_t uid,
                              const char *reason);
void vane_vcan_report_denied(struct vane_vcan_job *job);
void vane_vcan_report_expired(struct vane_vcan_owned *owned, const char *why);
void vane_vcan_states_begin(struct vane_vcan *vcan);
void vane_vcan_states_end(struct vane_vcan *vcan);

/* options.c */
int vane_vcan_options_read(struct vane_vcan *vcan, struct vane_vcan_options *options);
void vane_vcan_options_clear(struct vane_vcan_options *options);

/* show.c: what the commands of that name answer. */
int vane_vcan_show_all(void *user, struct vane_request *request);
int vane_vcan_show_one(void *user, struct vane_request *request);
int vane_vcan_show_counters(void *user, struct vane_request *request);

/* commands.c */
int vane_vcan_commands_add(struct vane_vcan *vcan);
void vane_vcan_commands_remove(struct vane_vcan *vcan);

#endif
