/* The second evaluator. See naive.h. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/naive/naive.h"

static bool lost; /* something came up that has no answer here */
static struct value variables[8];

static const struct value failed = {.type = ERROR};

static struct value walk(const struct tree *tree);

static struct value truth(bool b)
{
    return (struct value){.type = BOOL, .i = b};
}

static bool is_number(enum type type)
{
    return type == INT || type == UINT || type == DOUBLE;
}

/* -1, 0, 1; 2 for NaN. Two integers exactly, a double beside an integer as doubles. */
static int order_numbers(const struct value *a, const struct value *b)
{
    if (a->type == DOUBLE || b->type == DOUBLE) {
        double x = a->type == DOUBLE ? a->d : a->type == INT ? (double)a->i : (double)a->u;
        double y = b->type == DOUBLE ? b->d : b->type == INT ? (double)b->i : (double)b->u;

        return isnan(x) || isnan(y) ? 2 : x < y ? -1 : x > y;
    }
    __int128 x = a->type == INT ? (__int128)a->i : (__int128)a->u;
    __int128 y = b->type == INT ? (__int128)b->i : (__int128)b->u;

    return x < y ? -1 : x > y;
}

static bool equal(const struct value *a, const struct value *b)
{
    if (is_number(a->type) && is_number(b->type))
        return order_numbers(a, b) == 0;
    if (a->type != b->type)
        return false;
    if (a->type == BOOL)
        return a->i == b->i;
    if (a->type == STRING)
        return strcmp(a->s, b->s) == 0;
    if (a->n != b->n)
        return false;
    for (unsigned i = 0; i < a->n; i++)
        if (!equal(&a->list[i], &b->list[i]))
            return false;
    return true;
}

static struct value compare(enum operation operation, const struct value *a, const struct value *b)
{
    int order;

    if (operation == EQUAL || operation == UNEQUAL)
        return truth(equal(a, b) == (operation == EQUAL));
    if (is_number(a->type) && is_number(b->type))
        order = order_numbers(a, b);
    else if (a->type != b->type || a->type == LIST)
        return failed;
    else
        order = a->type == STRING ? CLAMP(strcmp(a->s, b->s), -1, 1)
                : a->i < b->i     ? -1
                                  : a->i > b->i;
    if (order == 2)
        return truth(false);
    return truth(operation == LESS      ? order < 0
                 : operation == AT_MOST ? order <= 0
                 : operation == MORE    ? order > 0
                                        : order >= 0);
}

static struct value calculate(enum operation operation, struct value a, struct value b)
{
    __int128 x = a.type == INT ? (__int128)a.i : (__int128)a.u;
    __int128 y = b.type == INT ? (__int128)b.i : (__int128)b.u, z = 0;

    if (a.type == DOUBLE) {
        a.d = operation == PLUS    ? a.d + b.d
              : operation == MINUS ? a.d - b.d
              : operation == TIMES ? a.d * b.d
                                   : a.d / b.d;
        return operation == MODULO ? failed : a;
    }
    if ((operation == OVER || operation == MODULO) && y == 0)
        return failed;
    z = operation == PLUS    ? x + y
        : operation == MINUS ? x - y
        : operation == TIMES ? 0
        : operation == OVER  ? x / y
                             : x % y;
    if (operation == TIMES && __builtin_mul_overflow(x, y, &z))
        return failed;
    if (operation == MODULO && x == INT64_MIN && y == -1)
        return failed;
    if (a.type == INT ? z < INT64_MIN || z > INT64_MAX : z < 0 || z > UINT64_MAX)
        return failed;
    a.i = (int64_t)z;
    a.u = (uint64_t)z;
    return a;
}

static struct value plus(struct value a, struct value b)
{
    struct value sum = a;

    if (a.type == STRING) {
        char *text = naive_keep(strlen(a.s) + strlen(b.s) + 1);

        strcpy(text, a.s);
        strcat(text, b.s);
        sum.s = text;
        return sum;
    }
    sum.list = naive_keep((a.n + b.n) * sizeof(a));
    sum.n = a.n + b.n;
    for (unsigned i = 0; i < sum.n; i++)
        sum.list[i] = i < a.n ? a.list[i] : b.list[i - a.n];
    return sum;
}

static struct value convert(enum operation operation, struct value a)
{
    char *text, *rest;

    switch (operation) {
    case TO_DOUBLE:
        lost |= a.type == STRING; /* what is a double */
        if (!is_number(a.type))
            return failed;
        a.d = a.type == INT ? (double)a.i : a.type == UINT ? (double)a.u : a.d;
        a.type = DOUBLE;
        return a;
    case TO_INT:
        if (a.type == STRING) {
            errno = 0;
            a.i = g_ascii_strtoll(a.s, &rest, 10);
            if (!*a.s || *rest || errno)
                return failed;
        } else if (a.type == UINT) {
            if (a.u > INT64_MAX)
                return failed;
            a.i = (int64_t)a.u;
        } else if (a.type == DOUBLE) {
            if (!(fabs(a.d) < 9223372036854775808.0))
                return failed;
            a.i = (int64_t)a.d;
        } else if (a.type != INT) {
            return failed;
        }
        a.type = INT;
        return a;
    default:
        if (a.type == STRING)
            return a;
        text = naive_keep(32);
        if (a.type == INT)
            snprintf(text, 32, "%" G_GINT64_FORMAT, a.i);
        else if (a.type == UINT)
            snprintf(text, 32, "%" G_GUINT64_FORMAT, a.u);
        else if (a.type == BOOL)
            strcpy(text, a.i ? "true" : "false");
        else
            lost = true; /* how a double is written */
        return (struct value){.type = STRING, .s = text};
    }
}

