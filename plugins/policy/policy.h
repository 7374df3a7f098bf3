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
#include <netvane/services/cluster.h>
#include <netvane/services/policy.h>

#include "lib/policy/state.h"

#define VANE_POLICY_COMMANDS  11
#define VANE_POLICY_LOADINGS  64u  /* documents that wait to be read; further ones are refused */
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
    uint64_t outsiders;   /* denied at ports, as they are no members */
    uint64_t late_cycles; /* left out, as the one before was still under way */
};

struct vane_policy_plugin;
struct vane_policy_keeping;

/* The policy of one network. */
struct vane_policy_runner {
    struct vane_policy_plugin *plugin;
    uint16_t network_id;
    struct vane_policy_state *state;
    struct vane_policy_members *members; /* NULL: of this machine, or no cluster was ever there */
    uint64_t kept_revision;              /* of `members`, on the disk */
    struct vane_timer *cycle;
    uint64_t cycles;
    GPtrArray *walk; /* the NKeys that a cycle is asked for, one after the other; NULL: none is */
    guint walked;
    char *origin;       /* the file it was read from; NULL: a service or a command gave it */
    char *said;         /* by status() or peer_list() last */
    int64_t since_ns;   /* since 1970 */
    GHashTable *warned; /* what was logged once: rule names */
    struct vane_policy_counters counters;
};

/* A document on its way into force (loading.c). */
struct vane_policy_loading {
    struct vane_policy_plugin *plugin;
    uint16_t network_id;
    bool operators; /* Document=, or the last good one of it: it is kept apart from those loaded */
    char *path;     /* the file; NULL: `text` is the document */
    char *text;
    size_t length;
    void (*ended)(struct vane_policy_loading *loading); /* on the loop; may be NULL */
    void *user;

    int result; /* 0: it is in force */
    char *why;  /* the file cannot be read */
    struct vane_policy_problems problems;

    struct vane_policy *policy, *before;
    char *place; /* where it is kept */
    bool under_way, at_once, unchanged, unwanted;
};

struct vane_policy_settings {
    char *document; /* of network 0, its own copy; NULL: none configured */
    bool dry_run;
    int64_t grace_us; /* MemberGrace= */
};

struct vane_policy_plugin {
    struct vane_self *self;
    const struct vane_host *host;
    struct vane_policy_settings settings, next; /* `next`: of a reload that is under way */
    bool keeps;                                 /* the gate */
    bool starting;                              /* init() has not ended */
    int start_error;                            /* of Document= */
    unsigned reloading;                         /* the number of the last reload() */
    GQueue loadings;                            /* struct vane_policy_loading, in their order */
    GPtrArray *runners;                         /* by network_id */
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
    unsigned depth;         /* how many policies' events led to this one */
    const char *subject;    /* what the rules are asked about */
    unsigned members_asked; /* how many there were when they matched */

    /* The cluster, of which networks have members (membership.c). */
    struct vane_service_watch *cluster_watch;
    const struct vane_cluster_table *cluster; /* NULL: there is none now */
    void *cluster_provider;
    struct vane_subscription *nodes;
    struct vane_timer *look;
    int64_t look_us;    /* when it is due, by g_get_monotonic_time() */
    int64_t looked_us;  /* g_get_monotonic_time() of the last look */
    int64_t settled_us; /* from then on who was not heard has gone; 0: we hear nobody yet */
    bool walking;       /* a cycle goes on at the next turn of the loop */
    struct vane_policy_keeping *keeping; /* members are being written (keep.c); NULL: none are */

    GQueue jobs;   /* struct vane_policy_job: run and link, which ask the gate themselves */
    GQueue active; /* the same: those that are being done */
    bool posted, stopping;
};

/* ---- options.c ---- */

#define VANE_POLICY_OPTION_COUNT 3
extern const struct vane_option vane_policy_option_table[VANE_POLICY_OPTION_COUNT];
void vane_policy_options_read(const struct vane_policy_plugin *plugin,
                              struct vane_policy_settings *settings);

/* ---- runner.c: networks and their policies ---- */

