/*
 * all, exists, map, filter and the like: the only loops there are. Each visit of an element is
 * charged with the size of what is evaluated for it.
 */
#include "lib/cel/eval.h"

struct loop {
    const struct vane_cel_node *node;
    struct vane_cel_scratch *scratch;
    struct vane_cel_value range;
    uint32_t at;
    uint64_t step; /* what one element costs */
};

static bool loop_begin(struct loop *loop, const struct vane_cel_node *node,
                       struct vane_cel_scratch *scratch, struct vane_cel_value *error)
{
    *loop = (struct loop){.node = node, .scratch = scratch, .step = node->weight};
    loop->range = vane_cel_run(node->children[0], scratch);
    if (vane_cel_is_error(loop->range)) {
        *error = loop->range;
        return false;
    }
    if (loop->range.kind == VANE_CEL_LIST || loop->range.kind == VANE_CEL_MAP)
        return true;
    *error = vane_cel_no_overload(scratch, node, "the macro", &loop->range, 1);
    return false;
}

/* Gives the variables their next values; false at the end, or with *error when exhausted. */
static bool loop_next(struct loop *loop, struct vane_cel_value *error)
{
    struct vane_cel_value *variables = &loop->scratch->locals[loop->node->local];
    uint32_t at = loop->at;

    if (at == loop->range.len)
        return false;
    if (!vane_cel_charge(loop->scratch, loop->step)) {
        *error = vane_cel_exhausted(loop->scratch, loop->node);
        return false;
    }
    loop->at++;
    if (loop->range.kind == VANE_CEL_LIST && loop->node->variables == 1) {
        variables[0] = loop->range.elements[at];
    } else if (loop->range.kind == VANE_CEL_LIST) {
        variables[0] = vane_cel_int(at);
        variables[1] = loop->range.elements[at];
    } else {
        variables[0] = loop->range.entries[at].key;
        if (loop->node->variables == 2)
            variables[1] = loop->range.entries[at].value;
    }
    return true;
}

/* A condition's value: true or false, else an error. */
static struct vane_cel_value condition(const struct vane_cel_node *node,
                                       struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = vane_cel_run(node, scratch);

    if (value.kind == VANE_CEL_BOOL || vane_cel_is_error(value))
        return value;
    return vane_cel_no_overload(scratch, node, "the condition", &value, 1);
}

/* One element that decides wins over those that fail, as with && and ||. */
static struct vane_cel_value quantify(const struct vane_cel_node *node,
                                      struct vane_cel_scratch *scratch, bool decides)
{
    struct vane_cel_value failed = {0}, error = {0}, value;
    struct loop loop;

    if (!loop_begin(&loop, node, scratch, &error))
        return error;
    while (loop_next(&loop, &error)) {
        value = condition(node->children[1], scratch);
        if (value.kind == VANE_CEL_BOOL && value.truth == decides)
            return value;
        if (vane_cel_is_error(value) && failed.kind == VANE_CEL_ABSENT)
            failed = value;
    }
    if (vane_cel_is_error(error))
        return error;
    return vane_cel_is_error(failed) ? failed : vane_cel_bool(!decides);
}

static struct vane_cel_value eval_all(const struct vane_cel_node *node,
                                      struct vane_cel_scratch *scratch)
{
    return quantify(node, scratch, false);
}

static struct vane_cel_value eval_exists(const struct vane_cel_node *node,
                                         struct vane_cel_scratch *scratch)
{
    return quantify(node, scratch, true);
}

static struct vane_cel_value eval_exists_one(const struct vane_cel_node *node,
                                             struct vane_cel_scratch *scratch)
{
    struct vane_cel_value error = {0}, value;
    struct loop loop;
    unsigned count = 0;

    if (!loop_begin(&loop, node, scratch, &error))
        return error;
    while (loop_next(&loop, &error)) {
        value = condition(node->children[1], scratch);
        if (vane_cel_is_error(value))
            return value;
        count += value.truth;
    }
    return vane_cel_is_error(error) ? error : vane_cel_bool(count == 1);
}

/* The condition of a macro that has one besides its transformation; true without. */
static struct vane_cel_value wanted(const struct vane_cel_node *node,
                                    struct vane_cel_scratch *scratch)
{
    if (node->macro != VANE_CEL_FILTER && node->n == 2)
        return vane_cel_bool(true);
    return condition(node->children[1], scratch);
}

