/*
 * The policy plugin's state, and how its parts hang together. A runner holds the policy of one
 * network; that of network 0, this machine, is asked whenever somebody asks the gate, and hears of
 * events. What rules are and what they say is lib/policy's; here they are kept, and what they
 * want is done.
 */
#ifndef NETVANE_POLICY_POLICY_H
#define NETVANE_POLICY_POLICY_H

#include <stdbool.h>

#include <glib.h>

#include <netvane/host.h>
#include <netvane/plugin.h>
#include <netvane/services/policy.h>

#include "lib/policy/state.h"

#define VANE_POLICY_COMMANDS  8
#define VANE_POLICY_DECISIONS 256u /* remembered, for those who ask why */
#define VANE_POLICY_MADE      256u
#define VANE_POLICY_DEPTH     8u /* of events that rules make because of events that rules made */

/* One answer of the gate, as JSON that lib/policy/example.h reads. */
struct vane_policy_decision {
    char *text;
    size_t room;
    char cause[48]; /* the id of the event that led to it */
    char rule[VANE_POLICY_NAME_MAX + 1];
    bool allowed;
};

struct vane_policy_made {
    uint64_t seq;
    unsigned depth;
};

struct vane_policy_counters {
    uint64_t allowed, denied, would_deny;
    uint64_t unanswered; /* no rule decided, and the policy has no default */
    uint64_t failed_actions, dropped_actions;
};

struct vane_policy_plugin;

/* The policy of one network. */
struct vane_policy_runner {
    struct vane_policy_plugin *plugin;
    uint16_t network_id;
    struct vane_policy_state *state;
    struct vane_timer *cycle;
    uint64_t cycles;
    char *origin;       /* the file it was read from; NULL: a service or a command gave it */
    char *said;         /* by status() or peer_list() last */
    int64_t since_ns;   /* since 1970 */
    GHashTable *warned; /* what was logged once: rule names */
    struct vane_policy_counters counters;
};

struct vane_policy_plugin {
    struct vane_self *self;
    const struct vane_host *host;
    bool dry_run;
    bool keeps;           /* the gate */
    const char *document; /* of network 0; NULL: none configured */
    GPtrArray *runners;   /* by network_id */
    struct vane_service *service;
    struct vane_command_handle *commands[VANE_POLICY_COMMANDS];
    struct vane_subscription *reloads, *events;
    char *patterns; /* that `events` is for */

    struct vane_policy_decision *decisions; /* VANE_POLICY_DECISIONS; NULL: none yet */
    uint64_t decided;
    int64_t told_since; /* g_get_monotonic_time(): since then ... */
    unsigned told;      /* ... so many would-be denials at ports were events */

    /* The last events that rules have published, to notice rules that answer each other. */
    struct vane_policy_made *made; /* VANE_POLICY_MADE; NULL: none yet */
    unsigned made_count;

    /* What is done for, while rules are asked. */
    struct vane_policy_runner *asked;
    const struct vane_event *cause;
    unsigned depth; /* how many policies' events led to this one */

    GQueue jobs;   /* struct vane_policy_job: run and link, which ask the gate themselves */
    GQueue active; /* the same: those that are being done */
    bool posted, stopping;
};

/* ---- options.c ---- */

#define VANE_POLICY_OPTION_COUNT 2
extern const struct vane_option vane_policy_option_table[VANE_POLICY_OPTION_COUNT];
void vane_policy_options_read(struct vane_policy_plugin *plugin);

/* ---- runner.c: networks and their policies ---- */

struct vane_policy_runner *vane_policy_runner_find(const struct vane_policy_plugin *plugin,
                                                   uint16_t network_id);

/* Puts a document in force in one step, and keeps it. What is wrong with it is in `problems`, to
 * be cleared; -EINVAL: the old one stays. `origin` may be NULL. */
int vane_policy_runner_start(struct vane_policy_plugin *plugin, uint16_t network_id,
                             const char *text, size_t length, const char *origin,
                             struct vane_policy_problems *problems,
                             struct vane_policy_runner **runner);
/* Ends a policy; `forget`: also the kept document. */
void vane_policy_runner_stop(struct vane_policy_runner *runner, bool forget);

/* ---- document.c: the operator's file, and the kept ones ---- */

/* The Document= of network 0, if it has changed. Everything wrong is logged, and in `*why`, to be
 * freed. 0; -ENOENT; or an error, and what was in force stays. */
