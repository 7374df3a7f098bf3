/*
 * == != < <= > >= and in. What rules are mostly made of, a name compared with a literal, has
 * functions of its own that look at nothing else.
 */
#include "lib/cel/compare.h"
#include "lib/cel/eval.h"

static const char *const signs[] = {
    [VANE_CEL_OP_EQUAL] = "==",  [VANE_CEL_OP_UNEQUAL] = "!=",
    [VANE_CEL_OP_LESS] = "<",    [VANE_CEL_OP_LESS_EQUAL] = "<=",
    [VANE_CEL_OP_GREATER] = ">", [VANE_CEL_OP_GREATER_EQUAL] = ">=",
};

static bool verdict(enum vane_cel_op op, enum vane_cel_order order)
{
    if (order == VANE_CEL_UNORDERED)
        return false;
    switch (op) {
    case VANE_CEL_OP_LESS:
        return order == VANE_CEL_BEFORE;
    case VANE_CEL_OP_LESS_EQUAL:
        return order != VANE_CEL_AFTER;
    case VANE_CEL_OP_GREATER:
        return order == VANE_CEL_AFTER;
    default:
        return order != VANE_CEL_BEFORE;
    }
}

static struct vane_cel_value compare(const struct vane_cel_node *node,
                                     struct vane_cel_scratch *scratch, struct vane_cel_value a,
                                     struct vane_cel_value b)
{
    struct vane_cel_value sides[2] = {a, b};
    enum vane_cel_order order;
    int equal;

    if (node->op == VANE_CEL_OP_EQUAL || node->op == VANE_CEL_OP_UNEQUAL) {
        equal = vane_cel_equal_charged(scratch, a, b);
        return equal < 0 ? vane_cel_exhausted(scratch, node)
                         : vane_cel_bool(equal == (node->op == VANE_CEL_OP_EQUAL));
    }
    if ((a.kind == VANE_CEL_STRING || a.kind == VANE_CEL_BYTES) &&
        !vane_cel_charge_bytes(scratch, a.len))
        return vane_cel_exhausted(scratch, node);
    order = vane_cel_order(a, b);
    if (order == VANE_CEL_NO_ORDER)
        return vane_cel_no_overload(scratch, node, signs[node->op], sides, 2);
    return vane_cel_bool(verdict((enum vane_cel_op)node->op, order));
}

static struct vane_cel_value eval_compare(const struct vane_cel_node *node,
                                          struct vane_cel_scratch *scratch)
{
    struct vane_cel_value sides[2];

    if (!vane_cel_run_both(node, scratch, sides))
        return sides[0];
    return compare(node, scratch, sides[0], sides[1]);
}

/* NAME == 5 and the like: `slot` and `literal` are of the comparison itself. */
#define COMPARE_INT(name, sign)                                                                    \
    static struct vane_cel_value name(const struct vane_cel_node *node,                            \
                                      struct vane_cel_scratch *scratch)                            \
    {                                                                                              \
        struct vane_cel_value value = vane_cel_load(node->children[0], scratch, node->slot);       \
                                                                                                   \
        if (__builtin_expect(value.kind == VANE_CEL_INT, 1))                                       \
            return vane_cel_bool(value.integer sign node->literal.integer);                        \
        return vane_cel_is_error(value) ? value : compare(node, scratch, value, node->literal);    \
    }

COMPARE_INT(int_equal, ==)
COMPARE_INT(int_unequal, !=)
COMPARE_INT(int_less, <)
COMPARE_INT(int_less_equal, <=)
COMPARE_INT(int_greater, >)
COMPARE_INT(int_greater_equal, >=)

static inline struct vane_cel_value compare_string(const struct vane_cel_node *node,
                                                   struct vane_cel_scratch *scratch, bool equal)
{
    struct vane_cel_value value = vane_cel_load(node->children[0], scratch, node->slot);

    if (__builtin_expect(value.kind == VANE_CEL_STRING, 1))
        return vane_cel_bool(vane_cel_same_bytes(value, node->literal) == equal);
    return vane_cel_is_error(value) ? value : compare(node, scratch, value, node->literal);
}

static struct vane_cel_value string_equal(const struct vane_cel_node *node,
                                          struct vane_cel_scratch *scratch)
{
    return compare_string(node, scratch, true);
}

static struct vane_cel_value string_unequal(const struct vane_cel_node *node,
                                            struct vane_cel_scratch *scratch)
{
    return compare_string(node, scratch, false);
}

static struct vane_cel_value contains(const struct vane_cel_node *node,
                                      struct vane_cel_scratch *scratch, struct vane_cel_value list,
                                      struct vane_cel_value value)
{
    if (!vane_cel_charge(scratch, list.len / 8))
        return vane_cel_exhausted(scratch, node);
    for (uint32_t i = 0; i < list.len; i++) {
        int equal = vane_cel_equal_charged(scratch, list.elements[i], value);

        if (equal < 0)
            return vane_cel_exhausted(scratch, node);
        if (equal)
            return vane_cel_bool(true);
    }
    return vane_cel_bool(false);
}

static struct vane_cel_value eval_in(const struct vane_cel_node *node,
                                     struct vane_cel_scratch *scratch)
{
    const struct vane_cel_entry *found;
    struct vane_cel_value sides[2];

    if (!vane_cel_run_both(node, scratch, sides))
        return sides[0];
    if (sides[1].kind == VANE_CEL_LIST)
        return contains(node, scratch, sides[1], sides[0]);
    if (sides[1].kind != VANE_CEL_MAP)
        return vane_cel_no_overload(scratch, node, "in", sides, 2);
    found = vane_cel_find(scratch, sides[1], sides[0]);
    if (!found && scratch->left == 0)
        return vane_cel_exhausted(scratch, node);
    return vane_cel_bool(found != NULL);
}

vane_cel_eval vane_cel_choose_comparison(struct vane_cel_node *node)
{
    static const vane_cel_eval ints[] = {
        [VANE_CEL_OP_EQUAL] = int_equal,     [VANE_CEL_OP_UNEQUAL] = int_unequal,
        [VANE_CEL_OP_LESS] = int_less,       [VANE_CEL_OP_LESS_EQUAL] = int_less_equal,
        [VANE_CEL_OP_GREATER] = int_greater, [VANE_CEL_OP_GREATER_EQUAL] = int_greater_equal,
    };

    if (node->op == VANE_CEL_OP_IN)
        return eval_in;
    if (node->children[0]->op != VANE_CEL_OP_NAME || node->children[1]->op != VANE_CEL_OP_LITERAL)
        return eval_compare;
    node->slot = node->children[0]->slot;
    node->literal = node->children[1]->literal;
    if (node->literal.kind == VANE_CEL_INT)
        return ints[node->op];
    if (node->literal.kind == VANE_CEL_STRING && node->op == VANE_CEL_OP_EQUAL)
        return string_equal;
    if (node->literal.kind == VANE_CEL_STRING && node->op == VANE_CEL_OP_UNEQUAL)
        return string_unequal;
    return eval_compare;
}
