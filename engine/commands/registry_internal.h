/* What the parts of the registry share; nobody else includes this. */
#ifndef NETVANE_ENGINE_COMMANDS_REGISTRY_INTERNAL_H
#define NETVANE_ENGINE_COMMANDS_REGISTRY_INTERNAL_H

#include <glib.h>
#include <uv.h>

#include "engine/commands/match.h"
#include "engine/commands/registry.h"
#include "engine/engine.h"
#include "engine/ledger.h"

struct vane_command_registry {
    struct vane_engine *engine;
    GPtrArray *commands; /* struct vane_command_handle * */
    GPtrArray *grammars; /* theirs, in the same order: the set that match.h takes */
    GQueue requests;     /* struct vane_request *, unanswered and answered, oldest first */
    uv_timer_t timer;    /* the deadline of the oldest unanswered one */
    uint64_t deadline_ms;
    int (*gate_check)(void *user, const struct vane_self *asker,
                      const struct vane_gate_request *request, struct vane_verdict *verdict);
    void *gate_user;
    void *kept; /* the state of the built-in commands */
};

/* A registered command. Requests hold references: one may outlive its removal. */
struct vane_command_handle {
    struct vane_ledger_entry entry;
    struct vane_command_registry *registry; /* NULL: removed */
    struct vane_self *owner;
    struct vane_grammar *grammar;
    GHashTable *words;           /* word: help */
    GArray *columns;             /* struct vane_command_column with strings of its own */
    struct vane_command command; /* flags, help, run, complete, user; its other members are unset */
    unsigned refs;
};

/* One execution. Answered once; freed when the handler, too, has no more use for it. */
struct vane_request {
    struct vane_ledger_entry entry;
    struct vane_command_registry *registry;
    struct vane_command_handle *command;
    GList link;            /* in registry->requests */
    GHashTable *arguments; /* name: value */
    char *line;            /* keywords written out */
    char *note;            /* of the answer; NULL: none */
    struct vane_asker asker;
    void *data;
    uint64_t deadline; /* uv_now() */
    vane_command_done done;
    void *done_user;
    bool answered;
    bool running;  /* within run() */
    bool finished; /* the handler has answered, in time or not */
};

struct vane_command_handle *vane_command_ref(struct vane_command_handle *handle);
void vane_command_unref(struct vane_command_handle *handle);

static inline const char *vane_owner_name(const struct vane_self *owner)
{
    return owner ? owner->name : "netvane";
}

struct vane_request *vane_request_new(struct vane_command_handle *command,
                                      const struct vane_match *match,
                                      const struct vane_asker *asker);
/* True: the request now belongs to the handler until it answers. False: it is freed. */
bool vane_request_run(struct vane_request *request);
int vane_request_reply(struct vane_request *request, const char *json, size_t length);
/* Answers with an error in the host's name; the handler may still answer, in vain. */
void vane_request_expire(struct vane_request *request, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void vane_request_free(struct vane_request *request);

int vane_completion_offer(struct vane_completion *completion, const char *value, const char *help);

/* execute() of the table: `done` is called on the caller's account. */
int vane_execution_start(struct vane_self *caller, const char *const *words, uint32_t count,
                         const struct vane_asker *asker, vane_command_done done, void *user);

/* 0, or a negative errno with a sentence for the asker. */
int vane_request_ask_gate(struct vane_request *request, char **why);

/* Arms the registry's timer for the oldest unanswered request. */
void vane_registry_schedule(struct vane_command_registry *registry);

/* {"command","columns","result"} around a result. */
char *vane_command_envelope(const struct vane_request *request, const char *result, size_t length,
                            size_t *total);

#endif
