/* The second evaluator: a walk over the tree. See naive.h. */
#include <math.h>
#include <string.h>

#include "tests/fuzz/naive/naive.h"

static struct value variables[8];

static struct value walk(const struct tree *tree);

static struct value walk_logic(const struct tree *tree)
{
    bool decides = tree->operation == OR;
    struct value a = walk(tree->parts[0]), b = walk(tree->parts[1]);

    if ((a.type == BOOL && a.i == decides) || (b.type == BOOL && b.i == decides))
        return naive_truth(decides);
    return a.type == BOOL && b.type == BOOL ? naive_truth(!decides) : naive_failed;
}

static struct value walk_macro(const struct tree *tree)
{
    struct value range = walk(tree->parts[0]), result = {.type = LIST}, body;
    unsigned yes = 0, no = 0, errors = 0;

    if (range.type != LIST)
        return naive_failed;
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
        return no ? naive_truth(false) : errors ? naive_failed : naive_truth(true);
    case EXISTS:
        return yes ? naive_truth(true) : errors ? naive_failed : naive_truth(false);
    case ONE:
        return errors ? naive_failed : naive_truth(yes == 1);
    default:
        return errors ? naive_failed : result;
    }
}

static struct value walk_list(const struct tree *tree)
{
    struct value list = {.type = LIST, .list = naive_keep(tree->n * sizeof(list)), .n = tree->n};

    for (unsigned i = 0; i < tree->n; i++) {
        list.list[i] = walk(tree->parts[i]);
        if (list.list[i].type == ERROR)
            return naive_failed;
    }
    return list;
}

static struct value walk_index(struct value list, struct value index)
{
    double position;

    if (list.type != LIST || !naive_is_number(index.type))
        return naive_failed;
    position = naive_convert(TO_DOUBLE, index).d;
    if (!(position >= 0) || position >= list.n || floor(position) != position)
        return naive_failed;
    return list.list[(unsigned)position];
}

static struct value walk_unary(enum operation operation, struct value a)
{
    switch (operation) {
    case NOT:
        return a.type == BOOL ? naive_truth(!a.i) : naive_failed;
    case NEGATE:
        if (a.type == DOUBLE)
            return (struct value){.type = DOUBLE, .d = -a.d};
        return a.type == INT && a.i != INT64_MIN ? (struct value){.type = INT, .i = -a.i}
                                                 : naive_failed;
    case SIZE:
        if (a.type == STRING)
            return (struct value){.type = INT, .i = g_utf8_strlen(a.s, -1)};
        return a.type == LIST ? (struct value){.type = INT, .i = a.n} : naive_failed;
    default:
        return naive_convert(operation, a);
    }
}

static struct value walk_binary(enum operation operation, struct value a, struct value b)
{
    switch (operation) {
    case IN:
        if (b.type != LIST)
            return naive_failed;
        for (unsigned i = 0; i < b.n; i++)
            if (naive_equal(&a, &b.list[i]))
                return naive_truth(true);
        return naive_truth(false);
    case STARTS:
        return a.type == STRING && b.type == STRING ? naive_truth(g_str_has_prefix(a.s, b.s))
                                                    : naive_failed;
    case CONTAINS:
        return a.type == STRING && b.type == STRING ? naive_truth(strstr(a.s, b.s) != NULL)
                                                    : naive_failed;
    case INDEX:
        return walk_index(a, b);
    case PLUS:
    case MINUS:
    case TIMES:
    case OVER:
    case MODULO:
        if (a.type != b.type || a.type == BOOL)
            return naive_failed;
        if (a.type == STRING || a.type == LIST)
            return operation == PLUS ? naive_plus(a, b) : naive_failed;
        return naive_calculate(operation, a, b);
    default:
        return naive_compare(operation, &a, &b);
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
        return a.type == BOOL ? walk(tree->parts[a.i ? 1 : 2]) : naive_failed;
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

    naive_lost = false;
    value = walk(tree);
    *unsure = naive_lost;
    return value;
}
