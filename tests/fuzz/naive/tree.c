/* A tree from bytes. See naive.h. */
#include "tests/fuzz/naive/naive.h"

static const uint8_t *at, *end;
static GPtrArray *pool; /* everything that was allocated */
static int depth, macros;

void *naive_keep(size_t size)
{
    void *memory = g_malloc0(size ? size : 1);

    g_ptr_array_add(pool, memory);
    return memory;
}

static unsigned choose(unsigned count)
{
    return at < end ? *at++ % count : 0;
}

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
    struct tree *tree = naive_keep(sizeof(*tree));

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
    struct tree *tree = naive_keep(sizeof(*tree));

    tree->operation = operation;
    tree->n = n;
    for (unsigned i = 0; i < n; i++)
        tree->parts[i] = grow(i == 0 ? a : b);
    return tree;
}

static struct tree *macro(enum operation operation)
{
    static const enum type bodies[] = {BOOL, INT, STRING, DOUBLE};
    struct tree *tree = naive_keep(sizeof(*tree));

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

struct tree *naive_begin(const uint8_t *data, size_t size)
{
    static const enum type types[] = {BOOL, INT, STRING, LIST, DOUBLE, UINT};

    at = data;
    end = data + size;
    depth = macros = 0;
    pool = g_ptr_array_new_with_free_func(g_free);
    return grow(types[choose(6)]);
}

void naive_end(void)
{
    g_ptr_array_unref(pool);
}
