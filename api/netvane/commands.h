/*
 * Commands: what operators type. Declared once, they appear in the shell, the one-shot CLI, on
 * D-Bus and wherever else commands are carried.
 *
 * Syntax, one string: keywords in lower case, parameters in UPPER CASE or typed, alternatives in
 * <a|b>, optional parts in [..]:
 *
 *     show bgp neighbors <A.B.C.D|X:X:X::X|all> [detail]
 *
 * Typed parameters: A.B.C.D  A.B.C.D/M  X:X:X::X  X:X:X::X/M  (1-4094). `NAME...` takes the rest.
 */
#ifndef NETVANE_COMMANDS_H
#define NETVANE_COMMANDS_H

#include <netvane/abi.h>
#include <netvane/fields.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vane_command_handle; /* opaque: a registered command */
struct vane_request;        /* opaque: one execution */
struct vane_completion;     /* opaque: one question for completions */

/* Flags of a command. Since 1.0. */
#define VANE_COMMAND_PRIVILEGED 1u /* root and group netvane only */
#define VANE_COMMAND_CHANGES    2u /* a change: privileged, and the host asks the gate */

/* For `privileged` of execute(): one on another machine, whose doing the configuration allows. The
 * gate is then asked with VANE_ACCESS_GRANTED. Since 1.1. */
#define VANE_COMMAND_GRANTED 2u

/* Help for one word of the syntax. */
struct vane_command_word {
    const char *word; /* as in the syntax: "neighbors", "A.B.C.D" */
    const char *help; /* a few words */
};

/* A column of the table that shows the result. */
struct vane_command_column {
    const char *title;
    const char *member; /* of each object in the result; "a.b" goes into nested objects */
};

struct vane_command {
    uint32_t size;  /* sizeof(struct vane_command) */
    uint32_t flags; /* VANE_COMMAND_... */
    const char *syntax;
    const char *help; /* one sentence: what the whole command does */
    const struct vane_command_word *words;
    uint32_t word_size;
    uint32_t word_count;
    const struct vane_command_column *columns; /* none: the result is shown as indented members */
    uint32_t column_size;
    uint32_t column_count;
    /*
     * Runs it. Returns 0 after reply() or fail(); -EINPROGRESS when one of them will follow
     * (within 30 s, else the host answers for it); or another negative errno, which the host
     * words. The request is valid until reply() or fail() was called, and one of them must be,
     * also when the host has answered meanwhile: -ETIMEDOUT then tells so.
     */
    int (*run)(void *user, struct vane_request *request);
    /*
     * Offers values for a parameter (as named in the syntax) with commands->offer(). At once, no
     * waiting. NULL: none.
     */
    void (*complete)(void *user, const char *parameter, struct vane_completion *completion);
    void *user;
};

struct vane_commands {
    uint32_t size, version;

    /*
     * Registers a command. Errors: -EINVAL (syntax, with a message in the log), -EEXIST (the same
     * syntax is there already). `handle` may be NULL. Since 1.0.
     */
    int (*add)(struct vane_self *self, const struct vane_command *command,
               struct vane_command_handle **handle);

    /* Takes a command back. Since 1.0. */
    int (*remove)(struct vane_self *self, struct vane_command_handle *handle);

    /* The value that was typed for a parameter, or for a keyword itself; NULL: not given. For
     * `NAME...` the words joined with one space. Since 1.0. */
    const char *(*argument)(const struct vane_request *request, const char *name);

    /* Who asks: a uid, or -1 when it comes from another machine. Since 1.0. */
    int64_t (*uid)(const struct vane_request *request);

    /* 1 when the asker may change things (root or group netvane), else 0. Since 1.0. */
    int (*privileged)(const struct vane_request *request);

    /* Keeps a pointer of the plugin with the request, and gives it back. Since 1.0. */
    void (*set_data)(struct vane_request *request, void *data);
    void *(*data)(const struct vane_request *request);

    /*
     * Answers with JSON text: an array of objects for a table, or an object. -EINVAL when it is
     * not JSON; the request is then answered with an error. Since 1.0.
     */
    int (*reply)(struct vane_request *request, const char *json, size_t length);

    /* Answers with an error: a negative errno and one sentence. Since 1.0. */
    int (*fail)(struct vane_request *request, int error, const char *message);

    /* Offers one value for the word being completed; others than those that begin with what was
     * typed are dropped by the host. `help` may be NULL. Since 1.0. */
    int (*offer)(struct vane_completion *completion, const char *value, const char *help);

    /*
     * Executes a command for somebody: `uid` as SO_PEERCRED gave it, or -1 for one on another
     * machine, who then passes the gate as remote with `facts`. `done` is called once, maybe
     * before this returns, with 0 and {"command","columns","result"} or a negative errno and one
     * sentence. -EINVAL: no words. Since 1.0.
     */
    int (*execute)(struct vane_self *self, const char *const *words, uint32_t count, int64_t uid,
                   uint32_t privileged, const struct vane_fields *facts,
                   void (*done)(void *user, int error, const char *text, size_t length),
                   void *user);

    /*
     * What could stand in the place of the last of `words` (which may be empty or begun), one call
     * of `each` a possibility, in order. The word "<cr>" means that the line may end there.
     * Since 1.0.
     */
    int (*suggest)(struct vane_self *self, const char *const *words, uint32_t count,
                   uint32_t privileged,
                   void (*each)(void *user, const char *word, const char *help), void *user);
};

#ifdef __cplusplus
}
#endif

#endif
