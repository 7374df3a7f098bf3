/*
 * The commands there are, and their execution: match, privilege, gate, run, answer. Plugins reach
 * it through vane_commands_table; the control server and the built-in commands directly.
 */
#ifndef NETVANE_ENGINE_COMMANDS_REGISTRY_H
#define NETVANE_ENGINE_COMMANDS_REGISTRY_H

#include <errno.h>
#include <stdbool.h>

#include <netvane/commands.h>
#include <netvane/gate.h>

struct vane_command_registry;
struct vane_engine;

/* What execute() reports for words that are no command; nothing else is reported with these. */
#define VANE_COMMAND_UNKNOWN    (-EBADRQC)
#define VANE_COMMAND_INCOMPLETE (-ENODATA)
#define VANE_COMMAND_AMBIGUOUS  (-ENOTUNIQ)

static inline bool vane_command_not_one(int error)
{
    return error == VANE_COMMAND_UNKNOWN || error == VANE_COMMAND_INCOMPLETE ||
           error == VANE_COMMAND_AMBIGUOUS;
}

/* How long a handler may take before the host answers for it. */
#define VANE_COMMAND_DEADLINE_MS 30000u

int vane_command_registry_new(struct vane_engine *engine, struct vane_command_registry **registry);

/* Answers what is still open with an error. Its uv handle closes on the loop's next turns. */
void vane_command_registry_free(struct vane_command_registry *registry);

/* Has the registry g_free() something when it is freed itself. */
void vane_command_registry_keep(struct vane_command_registry *registry, void *memory);

/* For tests that do not want to wait so long. */
void vane_command_registry_set_deadline(struct vane_command_registry *registry,
                                        uint64_t deadline_ms);

/*
 * Who decides about commands that change something (action "command.execute"; facts command, uid,
 * origin and the asker's). Returns 1 for allowed, 0 or a negative errno for denied. Without one the
 * default of netvane/gate.h holds.
 */
void vane_command_registry_set_gate(struct vane_command_registry *registry,
                                    int (*check)(void *user, const struct vane_self *asker,
                                                 const struct vane_gate_request *request,
                                                 struct vane_verdict *verdict),
                                    void *user);

/* `owner` NULL: the engine's own. Errors as in netvane/commands.h. */
int vane_command_add(struct vane_command_registry *registry, struct vane_self *owner,
                     const struct vane_command *command, struct vane_command_handle **handle);

/* Open requests are answered with an error. */
void vane_command_remove(struct vane_command_handle *handle);

/* Who asks. */
struct vane_asker {
    int64_t uid; /* -1: on another machine */
    bool privileged;
    const struct vane_fields *facts; /* more for the gate; may be NULL */
    bool granted;                    /* on another machine, and the configuration allows it */
};

/* `error` 0: `text` is the envelope {"command","columns","note","result"}; else one sentence. */
typedef void (*vane_command_done)(void *user, int error, const char *text, size_t length);

/*
 * Calls `done` once, maybe before it returns. `request` (may be NULL) then is NULL, else what
 * vane_request_abandon() takes until `done` was called. -EINVAL: no words.
 */
int vane_command_execute(struct vane_command_registry *registry, const char *const *words,
                         uint32_t count, const struct vane_asker *asker, vane_command_done done,
                         void *user, struct vane_request **request);

/* Nobody waits any more: `done` will not be called. The handler still ends as it likes. */
void vane_request_abandon(struct vane_request *request);

/* The same as reply() for text that the engine itself wrote. */
int vane_request_reply_trusted(struct vane_request *request, const char *json, size_t length);

/* A formatted fail(). */
int vane_request_failf(struct vane_request *request, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One sentence that goes with the answer, as that it is not complete. */
void vane_request_note(struct vane_request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct vane_engine *vane_request_engine(const struct vane_request *request);

/* What a suggested word is. */
enum vane_suggestion_kind {
    VANE_SUGGEST_KEYWORD,
    VANE_SUGGEST_PARAMETER, /* stands for a value: "NAME", "(1-4094)" */
    VANE_SUGGEST_VALUE,     /* one that a handler offered for the parameter before it */
    VANE_SUGGEST_END,       /* "<cr>" */
};

typedef void (*vane_suggest_each)(void *user, enum vane_suggestion_kind kind, const char *word,
                                  const char *help);

/*
 * What could stand in the place of the last word, in order. Commands that need privilege are left
 * out for who has none. VANE_COMMAND_UNKNOWN or _AMBIGUOUS: the words before it are no beginning
 * of a command.
 */
int vane_command_suggest(struct vane_command_registry *registry, const char *const *words,
                         uint32_t count, bool privileged, vane_suggest_each each, void *user);

/* Why that is so, in one sentence; to be freed. */
char *vane_command_suggest_explain(struct vane_command_registry *registry, const char *const *words,
                                   uint32_t count, bool privileged);

extern const struct vane_commands vane_commands_table;

#endif
