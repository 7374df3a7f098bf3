/*
 * The webhook plugin's state, and how its parts hang together.
 *
 * Until there is an endpoint it sleeps: no event comes, no outbox is made, no libcurl is loaded.
 *
 * Events come from the bus into `intake`. A job on the host's thread pool writes what is there to
 * the outbox, together with what was delivered meanwhile, in one transaction; there is never more
 * than one job, and `outbox` belongs to it while it runs. Only what is committed goes into the
 * window of its endpoint, from which one delivery after the other is made. A window is bounded:
 * what does not fit is read from the outbox when its turn comes.
 *
 * What waits of an endpoint are the positions from `head` to `stored`, without holes; those up to
 * `loaded` are in the window. Taking a message off the queue, for whatever reason, is `head`++.
 *
 * An endpoint with BatchSize= sends several messages in one request. Where a batch ends is noted in
 * the outbox before the batch is sent for the first time: a cut. So a batch that is sent again,
 * also by another process, is the same. Cuts are ascending; the first one ends the batch at the
 * head.
 */
#ifndef NETVANE_WEBHOOK_WEBHOOK_H
#define NETVANE_WEBHOOK_WEBHOOK_H

#include <stdbool.h>

#include <glib.h>

#include <netvane/host.h>
#include <netvane/plugin.h>
#include <netvane/services/webhook.h>

#include "plugins/webhook/clock.h"
#include "plugins/webhook/http.h"
#include "plugins/webhook/options.h"
#include "lib/outbox/outbox.h"
#include "plugins/webhook/retry.h"

#define VANE_WEBHOOK_COMMANDS 16
#define VANE_WINDOW_MESSAGES  1024u
#define VANE_WINDOW_BYTES     (1u << 20)
#define VANE_INTAKE_MESSAGES  2048u
#define VANE_INTAKE_BYTES     (16u << 20)
#define VANE_UNNOTED          2048u /* deliveries that are not yet noted, over all endpoints */

struct vane_webhook_plugin;

/* A message in the window. It has its event while that is in memory, else the text of its own. */
struct vane_webhook_message {
    uint64_t position;
    const struct vane_event *event; /* with a reference; or NULL */
    char *text;                     /* or NULL */
    char *id;                       /* of a text, once it was asked for */
    const char *json;
    size_t length;
    int64_t time_ns;
};

/* The end of a batch: the position of its last message. */
struct vane_webhook_cut {
    uint64_t position;
    bool stored; /* in the outbox */
};

/* What is under way: the messages from `first` to `last`, of which a limit may take some. */
struct vane_webhook_sending {
    uint64_t first, last;
    unsigned count;
    char *id;                       /* webhook-id */
    char *event_id;                 /* of the first */
    const struct vane_event *event; /* the first, with a reference; or NULL */
};

struct vane_webhook_endpoint {
    struct vane_webhook_plugin *plugin;
    struct vane_webhook_endpoint_options *options;

    int64_t number; /* in the outbox; 0: not yet known */
    uint64_t head, loaded, stored, next, acked;
    unsigned incoming; /* in `intake`, or in changes that are being written */
    GQueue window;     /* struct vane_webhook_message */
    size_t window_bytes;
    GArray *cuts;  /* struct vane_webhook_cut; empty without BatchSize= */
    bool uncut;    /* those that the outbox has are to be forgotten */
    GArray *texts; /* struct vane_webhook_text: for the request that is being made */
    bool changed;  /* its row is to be written */

    uint64_t inherited; /* up to here they are of earlier processes */
    int64_t moved_ns;   /* how far a clock that was set moves those up to `moved_to`: to be noted */
    uint64_t moved_to;

    enum vane_endpoint_state state;
    char *set_url; /* of set-url; NULL: none */
    char *reason;  /* the last failure; NULL: none */
    unsigned attempts;
    unsigned patience; /* answers 429 in a row */
    int64_t due_ns;
    struct vane_breaker breaker;
    bool skipping; /* the open circuit keeps it from sending, and that is counted already */
    struct vane_timer *timer;
    struct vane_http_transfer transfer;
    struct vane_webhook_sending sending;
    uint64_t permitted; /* up to here all have passed the gate, for this URL; 0: none */
    uint64_t denied;    /* this one has not; 0: none */
    char *denial;       /* why */

    uint64_t untold; /* dropped for this reason, and not yet said */
    const char *untold_reason;
    uint64_t told_ns; /* when such was said last; 0: never */
    struct vane_timer *drop_timer;
    uint64_t letters; /* dead ones, as of the last job */
    uint64_t accepted, delivered, requests, failures, dropped, buried, circuit_skips;
    uint64_t where_errors; /* events of which Where= could not be told */
    long last_status;
    uint64_t last_duration_ns;
    int64_t last_delivery_ns;
};