static struct vane_cel_value eval_collect(const struct vane_cel_node *node,
                                          struct vane_cel_scratch *scratch)
{
    struct vane_cel_value error = {0}, value, *elements;
    struct loop loop;
    size_t n = 0;

    if (!loop_begin(&loop, node, scratch, &error))
        return error;
    elements = vane_cel_build_values(scratch, loop.range.len);
    if (!elements)
        return vane_cel_exhausted(scratch, node);
    while (loop_next(&loop, &error)) {
        value = wanted(node, scratch);
        if (value.kind == VANE_CEL_BOOL && !value.truth)
            continue;
        if (!vane_cel_is_error(value))
            value = node->macro == VANE_CEL_FILTER
                        ? scratch->locals[node->local + node->variables - 1]
                        : vane_cel_run(node->children[node->n - 1], scratch);
        if (vane_cel_is_error(value))
            return value;
        elements[n++] = value;
    }
    return vane_cel_is_error(error) ? error : vane_cel_list(elements, n);
}

static struct vane_cel_value merge(const struct vane_cel_node *node,
                                   struct vane_cel_scratch *scratch, struct vane_cel_value *map,
                                   struct vane_cel_value more)
{
    if (more.kind != VANE_CEL_MAP || more.len != 1)
        return vane_cel_fail(scratch, node, "transformMapEntry() wants a map of one entry");
    return vane_cel_add_entry(node, scratch, map, more.entries[0].key, more.entries[0].value);
}

static struct vane_cel_value eval_to_map(const struct vane_cel_node *node,
                                         struct vane_cel_scratch *scratch)
{
    struct vane_cel_value error = {0}, value, map;
    struct loop loop;
    const void *room;

    if (!loop_begin(&loop, node, scratch, &error))
        return error;
    room = vane_cel_build_values(scratch, 2 * (size_t)loop.range.len);
    if (!room)
        return vane_cel_exhausted(scratch, node);
    map = vane_cel_map(room, 0);
    while (loop_next(&loop, &error)) {
        struct vane_cel_value key = scratch->locals[node->local];

        value = wanted(node, scratch);
        if (value.kind == VANE_CEL_BOOL && !value.truth)
            continue;
        if (!vane_cel_is_error(value))
            value = vane_cel_run(node->children[node->n - 1], scratch);
        if (vane_cel_is_error(value))
            return value;
        value = node->macro == VANE_CEL_TO_ENTRIES
                    ? merge(node, scratch, &map, value)
                    : vane_cel_add_entry(node, scratch, &map, key, value);
        if (vane_cel_is_error(value))
            return value;
    }
    return vane_cel_is_error(error) ? error : map;
}

/* An optional's value, if it has one, through an expression. */
static struct vane_cel_value eval_optional(const struct vane_cel_node *node,
                                           struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = vane_cel_run(node->children[0], scratch);

    if (vane_cel_is_error(value))
        return value;
    if (value.kind != VANE_CEL_OPTIONAL)
        return vane_cel_no_overload(scratch, node, "the macro", &value, 1);
    if (value.len == 0)
        return value;
    scratch->locals[node->local] = value.elements[0];
    value = vane_cel_run(node->children[1], scratch);
    if (vane_cel_is_error(value) || node->macro == VANE_CEL_OPT_FLAT_MAP)
        return value;
    return vane_cel_some(node, scratch, value);
}

/* An error is kept, too, and comes up where the name is used. */
static struct vane_cel_value eval_bind(const struct vane_cel_node *node,
                                       struct vane_cel_scratch *scratch)
{
    scratch->locals[node->local] = vane_cel_run(node->children[0], scratch);
    return vane_cel_run(node->children[1], scratch);
}

vane_cel_eval vane_cel_choose_macro(const struct vane_cel_node *node)
{
    if (node->op == VANE_CEL_OP_BIND)
        return eval_bind;
    switch ((enum vane_cel_macro)node->macro) {
    case VANE_CEL_ALL:
        return eval_all;
    case VANE_CEL_EXISTS:
        return eval_exists;
    case VANE_CEL_EXISTS_ONE:
        return eval_exists_one;
    case VANE_CEL_FILTER:
    case VANE_CEL_COLLECT:
        return eval_collect;
    case VANE_CEL_OPT_MAP:
    case VANE_CEL_OPT_FLAT_MAP:
        return eval_optional;
    case VANE_CEL_TO_MAP:
    case VANE_CEL_TO_ENTRIES:
        break;
    }
    return eval_to_map;
}
