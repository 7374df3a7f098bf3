/*
 * lib/cel against a second evaluator that knows nothing of it. The bytes choose a tree; it is
 * written down as an expression, with no parenthesis more than precedence needs, for lib/cel, and
 * walked here in the simplest way there is. Both must come to the same value, or both to an error.
 */
#include <errno.h>
#include <glib.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/cel/cel.h"
#include "lib/cel/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static const struct {
    const char *sign;
    int precedence; /* of an operator between two; 0: not one */
} operators[] = {
    [AND] = {"&&", 2}, [OR] = {"||", 1},      [EQUAL] = {"==", 3},  [UNEQUAL] = {"!=", 3},
    [LESS] = {"<", 3}, [AT_MOST] = {"<=", 3}, [MORE] = {">", 3},    [AT_LEAST] = {">=", 3},
    [IN] = {"in", 3},  [PLUS] = {"+", 4},     [MINUS] = {"-", 4},   [TIMES] = {"*", 5},
    [OVER] = {"/", 5}, [MODULO] = {"%", 5},   [FILTER] = {NULL, 0},
};

struct tree {
    enum operation operation;
    struct value value; /* of a literal */
    int variable;       /* which one: the depth of the macro it is of */
    struct tree *parts[3];
    unsigned n;
};

static const uint8_t *at, *end;
static GPtrArray *pool; /* everything that was allocated */
static int depth, macros;
static bool unsure; /* something came up that this evaluator has no answer to */
static struct value variables[8];

static void *keep(size_t size)
{
    void *memory = g_malloc0(size ? size : 1);

    g_ptr_array_add(pool, memory);
    return memory;
}

static unsigned choose(unsigned count)
{
    return at < end ? *at++ % count : 0;
}

/* ---- a tree from bytes ---- */

static struct tree *grow(enum type type);

static struct value literal(enum type type)
{
    static const int64_t ints[] = {0, 1, 2, -1, 7, INT64_MAX, INT64_MIN, 1000};
    static const uint64_t uints[] = {0, 1, 2, 7, UINT64_MAX, INT64_MAX};
    static const double doubles[] = {0, 1, 1.5, -2.25, 1e300, 9223372036854775808.0};
    static const char *const strings[] = {"", "a", "ab", "eth0", "\xc3\xa9", "7", "-1", "b"};
    struct value value = {.type = type};

    value.i = type == BOOL ? (int64_t)choose(2) : ints[choose(8)];
    value.u = uints[choose(6)];
    value.d = doubles[choose(6)];
    value.s = strings[choose(8)];
    return value;
}

static struct tree *leaf(enum type type)
{
    struct tree *tree = keep(sizeof(*tree));

    if (macros > 0 && choose(2)) {
        tree->operation = VARIABLE;
        tree->variable = (int)choose((unsigned)macros);
        return tree;
    }
    tree->operation = type == LIST ? MAKE_LIST : LITERAL;
    tree->value = literal(type);
    return tree;
}

static struct tree *node(enum operation operation, unsigned n, enum type a, enum type b)
{
    struct tree *tree = keep(sizeof(*tree));

    tree->operation = operation;
    tree->n = n;
    for (unsigned i = 0; i < n; i++)
        tree->parts[i] = grow(i == 0 ? a : b);
    return tree;
}

static struct tree *macro(enum operation operation)
{
    static const enum type bodies[] = {BOOL, INT, STRING, DOUBLE};
    struct tree *tree = keep(sizeof(*tree));

    tree->operation = operation;
    tree->n = 2;
    tree->parts[0] = grow(LIST);
    tree->variable = macros++;
    tree->parts[1] = grow(operation == MAP ? bodies[choose(4)] : BOOL);
    macros--;
    return tree;
}

static struct tree *grow_bool(void)
{
    static const enum operation comparisons[] = {EQUAL, UNEQUAL, LESS, AT_MOST, MORE, AT_LEAST};
    static const enum operation loops[] = {ALL, EXISTS, ONE};
    enum type type = (enum type)(BOOL + choose(5));

    switch (choose(8)) {
    case 0:
        return node(NOT, 1, BOOL, BOOL);
    case 1:
        return node(AND, 2, BOOL, BOOL);
    case 2:
        return node(OR, 2, BOOL, BOOL);
    case 3:
        return node(comparisons[choose(6)], 2, type,
                    choose(4) ? type : (enum type)(BOOL + choose(6)));
    case 4:
        return node(IN, 2, type, LIST);
    case 5:
        return node(choose(2) ? STARTS : CONTAINS, 2, STRING, STRING);
    case 6:
        return macros < 3 ? macro(loops[choose(3)]) : leaf(BOOL);
    default:
        return node(CHOOSE, 3, BOOL, BOOL);
    }
}