/* An event on its way into the outbox. */
struct vane_webhook_entry {
    struct vane_webhook_endpoint *endpoint;
    struct vane_webhook_message message;
    int64_t dead; /* the dead letter that it was; 0: none */
};

enum vane_letters_kind { VANE_LETTERS_SHOW, VANE_LETTERS_REPLAY, VANE_LETTERS_DELETE };

/* One command about dead letters, which waits for its job. */
struct vane_webhook_question {
    struct vane_request *request;
    enum vane_letters_kind kind;
    struct vane_outbox_letters which;
    bool whole;
    int result;
    char *json;
    size_t length;
    uint64_t deleted;
    GArray *messages;
};

/* The one job; its members belong to it while it runs. */
struct vane_webhook_job {
    bool running;
    bool last;       /* write, and close the file for good */
    GArray *entries; /* struct vane_webhook_entry: those of `changes` */
    struct vane_outbox_changes changes;
    GArray *wanted; /* struct vane_outbox_done: whose window is to be filled, behind where */
    GArray *read;   /* struct vane_outbox_message */
    GArray *known;  /* struct vane_outbox_endpoint: what the file knew when it was opened */
    struct vane_webhook_question *question;
    unsigned noting; /* so many deliveries */
    bool shrink;
    int result;
    bool committed; /* the changes, whatever came of the reading after that */
    bool relieved;
    struct vane_outbox_facts facts;
};

struct vane_webhook_plugin {
    struct vane_self *self;
    const struct vane_host *host;
    struct vane_webhook_options options;
    GPtrArray *endpoints; /* struct vane_webhook_endpoint; the default one is the first */
    GArray *keys;         /* struct vane_signing_key, the newest first; NULL: not yet needed */
    char *keys_path;
    struct vane_webhook_sender sender;
    char *source;
    unsigned speed; /* of the clock of retries: above 1 in tests only */
    struct vane_webhook_clock clock;

    struct vane_subscription *subscription;
    struct vane_subscription *reloads;
    bool full; /* the subscription waits for room in `intake` */
    struct vane_service *service;
    struct vane_command_handle *commands[VANE_WEBHOOK_COMMANDS];
    struct vane_http http;

    struct vane_outbox outbox;
    int lock;
    bool awake;    /* there is an endpoint, or an outbox: it is open, or being opened */
    bool starting; /* init() is done when the outbox is open */
    bool opened;
    GArray *intake; /* struct vane_webhook_entry */
    size_t intake_bytes;
    GArray *dying;    /* struct vane_outbox_dying: not yet written */
    unsigned unnoted; /* deliveries that would be made again if this process were killed */
    GQueue questions; /* struct vane_webhook_question */
    struct vane_webhook_job job;
    struct vane_timer *job_timer;
    uint64_t job_began_ns;
    int64_t next_number;
    GArray *strangers; /* struct vane_outbox_endpoint: in the outbox, and not configured */

    bool failing;
    uint64_t retry_ms;
    char last_error[320];
    struct vane_timer *retry_timer;
    struct vane_outbox_facts facts;
    bool closing, closed;
    struct vane_timer *closing_timer;
    GPtrArray *tests; /* struct test of testing.c: under way */
    uint64_t overflowed;
    uint64_t astray; /* webhooks of rules for endpoints that there are not */
};

/* ---- endpoint.c: what waits for an endpoint ---- */

struct vane_webhook_endpoint *vane_endpoint_new(struct vane_webhook_plugin *plugin,
                                                struct vane_webhook_endpoint_options *options);
void vane_endpoint_free(struct vane_webhook_endpoint *endpoint);
struct vane_webhook_endpoint *vane_endpoint_find(struct vane_webhook_plugin *plugin,
                                                 const char *name);
struct vane_webhook_endpoint *vane_endpoint_by_number(struct vane_webhook_plugin *plugin,
                                                      int64_t number);
/* The URL that it sends to; NULL: it is off. */
const struct vane_url *vane_endpoint_url(const struct vane_webhook_endpoint *endpoint);
/* How many events wait, those included that are not yet written. */
uint64_t vane_endpoint_pending(const struct vane_webhook_endpoint *endpoint);
/* What the outbox keeps of it; to be cleared. */
struct vane_outbox_endpoint vane_endpoint_row(const struct vane_webhook_endpoint *endpoint);
/* Puts a message behind the others of the window, and takes it over; false: it has no room there.
 */
bool vane_endpoint_load(struct vane_webhook_endpoint *endpoint,
                        struct vane_webhook_message *message);
