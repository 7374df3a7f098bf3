/*
 * The journal plugin's state, and how its parts hang together. Events come from the bus into
 * `pending`; a job on the host's thread pool writes a batch of them, or takes a step of a reading;
 * there is never more than one job, and `store` belongs to it while it runs.
 */
#ifndef NETVANE_JOURNAL_JOURNAL_H
#define NETVANE_JOURNAL_JOURNAL_H

#include <stdbool.h>

#include <glib.h>

#include <netvane/host.h>
#include <netvane/plugin.h>
#include <netvane/services/journal.h>

#include "plugins/journal/pending.h"
#include "plugins/journal/store-read.h"
#include "plugins/journal/store.h"

#define VANE_JOURNAL_COMMANDS 5

struct vane_journal_options {
    char *include, *exclude; /* patterns; exclude may be NULL */
    bool everything;         /* the include list is ">" alone */
    uint64_t commit_ms;
    struct vane_store_limits limits;
};

enum vane_journal_job {
    VANE_JOURNAL_IDLE,
    VANE_JOURNAL_WRITES,
    VANE_JOURNAL_READS,
    VANE_JOURNAL_PRUNES,
};

/* The one write job; its members belong to it while it runs. */
struct vane_journal_write {
    GArray *batch;   /* struct vane_pending_event: stays until it is written */
    GArray *entries; /* struct vane_store_entry, of the batch */
    struct vane_store_limits limits;
    uint64_t newest_seq;
    bool last;   /* write, and close the file for good */
    bool stored; /* the batch is in the file, whatever came after */
    int result;
    bool more; /* to be removed, for the limits */
    struct vane_store_facts facts;
};

struct vane_journal_prune {
    struct vane_request *request; /* who waits for the answer; NULL: none wanted */
    int64_t before_ns;
    uint64_t removed;
    int result;
    struct vane_store_facts facts;
};

struct vane_journal_plugin {
    struct vane_self *self;
    const struct vane_host *host;
    struct vane_journal_options options;
    struct vane_subscription *subscription;
    struct vane_service *service;
    struct vane_command_handle *commands[VANE_JOURNAL_COMMANDS];
    const char *epoch;

    struct vane_pending pending;
    struct vane_store store;
    enum vane_journal_job job;
    bool readers_turn;
    struct vane_journal_write write;
    struct vane_journal_prune prune;
    struct vane_journal_reading *reading; /* the one whose step is the job */
    GQueue readings;                      /* struct vane_journal_reading */

    struct vane_timer *commit_timer; /* runs while something is pending */
    struct vane_timer *retry_timer;  /* runs while writing does not work */
    struct vane_timer *expiry_timer; /* runs until the oldest event is too old */
    uint64_t flush_to;               /* of pending.pushed: write up to here without waiting */
    uint64_t retry_ms;
    bool opened;  /* the file was open once */
    bool more;    /* the limits want another job */
    bool closing; /* shutdown: what is there is written, then the file is closed */
    bool closed;
    uint64_t stop_seq; /* closing: the last event that is waited for */

    uint64_t seen_seq;
    uint64_t written;
    uint64_t announced_damage;
    bool failing;
    int last_error;
    char last_error_text[320];
    int64_t last_error_ns;
    struct vane_store_facts facts; /* after the last job */
};

/* ---- options.c ---- */

#define VANE_JOURNAL_OPTION_COUNT 5
extern const struct vane_option vane_journal_option_table[VANE_JOURNAL_OPTION_COUNT];

/* Reads the checked configuration. -EINVAL (with a log line): a pattern that is none. */
int vane_journal_options_read(struct vane_journal_plugin *journal);
void vane_journal_options_clear(struct vane_journal_options *options);

/* Is an event of this topic kept? */
bool vane_journal_keeps(const struct vane_journal_plugin *journal, const char *topic);

/* ---- intake.c: from the bus into `pending` ---- */

int vane_journal_intake_start(struct vane_journal_plugin *journal);
void vane_journal_intake_stop(struct vane_journal_plugin *journal);

/* ---- jobs.c: what runs next on the thread pool ---- */

/* Starts the next job if none runs. To be called whenever something has changed. */
void vane_journal_kick(struct vane_journal_plugin *journal);

/* An event has come into `pending`. */
void vane_journal_arrived(struct vane_journal_plugin *journal);

/* Everything that is pending now is to be written without waiting for more. */
void vane_journal_flush(struct vane_journal_plugin *journal);

/* Events that wait, or are being written. */
uint64_t vane_journal_waiting(const struct vane_journal_plugin *journal);

/* How many of all that ever came into `pending` are written or dropped. */
uint64_t vane_journal_settled(const struct vane_journal_plugin *journal);

/* The job has ended: the next one, and the timers. */
void vane_journal_job_ended(struct vane_journal_plugin *journal);

/* Shutdown: what is there is written, then closed() is called. */
void vane_journal_close(struct vane_journal_plugin *journal);
/* (journal.c) The file is closed. */
void vane_journal_closed(void *user);

/* ---- writing.c: the write job ---- */

bool vane_journal_write_start(struct vane_journal_plugin *journal);
void vane_journal_write_release(struct vane_journal_plugin *journal);

/* ---- pruning.c: the job of "journal prune", and the timer for what gets too old ---- */

bool vane_journal_prune_start(struct vane_journal_plugin *journal);
void vane_journal_expiry_schedule(struct vane_journal_plugin *journal);

/* ---- health.c: what is said, once, about a file that cannot be written ---- */

void vane_journal_failed(struct vane_journal_plugin *journal, int error, const char *detail);
void vane_journal_worked(struct vane_journal_plugin *journal);
/* Says what happened to the file itself: set aside, damaged records. After each job. */
void vane_journal_tell_damage(struct vane_journal_plugin *journal);

/* ---- service.c ---- */

extern const struct vane_journal vane_journal_table;

/* ---- readings.c: questions under way ---- */

/* Has those flush that see only now all that was published before them. */
void vane_journal_readings_mark(struct vane_journal_plugin *journal);

/* Starts the next step of a reading that can go on; false: there is none. */
bool vane_journal_read_start(struct vane_journal_plugin *journal);
/* Ends all of them with -ESHUTDOWN. */
void vane_journal_readings_end(struct vane_journal_plugin *journal);

/* ---- times.c ---- */

/*
 * A point in time as people write it: "2h" (ago), "now", "@1700000000", "2026-01-31",
 * "2026-01-31T12:00:00Z" (without a zone: local time), as nanoseconds since 1970. -EINVAL.
 */
int vane_journal_parse_time(const char *text, int64_t now_ns, int64_t *time_ns);

/* RFC 3339 in UTC, to be freed with g_free(). */
char *vane_journal_format_time(int64_t time_ns);

/* ---- commands.c and query-commands.c ---- */

int vane_journal_commands_add(struct vane_journal_plugin *journal);
int vane_journal_query_commands_add(struct vane_journal_plugin *journal);
void vane_journal_commands_remove(struct vane_journal_plugin *journal);
/* Adds one command, and remembers it for the shutdown. */
int vane_journal_command_add(struct vane_journal_plugin *journal,
                             const struct vane_command *command);

/* CLOCK_REALTIME in nanoseconds. */
int64_t vane_journal_now(void);

#endif
