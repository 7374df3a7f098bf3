/*
 * CEL, the Common Expression Language: an expression is compiled once, with the names that it may
 * use resolved to slots, and evaluated many times. A compiled program is immutable and may be used
 * by any number of threads; a scratch belongs to one thread at a time. docs/cel.md describes the
 * language.
 *
 * Evaluation has no effects, ends within its cost limit, and allocates only when a value must be
 * built (a joined string, a list) that does not fit the scratch.
 */
#ifndef NETVANE_LIB_CEL_CEL_H
#define NETVANE_LIB_CEL_CEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vane_cel_kind {
    VANE_CEL_ABSENT, /* nothing: all-zero. To use such a name is an error in evaluation */
    VANE_CEL_ERROR,
    VANE_CEL_NULL,
    VANE_CEL_BOOL,
    VANE_CEL_INT,
    VANE_CEL_UINT,
    VANE_CEL_DOUBLE,
    VANE_CEL_STRING, /* UTF-8, not NUL-terminated; may hold NUL */
    VANE_CEL_BYTES,
    VANE_CEL_LIST,
    VANE_CEL_MAP,
    VANE_CEL_TIMESTAMP, /* from year 1 to 9999 */
    VANE_CEL_DURATION,
    VANE_CEL_TYPE,     /* a type as a value; its name is `text` */
    VANE_CEL_NETWORK,  /* of cidr(): an address with a prefix length */
    VANE_CEL_OPTIONAL, /* one value, or none */
    VANE_CEL_DYN,      /* in declarations only: of any type */
};

struct vane_cel_entry;
struct vane_cel_network;

/* A value. What it points to is the maker's, and must outlive the evaluation that reads it. */
struct vane_cel_value {
    uint32_t kind; /* enum vane_cel_kind */
    union {
        uint32_t len;   /* bytes, elements, entries; of an optional 0 or 1 */
        uint32_t nanos; /* of a timestamp, added to `seconds` */
    };
    union {
        bool truth;
        int64_t integer;
        uint64_t natural;
        double real;
        const char *text;                      /* string, bytes, type */
        const struct vane_cel_value *elements; /* list, optional */
        const struct vane_cel_entry
            *entries;        /* map: keys differ, and are bool, int, uint, string */
        int64_t seconds;     /* timestamp: since 1970 */
        int64_t nanoseconds; /* duration */
        const struct vane_cel_network *network;
        const struct vane_cel_problem *problem; /* error */
    };
};

struct vane_cel_entry {
    struct vane_cel_value key, value;
};

/* Why evaluation failed, and at which part of the expression (in bytes from its start). */
struct vane_cel_problem {
    const char *message;
    uint32_t offset, length;
};

static inline struct vane_cel_value vane_cel_null(void)
{
    return (struct vane_cel_value){.kind = VANE_CEL_NULL};
}

static inline struct vane_cel_value vane_cel_bool(bool truth)
{
    return (struct vane_cel_value){.kind = VANE_CEL_BOOL, .integer = truth};
}

static inline struct vane_cel_value vane_cel_int(int64_t integer)
{
    return (struct vane_cel_value){.kind = VANE_CEL_INT, .integer = integer};
}

static inline struct vane_cel_value vane_cel_uint(uint64_t natural)
{
    return (struct vane_cel_value){.kind = VANE_CEL_UINT, .natural = natural};
}

static inline struct vane_cel_value vane_cel_double(double real)
{
    return (struct vane_cel_value){.kind = VANE_CEL_DOUBLE, .real = real};
}

static inline struct vane_cel_value vane_cel_string(const char *text, size_t len)
{
    return (struct vane_cel_value){.kind = VANE_CEL_STRING, .len = (uint32_t)len, .text = text};
}

static inline struct vane_cel_value vane_cel_bytes(const void *bytes, size_t len)
{
    return (struct vane_cel_value){.kind = VANE_CEL_BYTES, .len = (uint32_t)len, .text = bytes};
}

static inline struct vane_cel_value vane_cel_list(const struct vane_cel_value *elements, size_t n)
{
    return (struct vane_cel_value){.kind = VANE_CEL_LIST, .len = (uint32_t)n, .elements = elements};
}

static inline struct vane_cel_value vane_cel_map(const struct vane_cel_entry *entries, size_t n)
{
    return (struct vane_cel_value){.kind = VANE_CEL_MAP, .len = (uint32_t)n, .entries = entries};
}

/* `nanos` below 1,000,000,000. */
static inline struct vane_cel_value vane_cel_timestamp(int64_t seconds, uint32_t nanos)
{
    return (struct vane_cel_value){.kind = VANE_CEL_TIMESTAMP, .nanos = nanos, .seconds = seconds};
}

static inline struct vane_cel_value vane_cel_duration(int64_t nanoseconds)
{
    return (struct vane_cel_value){.kind = VANE_CEL_DURATION, .nanoseconds = nanoseconds};
}

/* "int", "string", "google.protobuf.Timestamp": as type() names it. */
const char *vane_cel_kind_name(enum vane_cel_kind kind);

/*
 * A name that an expression may use. Its slot is its index in the array of declarations. A dotted
 * name ("link.mtu") is one name, and wins over member access.
 */