/* Takes messages off the head of the queue. */
void vane_endpoint_advance(struct vane_webhook_endpoint *endpoint, uint64_t count);
/* The outbox has begun anew: what is not in the window is gone. How many those are. */
uint64_t vane_endpoint_forget(struct vane_webhook_endpoint *endpoint);
void vane_endpoint_note_reason(struct vane_webhook_endpoint *endpoint, const char *reason);

/* ---- limits.c ---- */

/* Drops the oldest while there are more than allowed. */
void vane_endpoint_limit(struct vane_webhook_endpoint *endpoint);
/* Keeps the whole outbox within its size. */
void vane_webhook_limit_size(struct vane_webhook_plugin *plugin);
/* Says now what was dropped and is not yet said. */
void vane_endpoint_tell_drops(struct vane_webhook_endpoint *endpoint);

/* ---- clock-set.c: when the wall clock is set ---- */

/* To be called before anything is decided by the time. */
void vane_webhook_mind_clock(struct vane_webhook_plugin *plugin);
/* The time of a message that was read from the outbox, with what is not yet noted there. */
int64_t vane_endpoint_read_time(const struct vane_webhook_endpoint *endpoint, uint64_t position,
                                int64_t time_ns);
/* So much of it is noted. */
void vane_endpoint_moved(struct vane_webhook_endpoint *endpoint, int64_t ns);

/* ---- message.c ---- */

void vane_message_clear(struct vane_webhook_plugin *plugin, struct vane_webhook_message *message);
/* The event's id; NULL: it is no event. */
const char *vane_message_id(const struct vane_webhook_plugin *plugin,
                            struct vane_webhook_message *message);
/* To be freed with g_free(). */
char *vane_message_topic(const struct vane_webhook_plugin *plugin,
                         const struct vane_webhook_message *message);

/* ---- cuts.c: what makes a batch ---- */

GArray *vane_cuts_new(void);
/* Ends batches that have all they may have, a few ahead of what is sent. */
void vane_cuts_make(struct vane_webhook_endpoint *endpoint);
/* The last message of the next request, if that can be made now. Else a timer may have been set. */
bool vane_cuts_next(struct vane_webhook_endpoint *endpoint, uint64_t *last);
/* Ends the batch at the head with an earlier message. */
void vane_cuts_shorten(struct vane_webhook_endpoint *endpoint, uint64_t last);
/* Forgets those up to a position. */
void vane_cuts_advance(struct vane_webhook_endpoint *endpoint, uint64_t position);
/* Cuts that were made for other options stay as long as no batch is longer than allowed. */
void vane_cuts_check(struct vane_webhook_endpoint *endpoint);
/* Some are not yet in the outbox. */
bool vane_cuts_new_ones(const struct vane_webhook_endpoint *endpoint);
void vane_cuts_stored(struct vane_webhook_endpoint *endpoint, uint64_t position);

/* ---- deliver.c: one delivery after the other ---- */

/* Begins what can begin, or a timer for it. To be called whenever something has changed. */
void vane_endpoint_pump(struct vane_webhook_endpoint *endpoint);
/* Sends at once, whatever the schedule says. */
void vane_endpoint_hurry(struct vane_webhook_endpoint *endpoint);
/* Sets the endpoint's one timer. */
void vane_endpoint_wait(struct vane_webhook_endpoint *endpoint, int64_t ns);
/* What was told of the gate is for another URL. */
void vane_endpoint_ask_again(struct vane_webhook_endpoint *endpoint);
void vane_endpoint_forget_sending(struct vane_webhook_endpoint *endpoint);

/* ---- request.c ---- */

/* Fills a transfer with events for an endpoint; `id` gets the webhook-id. -EBADMSG: one is none. */
int vane_endpoint_fill(struct vane_webhook_endpoint *endpoint,
                       const struct vane_webhook_text *events, size_t count,
                       struct vane_http_transfer *transfer, char **id);

/* ---- outcome.c: what follows from an answer ---- */

void vane_endpoint_answered(struct vane_webhook_endpoint *endpoint,
                            const struct vane_http_result *result);
/* Makes dead letters of what waits up to a position. */
void vane_endpoint_bury(struct vane_webhook_endpoint *endpoint, uint64_t last, const char *reason);
/* A result in words: "status 500", or what went wrong. */
void vane_result_words(const struct vane_http_result *result, char *words, size_t size);

/* ---- intake.c: from the bus to the outbox ---- */

/* From the events still kept of this process that were not seen, or from the next one. */
int vane_webhook_intake_start(struct vane_webhook_plugin *plugin, bool past);
void vane_webhook_intake_stop(struct vane_webhook_plugin *plugin);
/* There is room again. */
void vane_webhook_intake_resume(struct vane_webhook_plugin *plugin);

/* ---- jobs.c: the one job at a time ---- */