struct vane_policy_runner *vane_policy_runner_find(const struct vane_policy_plugin *plugin,
                                                   uint16_t network_id);

/* Puts a policy in force in one step. `origin`: the operator's file that it is of, or NULL. */
void vane_policy_runner_put(struct vane_policy_plugin *plugin, uint16_t network_id,
                            struct vane_policy *policy, const char *origin);
/* A document was refused, for what is wrong with it. */
void vane_policy_tell_refused(struct vane_policy_plugin *plugin, uint16_t network_id,
                              const struct vane_policy_problems *problems);
/* Ends a policy; `forget`: also the kept document. */
void vane_policy_runner_stop(struct vane_policy_runner *runner, bool forget);

/* ---- document.c: the operator's file, and the kept ones ---- */

/* Reads the operator's document of network 0 and, if it has changed, puts it in force. */
void vane_policy_document_read(struct vane_policy_plugin *plugin, const char *path,
                               void (*ended)(struct vane_policy_loading *loading), void *user);
/* All that were kept, for networks without a policy; broken ones are told and left. `at_once`:
 * before this returns. */
void vane_policy_documents_load(struct vane_policy_plugin *plugin, bool at_once);
/* The last good one of the operator's, for when the present one is none. */
void vane_policy_document_restore(struct vane_policy_plugin *plugin);
/* Where one is kept, to be freed; NULL: there is no state directory. */
char *vane_policy_document_place(const struct vane_policy_plugin *plugin, uint16_t network_id,
                                 bool operators);
/* These two may be called on any thread. */
int vane_policy_document_keep(const char *place, const char *text, size_t length);
/* Reads a file that must be trusted. On failure `*why` says so, to be freed. */
int vane_policy_file_read(const char *path, char **text, size_t *length, char **why);
void vane_policy_document_forget(const struct vane_policy_plugin *plugin, uint16_t network_id,
                                 bool operators);
/* All that kept a document out of force in one text, to be freed. */
char *vane_policy_loading_text(const struct vane_policy_loading *loading);
/* Logs it, at most twenty lines of mistakes. */
void vane_policy_loading_log(struct vane_policy_loading *loading);

/* ---- loading.c: documents on their way into force ---- */

struct vane_policy_loading *vane_policy_loading_new(
    struct vane_policy_plugin *plugin, uint16_t network_id, const char *path,
    void (*ended)(struct vane_policy_loading *loading), void *user);
void vane_policy_loading_free(struct vane_policy_loading *loading);
/* Behind those before it; it is freed once it has ended. */
void vane_policy_loading_begin(struct vane_policy_loading *loading);
/* Before this returns; it stays the caller's. For short documents, of networks that none waits
 * for. */
int vane_policy_loading_do(struct vane_policy_loading *loading);
bool vane_policy_is_loading(const struct vane_policy_plugin *plugin, uint16_t network_id);
/* Those of a network (-1: all) end with -ECANCELED. */
void vane_policy_loadings_cancel(struct vane_policy_plugin *plugin, int network_id);
void vane_policy_started(struct vane_policy_plugin *plugin); /* all that were kept; (policy.c) */

/* ---- ask.c: rules are asked ---- */

int vane_policy_decide(void *user, const char *asker, const struct vane_gate_request *request,
                       struct vane_verdict *verdict);
int vane_policy_on_event(void *user, const struct vane_event *event);
/* Has the rules say what they have to, and do it. */
void vane_policy_run(struct vane_policy_runner *runner,
                     const struct vane_policy_occurrence *occurrence,
                     const struct vane_event *cause, unsigned depth,
                     struct vane_policy_outcome *outcome);