int vane_policy_document_read(struct vane_policy_plugin *plugin, char **why);
/* All that were kept. Returns how many run now; broken ones are told and left. */
int vane_policy_documents_load(struct vane_policy_plugin *plugin);
int vane_policy_document_keep(struct vane_policy_plugin *plugin, uint16_t network_id,
                              const char *text, size_t length, bool operators);
void vane_policy_document_forget(struct vane_policy_plugin *plugin, uint16_t network_id,
                                 bool operators);
/* The last good one of the operator's, for when the present one is none. */
void vane_policy_document_restore(struct vane_policy_plugin *plugin);
/* Reads a file that must be trusted. On failure `*why` says so, to be freed. */
int vane_policy_file_read(const char *path, char **text, size_t *length, char **why);
/* All that is wrong with it in one text, to be freed; or, if nothing is, the error. */
char *vane_policy_problems_text(const char *file, int error,
                                const struct vane_policy_problems *problems);
/* Logs what is wrong with a document, at most twenty lines of it. */
void vane_policy_problems_log(struct vane_policy_plugin *plugin, const char *file,
                              const struct vane_policy_problems *problems);

/* ---- ask.c: rules are asked ---- */

int vane_policy_decide(void *user, const char *asker, const struct vane_gate_request *request,
                       struct vane_verdict *verdict);
int vane_policy_on_event(void *user, const struct vane_event *event);
/* A question with fields for facts. Returns 1, 0; -ENODATA: nothing decides. */
int vane_policy_ask(struct vane_policy_runner *runner, const char *subject, bool gate,
                    const struct vane_fields *facts, struct vane_policy_outcome *outcome);
/* listen.c: becomes the gatekeeper; -EEXIST when another plugin is. */
int vane_policy_take_gate(struct vane_policy_plugin *plugin);
/* Leaves the gate when there is no policy, subscribes to what some rule is about, starts and stops
 * cycles. After each change of what is in force. */
void vane_policy_listen(struct vane_policy_plugin *plugin);

/* ---- decisions.c ---- */

/* An answer to a question that has a cause. */
void vane_policy_remember(struct vane_policy_plugin *plugin, const char *asker,
                          const struct vane_gate_request *request,
                          const struct vane_verdict *verdict);
void vane_policy_decisions_clear(struct vane_policy_plugin *plugin);

/* ---- facts.c ---- */

struct vane_cel_value vane_policy_field_value(const struct vane_field *field,
                                              struct vane_cel_scratch *room);
const struct vane_field *vane_policy_field_find(const struct vane_fields *fields, const char *name);

/* ---- actions.c: what rules want done ---- */

extern const struct vane_policy_hands vane_policy_hands;
void vane_policy_jobs_clear(struct vane_policy_plugin *plugin);
/* Ends what is being done. False: vane_policy_stopped() will be called when it has ended. */
bool vane_policy_jobs_end(struct vane_policy_plugin *plugin);
void vane_policy_stopped(struct vane_policy_plugin *plugin); /* (policy.c) */
/* An event that rules have made; `depth` is how many of such led to it, itself included. */
int vane_policy_publish(struct vane_policy_plugin *plugin, const char *topic,
                        const struct vane_fields *fields, const struct vane_event *cause,
                        unsigned depth);
/* True: rules answer each other, and this action, which would make an event, is left out. */
bool vane_policy_is_echo(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                         const char *what);
/* How deep the events of policies are that led to this one. */
unsigned vane_policy_depth_of(const struct vane_policy_plugin *plugin, uint64_t seq);
/* jobs.c */
struct vane_policy_job;
void vane_policy_job_run(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                         const struct vane_policy_action *action);
void vane_policy_job_link(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                          const struct vane_policy_action *action);
void vane_policy_action_failed(struct vane_policy_runner *runner,
                               const struct vane_policy_rule *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- service.c, commands.c, show.c ---- */

extern const struct vane_policy_manager vane_policy_manager_table;
int vane_policy_commands_add(struct vane_policy_plugin *plugin);
void vane_policy_commands_remove(struct vane_policy_plugin *plugin);
/* Answers with what was written, and clears it. */
int vane_policy_reply(const struct vane_policy_plugin *plugin, struct vane_request *request,
                      struct vane_json *json);
int vane_policy_show_rules(void *user, struct vane_request *request);
int vane_policy_show_status(void *user, struct vane_request *request);
void vane_policy_offer_rules(void *user, const char *parameter, struct vane_completion *completion);
void vane_policy_write_status(struct vane_json *json, const struct vane_policy_runner *runner);

/* ---- explain.c ---- */

int vane_policy_explain_command(void *user, struct vane_request *request);

#endif
