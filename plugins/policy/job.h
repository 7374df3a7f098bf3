/* A job, which jobs.c queues, and job-run.c or job-link.c does. */
#ifndef NETVANE_POLICY_JOB_H
#define NETVANE_POLICY_JOB_H

#include "plugins/policy/policy.h"

struct vane_policy_job {
    struct vane_policy_plugin *plugin;
    uint16_t network_id;
    char rule[VANE_POLICY_NAME_MAX + 1];
    const struct vane_event *cause; /* a reference, or NULL */
    unsigned depth;                 /* of the events that come of it */
    char *path, *interface;         /* of the link; of the event, when a program is to be run */
    GPtrArray *arguments;           /* of run: char *, ends with NULL */
    uint64_t timeout_ms;
    struct vane_link_change change;
    const char *change_word;
    GList link; /* in `active` while it is being done */
    struct vane_child *child;
};

/* ---- jobs.c ---- */

/* For what is asked about now. */
struct vane_policy_job *vane_policy_job_new(struct vane_policy_runner *runner,
                                            const struct vane_policy_rule *rule);
void vane_policy_job_free(struct vane_policy_job *job);
/* Queues it; one too many is dropped and counted. */
void vane_policy_job_push(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                          struct vane_policy_job *job);
/* It is being done from now on, until it has ended: then it is freed. */
void vane_policy_job_begin(struct vane_policy_job *job);
void vane_policy_job_end(struct vane_policy_job *job);
void vane_policy_job_complain(const struct vane_policy_job *job, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Asks the gate; a denial is complained about. */
bool vane_policy_job_permitted(const struct vane_policy_job *job, const char *action,
                               const struct vane_fields *facts);
/* The interface that the event is about, to be freed; NULL: it is about none. */
char *vane_policy_job_interface(const struct vane_policy_plugin *plugin);

/* ---- job-run.c, job-link.c ---- */

/* False: it is not done, and was complained about. */
bool vane_policy_job_start(struct vane_policy_job *job);
bool vane_policy_job_change(struct vane_policy_job *job);

#endif