static struct tree *grow_other(enum type type)
{
    static const enum operation arithmetic[] = {PLUS, MINUS, TIMES, OVER, MODULO};

    switch (choose(type == LIST ? 5 : 6)) {
    case 0:
        return node(type == STRING || type == LIST ? PLUS : arithmetic[choose(5)], 2, type, type);
    case 1:
        return node(CHOOSE, 3, BOOL, type);
    case 2:
        return type == LIST ? node(MAKE_LIST, choose(4), INT, INT) : node(INDEX, 2, LIST, INT);
    case 3:
        if (type == LIST)
            return macros < 3 ? macro(choose(2) ? MAP : FILTER) : leaf(LIST);
        return type == STRING ? node(TO_STRING, 1, INT, INT) : node(NEGATE, 1, type, type);
    case 4:
        if (type == INT)
            return choose(2) ? node(SIZE, 1, choose(2) ? STRING : LIST, INT)
                             : node(TO_INT, 1, (enum type)(INT + choose(4)), INT);
        return type == DOUBLE ? node(TO_DOUBLE, 1, (enum type)(INT + choose(3)), INT) : leaf(type);
    default:
        return leaf(type);
    }
}

static struct tree *grow(enum type type)
{
    struct tree *tree;

    if (at == end || depth > 12 || choose(4) == 0)
        return leaf(type);
    if (choose(24) == 0)
        type = (enum type)(BOOL + choose(6)); /* a mistake of type */
    depth++;
    tree = type == BOOL ? grow_bool() : grow_other(type);
    depth--;
    return tree;
}

/* ---- as an expression ---- */

static void put(GString *out, const struct tree *tree, int precedence);

static void write_literal(GString *out, const struct value *value)
{
    char number[400];

    switch (value->type) {
    case BOOL:
        g_string_append(out, value->i ? "true" : "false");
        break;
    case INT:
        g_string_append_printf(out, value->i < 0 ? "(%" G_GINT64_FORMAT ")" : "%" G_GINT64_FORMAT,
                               value->i);
        break;
    case UINT:
        g_string_append_printf(out, "%" G_GUINT64_FORMAT "u", value->u);
        break;
    case DOUBLE:
        g_ascii_formatd(number, sizeof(number), "%.4f", value->d);
        g_string_append_printf(out, value->d < 0 ? "(%s)" : "%s", number);
        break;
    default:
        g_string_append_printf(out, "'%s'", value->s);
        break;
    }
}

static void write_list(GString *out, const struct tree *tree, const char *open, const char *close)
{
    g_string_append(out, open);
    for (unsigned i = 0; i < tree->n; i++) {
        g_string_append(out, i ? ", " : "");
        put(out, tree->parts[i], 0);
    }
    g_string_append(out, close);
}

static void write_method(GString *out, const struct tree *tree, const char *name)
{
    put(out, tree->parts[0], 7);
    g_string_append_printf(out, ".%s(", name);
    put(out, tree->parts[1], 0);
    g_string_append_c(out, ')');
}

static void write_macro(GString *out, const struct tree *tree, const char *name)
{
    put(out, tree->parts[0], 7);
    g_string_append_printf(out, ".%s(v%d, ", name, tree->variable);
    put(out, tree->parts[1], 0);
    g_string_append_c(out, ')');
}

static void write_operator(GString *out, const struct tree *tree, int precedence)
{
    int own = operators[tree->operation].precedence;

    g_string_append(out, own < precedence ? "(" : "");
    put(out, tree->parts[0], own);
    g_string_append_printf(out, " %s ", operators[tree->operation].sign);
    put(out, tree->parts[1], own + 1);
    g_string_append(out, own < precedence ? ")" : "");
}

static void write_choice(GString *out, const struct tree *tree, int precedence)
{
    g_string_append(out, precedence > 0 ? "(" : "");
    put(out, tree->parts[0], 1);
    g_string_append(out, " ? ");
    put(out, tree->parts[1], 1);
    g_string_append(out, " : ");
    put(out, tree->parts[2], 0);
    g_string_append(out, precedence > 0 ? ")" : "");
}

