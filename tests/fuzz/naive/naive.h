/*
 * A second evaluator of CEL that knows nothing of lib/cel: bytes choose a tree, which is written
 * down as an expression, and walked in the simplest way there is. For fuzz_cel_evaluator.c.
 */
#ifndef NETVANE_FUZZ_NAIVE_H
#define NETVANE_FUZZ_NAIVE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

enum type { ERROR, BOOL, INT, UINT, DOUBLE, STRING, LIST };

struct value {
    enum type type;
    int64_t i; /* also of bool */
    uint64_t u;
    double d;
    const char *s;
    struct value *list;
    unsigned n;
};

enum operation {
    LITERAL,
    VARIABLE,
    NOT,
    NEGATE,
    AND,
    OR,
    CHOOSE,
    EQUAL,
    UNEQUAL,
    LESS,
    AT_MOST,
    MORE,
    AT_LEAST,
    IN,
    PLUS,
    MINUS,
    TIMES,
    OVER,
    MODULO,
    INDEX,
    MAKE_LIST,
    SIZE,
    STARTS,
    CONTAINS,
    TO_INT,
    TO_DOUBLE,
    TO_STRING,
    ALL,
    EXISTS,
    ONE,
    MAP,
    FILTER,
};

struct tree {
    enum operation operation;
    struct value value; /* of a literal */
    int variable;       /* which one: the depth of the macro it is of */
    struct tree *parts[3];
    unsigned n;
};

/* tree.c: a tree that the bytes choose. All of it and what comes of it lasts until naive_end(). */
struct tree *naive_begin(const uint8_t *data, size_t size);
void naive_end(void);
void *naive_keep(size_t size);

/* write.c: as an expression, with no parenthesis more than precedence needs. */
void naive_write(GString *out, const struct tree *tree);

/* values.c: what operators do with values. */
extern bool naive_lost; /* something came up that has no answer here */
extern const struct value naive_failed;
struct value naive_truth(bool b);
bool naive_is_number(enum type type);
bool naive_equal(const struct value *a, const struct value *b);
struct value naive_compare(enum operation operation, const struct value *a, const struct value *b);
/* Two numbers of one type; two strings or lists; one value. */
struct value naive_calculate(enum operation operation, struct value a, struct value b);
struct value naive_plus(struct value a, struct value b);
struct value naive_convert(enum operation operation, struct value a);

/* walk.c. `unsure`: something came up that this evaluator has no answer to. */
struct value naive_walk(const struct tree *tree, bool *unsure);

#endif