struct vane_cel_name {
    const char *name;
    enum vane_cel_kind kind; /* VANE_CEL_DYN if it is not always the same */
    bool optional;           /* may be absent: has(NAME) tells, and is refused for others */
};

enum vane_cel_flags {
    /* Names that are not declared are no error: each gets a slot behind those of the declared. */
    VANE_CEL_UNKNOWN_NAMES = 1 << 0,
    /* What must fail by the declared types, and what is not true or false as a whole, is refused by
     * vane_cel_compile(). For conditions: a rule that compares a port with a string is a mistake.
     */
    VANE_CEL_CONDITION = 1 << 1,
};

struct vane_cel_environment {
    const struct vane_cel_name *names;
    size_t n_names;
    const char *container; /* names are also looked up as "CONTAINER.NAME"; may be NULL */
    unsigned flags;
};

#define VANE_CEL_LENGTH_MAX (64 * 1024) /* bytes of an expression */
#define VANE_CEL_DEPTH_MAX  250         /* of parts within each other */

struct vane_cel_error {
    char *message;       /* one sentence, to be freed with g_free() */
    size_t offset;       /* bytes before the offending part */
    size_t line, column; /* from 1; the column counts characters */
};

struct vane_cel_program;

/*
 * Compiles `len` bytes. NULL for what is no expression, with `error` (may be NULL) filled: a name
 * that is not known is told with those that are. Nothing of the arguments is referenced later.
 */
struct vane_cel_program *vane_cel_compile(const char *text, size_t len,
                                          const struct vane_cel_environment *environment,
                                          struct vane_cel_error *error);

void vane_cel_program_free(struct vane_cel_program *program);
void vane_cel_error_clear(struct vane_cel_error *error);

/* Declared names, and with VANE_CEL_UNKNOWN_NAMES those met behind them. */
size_t vane_cel_program_slots(const struct vane_cel_program *program);
/* The name of a slot that the expression reads; NULL for any other. */
const char *vane_cel_program_name(const struct vane_cel_program *program, size_t slot);
/* The text it was compiled from, NUL-terminated. */
const char *vane_cel_program_text(const struct vane_cel_program *program, size_t *len);
/* Line and column of an offset into that text. */
void vane_cel_program_place(const struct vane_cel_program *program, size_t offset, size_t *line,
                            size_t *column);
/* The type of the result as far as it is known before evaluation, else VANE_CEL_DYN. */
enum vane_cel_kind vane_cel_program_kind(const struct vane_cel_program *program);

/* Room for values that evaluation builds; kept from one evaluation to the next. */
struct vane_cel_scratch;

struct vane_cel_scratch *vane_cel_scratch_new(void);
void vane_cel_scratch_free(struct vane_cel_scratch *scratch);

/*
 * Memory that lives until the next evaluation with this scratch, aligned for any value; for
 * lookup functions that must build what they return. NULL when the evaluation has used up its
 * memory: return VANE_CEL_ABSENT then.
 */
void *vane_cel_scratch_alloc(struct vane_cel_scratch *scratch, size_t size);

/* Gives all of it back, as an evaluation does at its beginning. */
void vane_cel_scratch_reset(struct vane_cel_scratch *scratch);

#define VANE_CEL_COST_DEFAULT 1000000

/* What the names stand for this time. */
struct vane_cel_input {
    /* By slot, as many as the program has; or NULL: `lookup` is asked at every use. */
    const struct vane_cel_value *slots;
    struct vane_cel_value (*lookup)(void *data, size_t slot, struct vane_cel_scratch *scratch);
    void *data;
    /* The present, for since(); VANE_CEL_ABSENT: the clock is asked. */
    struct vane_cel_value now;
    /* Steps of work: about one for each element a macro visits times the size of its body, and one
     * for 16 bytes searched or copied. 0: VANE_CEL_COST_DEFAULT. */
    uint64_t cost_limit;
};

/*
 * The value, or one of kind VANE_CEL_ERROR whose `problem` says why. What it points to is valid
 * until the next evaluation with this scratch, or the end of program, scratch or input.
 */
struct vane_cel_value vane_cel_evaluate(const struct vane_cel_program *program,
                                        const struct vane_cel_input *input,
                                        struct vane_cel_scratch *scratch);

/* What the last evaluation with this scratch cost, in the steps of `cost_limit`. */
uint64_t vane_cel_scratch_cost(const struct vane_cel_scratch *scratch);

/* The part of an expression that made the whole what it is. */
struct vane_cel_reason {
    size_t offset, length; /* of the part, in the text of the program */
    struct vane_cel_value value;
};

/*
 * Evaluates, and finds the smallest part that decided: of a false "a && b" the operand that is
 * false, of a true "a || b" the one that is true, of an error the part that failed. Costs at most
 * ten evaluations; for people who ask why.
 */
void vane_cel_explain(const struct vane_cel_program *program, const struct vane_cel_input *input,
                      struct vane_cel_scratch *scratch, struct vane_cel_reason *reason);

/* Calls `visit` for each use of a name within a part of the expression, in their order. */
void vane_cel_program_names_in(const struct vane_cel_program *program, size_t offset, size_t length,
                               void (*visit)(void *user, size_t slot, const char *name),
                               void *user);

/* Equality as == has it. */
bool vane_cel_equal(struct vane_cel_value a, struct vane_cel_value b);

#endif
