/* && || ! and ?: of CEL: an operand that decides wins over one that fails, whatever the order. */
#include "lib/cel/eval.h"

static struct vane_cel_value not_bool(const struct vane_cel_node *node,
                                      struct vane_cel_scratch *scratch, const char *operation,
                                      struct vane_cel_value value)
{
    if (vane_cel_is_error(value))
        return value;
    return vane_cel_no_overload(scratch, node, operation, &value, 1);
}

/* The first operand that is `decides`; else the first error; else the opposite. */
static inline struct vane_cel_value chain(const struct vane_cel_node *node,
                                          struct vane_cel_scratch *scratch, bool decides)
{
    struct vane_cel_value error = {0};

    for (uint32_t i = 0; i < node->n; i++) {
        struct vane_cel_value value = vane_cel_run(node->children[i], scratch);

        if (__builtin_expect(value.kind != VANE_CEL_BOOL, 0)) {
            if (error.kind == VANE_CEL_ABSENT)
                error = not_bool(node->children[i], scratch, decides ? "||" : "&&", value);
        } else if (value.truth == decides) {
            return value;
        }
    }
    return error.kind == VANE_CEL_ABSENT ? vane_cel_bool(!decides) : error;
}

static struct vane_cel_value eval_and(const struct vane_cel_node *node,
                                      struct vane_cel_scratch *scratch)
{
    return chain(node, scratch, false);
}

static struct vane_cel_value eval_or(const struct vane_cel_node *node,
                                     struct vane_cel_scratch *scratch)
{
    return chain(node, scratch, true);
}

static struct vane_cel_value eval_not(const struct vane_cel_node *node,
                                      struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = vane_cel_run(node->children[0], scratch);

    return value.kind == VANE_CEL_BOOL ? vane_cel_bool(!value.truth)
                                       : not_bool(node, scratch, "!", value);
}

static struct vane_cel_value eval_conditional(const struct vane_cel_node *node,
                                              struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = vane_cel_run(node->children[0], scratch);

    if (value.kind != VANE_CEL_BOOL)
        return not_bool(node->children[0], scratch, "?:", value);
    return vane_cel_run(node->children[value.truth ? 1 : 2], scratch);
}

vane_cel_eval vane_cel_choose_logic(const struct vane_cel_node *node)
{
    switch (node->op) {
    case VANE_CEL_OP_AND:
        return eval_and;
    case VANE_CEL_OP_OR:
        return eval_or;
    case VANE_CEL_OP_NOT:
        return eval_not;
    default:
        return eval_conditional;
    }
}