static void put(GString *out, const struct tree *tree, int precedence)
{
    static const char *const macro_names[] = {[ALL] = "all",
                                              [EXISTS] = "exists",
                                              [ONE] = "exists_one",
                                              [MAP] = "map",
                                              [FILTER] = "filter"};

    if (operators[tree->operation].precedence) {
        write_operator(out, tree, precedence);
        return;
    }
    switch (tree->operation) {
    case LITERAL:
        write_literal(out, &tree->value);
        break;
    case VARIABLE:
        g_string_append_printf(out, "v%d", tree->variable);
        break;
    case NOT:
    case NEGATE: /* two of them differ: -(-x) must not become --x of a literal */
        g_string_append(out, precedence > 6 ? "(" : "");
        g_string_append(out, tree->operation == NOT ? "!(" : "-(");
        put(out, tree->parts[0], 0);
        g_string_append(out, precedence > 6 ? "))" : ")");
        break;
    case CHOOSE:
        write_choice(out, tree, precedence);
        break;
    case INDEX:
        put(out, tree->parts[0], 7);
        g_string_append_c(out, '[');
        put(out, tree->parts[1], 0);
        g_string_append_c(out, ']');
        break;
    case MAKE_LIST:
        write_list(out, tree, "[", "]");
        break;
    case SIZE:
        write_list(out, tree, "size(", ")");
        break;
    case TO_INT:
        write_list(out, tree, "int(", ")");
        break;
    case TO_DOUBLE:
        write_list(out, tree, "double(", ")");
        break;
    case TO_STRING:
        write_list(out, tree, "string(", ")");
        break;
    case STARTS:
        write_method(out, tree, "startsWith");
        break;
    case CONTAINS:
        write_method(out, tree, "contains");
        break;
    default:
        write_macro(out, tree, macro_names[tree->operation]);
        break;
    }
}

/* ---- the second evaluator ---- */

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
        char *text = keep(strlen(a.s) + strlen(b.s) + 1);

        strcpy(text, a.s);
        strcat(text, b.s);
        sum.s = text;
        return sum;
    }
    sum.list = keep((a.n + b.n) * sizeof(a));
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
        unsure |= a.type == STRING; /* what is a double */
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
        text = keep(32);
        if (a.type == INT)
            snprintf(text, 32, "%" G_GINT64_FORMAT, a.i);
        else if (a.type == UINT)
            snprintf(text, 32, "%" G_GUINT64_FORMAT, a.u);
        else if (a.type == BOOL)
            strcpy(text, a.i ? "true" : "false");
        else
            unsure = true; /* how a double is written */
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
    result.list = keep(range.n * sizeof(range));
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
    struct value list = {.type = LIST, .list = keep(tree->n * sizeof(list)), .n = tree->n};

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

/* ---- both beside each other ---- */

static bool same(struct vane_cel_value a, const struct value *b)
{
    switch (b->type) {
    case ERROR:
        return a.kind == VANE_CEL_ERROR;
    case BOOL:
        return a.kind == VANE_CEL_BOOL && a.truth == b->i;
    case INT:
        return a.kind == VANE_CEL_INT && a.integer == b->i;
    case UINT:
        return a.kind == VANE_CEL_UINT && a.natural == b->u;
    case DOUBLE:
        return a.kind == VANE_CEL_DOUBLE && (a.real == b->d || (isnan(a.real) && isnan(b->d)));
    case STRING:
        return a.kind == VANE_CEL_STRING && a.len == strlen(b->s) &&
               memcmp(a.text, b->s, a.len) == 0;
    case LIST:
        break;
    }
    if (a.kind != VANE_CEL_LIST || a.len != b->n)
        return false;
    for (unsigned i = 0; i < b->n; i++)
        if (!same(a.elements[i], &b->list[i]))
            return false;
    return true;
}

static void check(const char *text, const struct value *wanted)
{
    struct vane_cel_error error = {0};
    struct vane_cel_program *program = vane_cel_compile(text, strlen(text), NULL, &error);
    struct vane_cel_scratch *scratch = vane_cel_scratch_new();
    struct vane_cel_value value;

    if (!program)
        g_error("%s: %s", text, error.message);
    value = vane_cel_evaluate(program, NULL, scratch);
    if (!unsure && !same(value, wanted) &&
        !(value.kind == VANE_CEL_ERROR && strstr(value.problem->message, "exceeds its cost")))
        g_error("%s: %u of type %u, the second evaluator has type %u", text, value.len, value.kind,
                wanted->type);
    vane_cel_program_free(program);
    vane_cel_scratch_free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum type types[] = {BOOL, INT, STRING, LIST, DOUBLE, UINT};
    g_autoptr(GString) text = g_string_new(NULL);
    struct tree *tree;
    struct value wanted;

    if (size > 256)
        return 0;
    at = data;
    end = data + size;
    depth = macros = 0;
    unsure = false;
    pool = g_ptr_array_new_with_free_func(g_free);
    tree = grow(types[choose(6)]);
    put(text, tree, 0);
    wanted = walk(tree);
    check(text->str, &wanted);
    g_ptr_array_unref(pool);
    return 0;
}