static struct value walk_logic(const struct tree *tree)
{
    bool decides = tree->operation == OR;
    struct value a = walk(tree->parts[0]), b = walk(tree->parts[1]);

    if ((a.type == BOOL && a.i == decides) || (b.type == BOOL && b.i == decides))
        return truth(decides);
    return a.type == BOOL && b.type == BOOL ? truth(!decides) : failed;
}

static struct value walk_macro(const struct tree *tree)
{
    struct value range = walk(tree->parts[0]), result = {.type = LIST}, body;
    unsigned yes = 0, no = 0, errors = 0;

    if (range.type != LIST)
        return failed;
    result.list = naive_keep(range.n * sizeof(range));
    for (unsigned i = 0; i < range.n; i++) {
        variables[tree->variable] = range.list[i];
        body = walk(tree->parts[1]);
        if (tree->operation == MAP) {
            errors += body.type == ERROR;
            result.list[result.n++] = body;
            continue;
        }
        if (body.type != BOOL)
            errors++;
        else if (body.i)
            yes++;
        else
            no++;
        if (tree->operation == FILTER && body.type == BOOL && body.i)
            result.list[result.n++] = range.list[i];
    }
    switch (tree->operation) {
    case ALL:
        return no ? truth(false) : errors ? failed : truth(true);
    case EXISTS:
        return yes ? truth(true) : errors ? failed : truth(false);
    case ONE:
        return errors ? failed : truth(yes == 1);
    default:
        return errors ? failed : result;
    }
}

static struct value walk_list(const struct tree *tree)
{
    struct value list = {.type = LIST, .list = naive_keep(tree->n * sizeof(list)), .n = tree->n};

    for (unsigned i = 0; i < tree->n; i++) {
        list.list[i] = walk(tree->parts[i]);
        if (list.list[i].type == ERROR)
            return failed;
    }
    return list;
}

static struct value walk_index(struct value list, struct value index)
{
    double position;

    if (list.type != LIST || !is_number(index.type))
        return failed;
    position = convert(TO_DOUBLE, index).d;
    if (!(position >= 0) || position >= list.n || floor(position) != position)
        return failed;
    return list.list[(unsigned)position];
}

static struct value walk_unary(enum operation operation, struct value a)
{
    switch (operation) {
    case NOT:
        return a.type == BOOL ? truth(!a.i) : failed;
    case NEGATE:
        if (a.type == DOUBLE)
            return (struct value){.type = DOUBLE, .d = -a.d};
        return a.type == INT && a.i != INT64_MIN ? (struct value){.type = INT, .i = -a.i} : failed;
    case SIZE:
        if (a.type == STRING)
            return (struct value){.type = INT, .i = g_utf8_strlen(a.s, -1)};
        return a.type == LIST ? (struct value){.type = INT, .i = a.n} : failed;
    default:
        return convert(operation, a);
    }
}

static struct value walk_binary(enum operation operation, struct value a, struct value b)
{
    switch (operation) {
    case IN:
        if (b.type != LIST)
            return failed;
        for (unsigned i = 0; i < b.n; i++)
            if (equal(&a, &b.list[i]))
                return truth(true);
        return truth(false);
    case STARTS:
        return a.type == STRING && b.type == STRING ? truth(g_str_has_prefix(a.s, b.s)) : failed;
    case CONTAINS:
        return a.type == STRING && b.type == STRING ? truth(strstr(a.s, b.s) != NULL) : failed;
    case INDEX:
        return walk_index(a, b);
    case PLUS:
    case MINUS:
    case TIMES:
    case OVER:
    case MODULO:
        if (a.type != b.type || a.type == BOOL)
            return failed;
        if (a.type == STRING || a.type == LIST)
            return operation == PLUS ? plus(a, b) : failed;
        return calculate(operation, a, b);
    default:
        return compare(operation, &a, &b);
    }
}

static struct value walk(const struct tree *tree)
{
    struct value a, b;

    switch (tree->operation) {
    case LITERAL:
        return tree->value;
    case VARIABLE:
        return variables[tree->variable];
    case AND:
    case OR:
        return walk_logic(tree);
    case CHOOSE:
        a = walk(tree->parts[0]);
        return a.type == BOOL ? walk(tree->parts[a.i ? 1 : 2]) : failed;
    case MAKE_LIST:
        return walk_list(tree);
    case ALL:
    case EXISTS:
    case ONE:
    case MAP:
    case FILTER:
        return walk_macro(tree);
    default:
        break;
    }
    a = walk(tree->parts[0]);
    if (a.type == ERROR || tree->n == 1)
        return a.type == ERROR ? a : walk_unary(tree->operation, a);
    b = walk(tree->parts[1]);
    return b.type == ERROR ? b : walk_binary(tree->operation, a, b);
}

struct value naive_walk(const struct tree *tree, bool *unsure)
{
    struct value value;

    lost = false;
    value = walk(tree);
    *unsure = lost;
    return value;
}