/* With DryRun=: somebody would have been denied. */
void vane_policy_tell_would_deny(struct vane_policy_runner *runner, const char *action,
                                 const char *asker, const char *rule, const char *reason,
                                 const struct vane_event *cause);
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
/* True: nothing is done any more that a stop must wait for. */
bool vane_policy_is_idle(const struct vane_policy_plugin *plugin);
/* How deep the events of policies are that led to this one. */
unsigned vane_policy_depth_of(const struct vane_policy_plugin *plugin, uint64_t seq);
/* job-run.c, job-link.c */
void vane_policy_job_run(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                         const struct vane_policy_action *action);
void vane_policy_job_link(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                          const struct vane_policy_action *action);
void vane_policy_action_failed(struct vane_policy_runner *runner,
                               const struct vane_policy_rule *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- membership.c: who is in a network, by what the cluster says ---- */

int vane_policy_membership_start(struct vane_policy_plugin *plugin);
void vane_policy_membership_stop(struct vane_policy_plugin *plugin);
/* A policy has come into force, or another one in its place: its rules on "join" are asked anew. */
void vane_policy_membership_begin(struct vane_policy_runner *runner);
/* Which networks' members matter has changed. */
void vane_policy_membership_listen(struct vane_policy_plugin *plugin);
/* Has all networks looked at in a while, at the latest. */
void vane_policy_look_later(struct vane_policy_plugin *plugin, int64_t delay_us);

/* ---- look.c ---- */

/* Looks who is there, now. */
void vane_policy_look(struct vane_policy_runner *runner);

/* ---- standing.c: what membership gives ---- */

/* At the gate: is it denied, as the peer is no member? The verdict then says so. */
bool vane_policy_is_outsider(struct vane_policy_runner *runner,
                             const struct vane_gate_request *request, struct vane_verdict *verdict);
bool vane_policy_has_member(const struct vane_policy_runner *runner, uint32_t peer_id);
/* The NKey that a question names; NULL: none. */
const char *vane_policy_nkey_of(const struct vane_fields *facts);
/* "connect", "dial" or "datagram" */
bool vane_policy_is_port(const char *action);
/* Is the peer of a question one of those that the network knows? */
bool vane_policy_knows(const struct vane_policy_runner *runner, const struct vane_fields *facts);
/* The networks that somebody is a member of, as a list. */
struct vane_cel_value vane_policy_networks_of(const struct vane_policy_plugin *plugin,
                                              const struct vane_fields *facts,
                                              struct vane_cel_scratch *room);
/* Why a peer is no member: one sentence. NULL stands for somebody who is not known. */
void vane_policy_why_outside(const struct vane_policy_runner *runner,
                             const struct vane_policy_peer *peer, char *text, size_t size);

/* ---- member-events.c ---- */

void vane_policy_member_changed(void *user, const struct vane_policy_peer *peer,
                                enum vane_policy_turn turn,
                                const struct vane_policy_because *because);

/* ---- keep.c: members over restarts ---- */

bool vane_policy_members_are_kept(const struct vane_policy_runner *runner);
/* What was kept of a network, into members that are empty. */
void vane_policy_members_load(struct vane_policy_runner *runner);
/* Writes what has changed, on a thread of the pool. */
void vane_policy_members_keep(struct vane_policy_plugin *plugin);
/* The same, before this returns. */
void vane_policy_members_keep_now(struct vane_policy_runner *runner);
void vane_policy_members_unlink(struct vane_policy_runner *runner);

/* ---- cycle.c ---- */

/* Asks the rules on "cycle": those about one peer for each member, then the others; with many
 * members this goes on in the next turns of the loop. False: one is under way. */
bool vane_policy_cycle(struct vane_policy_runner *runner);
void vane_policy_cycle_end(struct vane_policy_runner *runner);

/* ---- member-commands.c, show-members.c ---- */

int vane_policy_show_members(void *user, struct vane_request *request);
void vane_policy_write_members(struct vane_json *json, const struct vane_policy_runner *runner);
int vane_policy_evict_command(void *user, struct vane_request *request);
int vane_policy_readmit_command(void *user, struct vane_request *request);
void vane_policy_offer_peers(void *user, const char *parameter, struct vane_completion *completion);

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
/* "2026-01-31T12:00:00.000Z", to be freed. */
char *vane_policy_format_time(int64_t ns);

/* ---- explain.c ---- */

int vane_policy_explain_command(void *user, struct vane_request *request);

#endif