void vane_webhook_jobs_init(struct vane_webhook_plugin *plugin);
void vane_webhook_jobs_release(struct vane_webhook_plugin *plugin);
/* Starts a job if there is something to do, now or when the commit interval is over. */
void vane_webhook_kick(struct vane_webhook_plugin *plugin);
/* (job-body.c) On the pool. (job-ended.c) On the loop, afterwards. */
void vane_webhook_job_body(void *plugin);
void vane_webhook_job_finished(void *plugin);
/* (webhook.c) Opens the outbox and takes events, if there is somebody to send them to: from now on,
 * or from the first one. */
int vane_webhook_wake(struct vane_webhook_plugin *plugin, bool past);
/* (webhook.c) The outbox is closed. */
void vane_webhook_closed(struct vane_webhook_plugin *plugin);

/* ---- opening.c: what the outbox knew meets what is configured ---- */

void vane_webhook_opened(struct vane_webhook_plugin *plugin);
/* Gives an endpoint the number that it has in the outbox, or a new one. */
void vane_webhook_adopt(struct vane_webhook_plugin *plugin, struct vane_webhook_endpoint *endpoint);

/* ---- reloading.c ---- */

int vane_webhook_reload(struct vane_webhook_plugin *plugin);

/* ---- rereading.c ---- */

int vane_webhook_rereading_start(struct vane_webhook_plugin *plugin);
void vane_webhook_rereading_stop(struct vane_webhook_plugin *plugin);

/* ---- own-keys.c ---- */

/* Reads or makes the keys to sign with, once. A failure is in the log. */
int vane_webhook_need_keys(struct vane_webhook_plugin *plugin);
int vane_webhook_key_commands_add(struct vane_webhook_plugin *plugin);

/* ---- report.c: log lines and events ---- */

/* Of each event that is under way, but those that a limit has taken. */
void vane_report_delivered(struct vane_webhook_endpoint *endpoint,
                           const struct vane_http_result *result);
void vane_report_failed(struct vane_webhook_endpoint *endpoint, const char *reason,
                        int64_t retry_ms);
void vane_report_patience(struct vane_webhook_endpoint *endpoint, const char *reason,
                          int64_t retry_ms);
/* What is under way was delivered after attempts that had failed; before it is taken off. */
void vane_report_works_again(struct vane_webhook_endpoint *endpoint);
void vane_report_exhausted(struct vane_webhook_endpoint *endpoint,
                           struct vane_webhook_message *message, const char *reason);
/* One line for all that became dead letters together. */
void vane_report_buried(struct vane_webhook_endpoint *endpoint, uint64_t count,
                        const char *first_id, const char *reason);
void vane_report_halved(struct vane_webhook_endpoint *endpoint, unsigned count);
void vane_report_dropped(struct vane_webhook_plugin *plugin, const char *endpoint,
                         const char *reason, uint64_t count);
/* `words` go on after the endpoint's name. */
void vane_report_state(struct vane_webhook_endpoint *endpoint, const char *topic,
                       const char *reason, const char *words);
void vane_report_outbox_failed(struct vane_webhook_plugin *plugin);
void vane_report_outbox_recovered(struct vane_webhook_plugin *plugin);
void vane_report_outbox_damaged(struct vane_webhook_plugin *plugin);

/* ---- service.c ---- */

extern const struct vane_webhook vane_webhook_table;
/* Sets the URL of the default endpoint; empty: none. -EINVAL with `why`. */
int vane_webhook_set_url(struct vane_webhook_plugin *plugin, const char *url, const char **why);

/* ---- commands.c, letter-commands.c, testing.c ---- */

int vane_webhook_commands_add(struct vane_webhook_plugin *plugin);
int vane_webhook_letter_commands_add(struct vane_webhook_plugin *plugin);
int vane_webhook_test_commands_add(struct vane_webhook_plugin *plugin);
void vane_webhook_commands_remove(struct vane_webhook_plugin *plugin);
int vane_webhook_command_add(struct vane_webhook_plugin *plugin, const char *syntax,
                             const char *help, uint32_t flags,
                             int (*run)(void *user, struct vane_request *request),
                             const struct vane_command_column *columns, uint32_t column_count);
/* The endpoint that was named; NULL, and the request is answered: there is none. */
struct vane_webhook_endpoint *vane_webhook_named(struct vane_webhook_plugin *plugin,
                                                 struct vane_request *request);
/* The job has an answer. */
void vane_webhook_question_answer(struct vane_webhook_plugin *plugin,
                                  struct vane_webhook_question *question);
void vane_webhook_question_free(struct vane_webhook_question *question);
void vane_webhook_tests_end(struct vane_webhook_plugin *plugin);

/* CLOCK_REALTIME in nanoseconds. */
int64_t vane_webhook_now(void);

#endif
