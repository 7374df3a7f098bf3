/* + - * / % and the minus in front: checked for overflow, between equal types only. */
#include <math.h>
#include <string.h>

#include "lib/cel/eval.h"
#include "lib/cel/time.h"

static const char *const signs[] = {
    [VANE_CEL_OP_ADD] = "+",    [VANE_CEL_OP_SUBTRACT] = "-", [VANE_CEL_OP_MULTIPLY] = "*",
    [VANE_CEL_OP_DIVIDE] = "/", [VANE_CEL_OP_MODULO] = "%",
};

static struct vane_cel_value overflow(const struct vane_cel_node *node,
                                      struct vane_cel_scratch *scratch)
{
    return vane_cel_fail(scratch, node, "overflow: the result does not fit 64 bits");
}

/* True for an overflow. Division by zero has been dealt with. */
static bool int_operation(enum vane_cel_op op, int64_t a, int64_t b, int64_t *result)
{
    switch (op) {
    case VANE_CEL_OP_ADD:
        return __builtin_add_overflow(a, b, result);
    case VANE_CEL_OP_SUBTRACT:
        return __builtin_sub_overflow(a, b, result);
    case VANE_CEL_OP_MULTIPLY:
        return __builtin_mul_overflow(a, b, result);
    default:
        if (b == 0 || (a == INT64_MIN && b == -1)) /* 0 was refused before */
            return true;
        *result = op == VANE_CEL_OP_DIVIDE ? a / b : a % b;
        return false;
    }
}

static bool uint_operation(enum vane_cel_op op, uint64_t a, uint64_t b, uint64_t *result)
{
    switch (op) {
    case VANE_CEL_OP_ADD:
        return __builtin_add_overflow(a, b, result);
    case VANE_CEL_OP_SUBTRACT:
        return __builtin_sub_overflow(a, b, result);
    case VANE_CEL_OP_MULTIPLY:
        return __builtin_mul_overflow(a, b, result);
    default:
        if (b == 0) /* was refused before */
            return true;
        *result = op == VANE_CEL_OP_DIVIDE ? a / b : a % b;
        return false;
    }
}

static double double_operation(enum vane_cel_op op, double a, double b)
{
    switch (op) {
    case VANE_CEL_OP_ADD:
        return a + b;
    case VANE_CEL_OP_SUBTRACT:
        return a - b;
    case VANE_CEL_OP_MULTIPLY:
        return a * b;
    default:
        return a / b;
    }
}

static struct vane_cel_value integers(const struct vane_cel_node *node,
                                      struct vane_cel_scratch *scratch, struct vane_cel_value a,
                                      struct vane_cel_value b)
{
    enum vane_cel_op op = (enum vane_cel_op)node->op;
    struct vane_cel_value result = {.kind = a.kind};

    if (b.natural == 0 && (op == VANE_CEL_OP_DIVIDE || op == VANE_CEL_OP_MODULO))
        return vane_cel_fail(scratch, node,
                             op == VANE_CEL_OP_DIVIDE ? "division by zero" : "modulus by zero");
    if (a.kind == VANE_CEL_INT ? int_operation(op, a.integer, b.integer, &result.integer)
                               : uint_operation(op, a.natural, b.natural, &result.natural))
        return overflow(node, scratch);
    return result;
}

/* Two texts, or two lists, one behind the other. */
static struct vane_cel_value join_bytes(const struct vane_cel_node *node,
                                        struct vane_cel_scratch *scratch, struct vane_cel_value a,
                                        struct vane_cel_value b)
{
    char *text;

    if (b.len == 0)
        return a;
    if (a.len == 0)
        return b;
    text = vane_cel_build(scratch, (size_t)a.len + b.len);
    if (!text)
        return vane_cel_exhausted(scratch, node);
    memcpy(text, a.text, a.len);
    memcpy(text + a.len, b.text, b.len);
    a.text = text;
    a.len += b.len;
    return a;
}

static struct vane_cel_value join_lists(const struct vane_cel_node *node,
                                        struct vane_cel_scratch *scratch, struct vane_cel_value a,
                                        struct vane_cel_value b)
{
    struct vane_cel_value *elements;

    if (b.len == 0)
        return a;
    if (a.len == 0)
        return b;
    elements = vane_cel_build_values(scratch, (size_t)a.len + b.len);
    if (!elements)
        return vane_cel_exhausted(scratch, node);
    memcpy(elements, a.elements, a.len * sizeof(*elements));
    memcpy(elements + a.len, b.elements, b.len * sizeof(*elements));
    return vane_cel_list(elements, (size_t)a.len + b.len);
}

static struct vane_cel_value operate(const struct vane_cel_node *node,
                                     struct vane_cel_scratch *scratch, struct vane_cel_value a,
                                     struct vane_cel_value b)
{
    struct vane_cel_value sides[2] = {a, b};
    bool add = node->op == VANE_CEL_OP_ADD;

    if (a.kind == b.kind) {
        if (a.kind == VANE_CEL_INT || a.kind == VANE_CEL_UINT)
            return integers(node, scratch, a, b);
        if (a.kind == VANE_CEL_DOUBLE && node->op != VANE_CEL_OP_MODULO)
            return vane_cel_double(double_operation((enum vane_cel_op)node->op, a.real, b.real));
        if (add && (a.kind == VANE_CEL_STRING || a.kind == VANE_CEL_BYTES))
            return join_bytes(node, scratch, a, b);
        if (add && a.kind == VANE_CEL_LIST)
            return join_lists(node, scratch, a, b);
    }
    if (add || node->op == VANE_CEL_OP_SUBTRACT) {
        struct vane_cel_value result = vane_cel_time_shift(node, scratch, a, b, add);

        if (result.kind != VANE_CEL_ABSENT)
            return result;
    }
    return vane_cel_no_overload(scratch, node, signs[node->op], sides, 2);
}

static struct vane_cel_value eval_binary(const struct vane_cel_node *node,
                                         struct vane_cel_scratch *scratch)
{
    struct vane_cel_value sides[2];

    if (!vane_cel_run_both(node, scratch, sides))
        return sides[0];
    return operate(node, scratch, sides[0], sides[1]);
}

static struct vane_cel_value eval_negate(const struct vane_cel_node *node,
                                         struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = vane_cel_run(node->children[0], scratch);

    switch (value.kind) {
    case VANE_CEL_ERROR:
        return value;
    case VANE_CEL_INT:
        return value.integer == INT64_MIN ? overflow(node, scratch) : vane_cel_int(-value.integer);
    case VANE_CEL_DOUBLE:
        return vane_cel_double(-value.real);
    default:
        return vane_cel_no_overload(scratch, node, "-", &value, 1);
    }
}

vane_cel_eval vane_cel_choose_arithmetic(const struct vane_cel_node *node)
{
    return node->op == VANE_CEL_OP_NEGATE ? eval_negate : eval_binary;
}
