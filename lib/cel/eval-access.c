/* Names, members and indexes, has(), and the same where there may be nothing: a.?b and a[?b]. */
#include <math.h>

#include "lib/cel/compare.h"
#include "lib/cel/eval.h"

struct vane_cel_value vane_cel_look_up(const struct vane_cel_node *node,
                                       struct vane_cel_scratch *scratch, uint32_t slot)
{
    const struct vane_cel_input *input = scratch->input;
    struct vane_cel_value value = {0};

    if (input && input->lookup)
        value = input->lookup(input->data, slot, scratch);
    if (value.kind == VANE_CEL_ABSENT)
        return vane_cel_failf(scratch, node, "%.100s is absent", node->text);
    return value;
}

static struct vane_cel_value eval_literal(const struct vane_cel_node *node,
                                          struct vane_cel_scratch *scratch)
{
    return node->literal;
}

static struct vane_cel_value eval_name(const struct vane_cel_node *node,
                                       struct vane_cel_scratch *scratch)
{
    return vane_cel_load(node, scratch, node->slot);
}

static struct vane_cel_value eval_local(const struct vane_cel_node *node,
                                        struct vane_cel_scratch *scratch)
{
    return scratch->locals[node->local];
}

/* has(NAME): no error if it is absent, unlike any other. */
static struct vane_cel_value eval_has_name(const struct vane_cel_node *node,
                                           struct vane_cel_scratch *scratch)
{
    const struct vane_cel_input *input = scratch->input;
    struct vane_cel_value value = {0};

    if (scratch->slots)
        value = scratch->slots[node->slot];
    if (value.kind == VANE_CEL_ABSENT && input && input->lookup)
        value = input->lookup(input->data, node->slot, scratch);
    return vane_cel_bool(value.kind != VANE_CEL_ABSENT);
}

struct vane_cel_value vane_cel_some(const struct vane_cel_node *node,
                                    struct vane_cel_scratch *scratch, struct vane_cel_value value)
{
    struct vane_cel_value *element = vane_cel_build_values(scratch, 1);

    if (!element)
        return vane_cel_exhausted(scratch, node);
    *element = value;
    return (struct vane_cel_value){.kind = VANE_CEL_OPTIONAL, .len = 1, .elements = element};
}

/* An index of a list, which any whole number can be; -1 for another. */
static int64_t index_of(struct vane_cel_value key)
{
    if (key.kind == VANE_CEL_INT)
        return key.integer;
    if (key.kind == VANE_CEL_UINT)
        return key.natural <= INT64_MAX ? (int64_t)key.natural : -1;
    return key.real >= 0 && key.real < 4e9 && floor(key.real) == key.real ? (int64_t)key.real : -1;
}

/* VANE_CEL_ABSENT: there is no such member; any error: it cannot have any, or exhaustion. */
static struct vane_cel_value element(const struct vane_cel_node *node,
                                     struct vane_cel_scratch *scratch, struct vane_cel_value list,
                                     struct vane_cel_value key)
{
    int64_t index;

    if (!vane_cel_is_number(key.kind))
        return vane_cel_no_overload(scratch, node, "index of list", &key, 1);
    index = index_of(key);
    return index >= 0 && index < list.len ? list.elements[index] : (struct vane_cel_value){0};
}

static struct vane_cel_value member(const struct vane_cel_node *node,
                                    struct vane_cel_scratch *scratch, struct vane_cel_value target,
                                    struct vane_cel_value key)
{
    const struct vane_cel_entry *entry;

    if (target.kind == VANE_CEL_LIST && node->op == VANE_CEL_OP_INDEX)
        return element(node, scratch, target, key);
    if (target.kind != VANE_CEL_MAP)
        return vane_cel_failf(scratch, node, "no such overload: a value of type %s has no members",
                              vane_cel_kind_name((enum vane_cel_kind)target.kind));
    entry = vane_cel_find(scratch, target, key);
    if (entry)
        return entry->value;
    return scratch->left == 0 ? vane_cel_exhausted(scratch, node) : (struct vane_cel_value){0};
}

static struct vane_cel_value no_member(const struct vane_cel_node *node,
                                       struct vane_cel_scratch *scratch,
                                       struct vane_cel_value target, struct vane_cel_value key)
{
    if (target.kind == VANE_CEL_LIST)
        return vane_cel_failf(scratch, node, "index out of range: the list has %u elements",
                              target.len);
    if (key.kind == VANE_CEL_STRING)
        return vane_cel_failf(scratch, node, "no such key: %.*s",
                              (int)(key.len < 100 ? key.len : 100), key.len ? key.text : "");
    return vane_cel_fail(scratch, node, "no such key");
}

/* A member as an optional: of what may be one itself. */
static struct vane_cel_value optional_member(const struct vane_cel_node *node,
                                             struct vane_cel_scratch *scratch,
                                             struct vane_cel_value target,
                                             struct vane_cel_value key)
{
    struct vane_cel_value value;

    if (target.kind == VANE_CEL_OPTIONAL) {
        if (target.len == 0)
            return target;
        target = target.elements[0];
    }
    value = member(node, scratch, target, key);
    if (value.kind == VANE_CEL_ABSENT)
        return vane_cel_none();
    return vane_cel_is_error(value) ? value : vane_cel_some(node, scratch, value);
}

static struct vane_cel_value access(const struct vane_cel_node *node,
                                    struct vane_cel_scratch *scratch, struct vane_cel_value target,
                                    struct vane_cel_value key)
{
    struct vane_cel_value value;

    if (vane_cel_is_error(target))
        return target;
    if (node->maybe || target.kind == VANE_CEL_OPTIONAL)
        return optional_member(node, scratch, target, key);
    value = member(node, scratch, target, key);
    return value.kind == VANE_CEL_ABSENT ? no_member(node, scratch, target, key) : value;
}

static struct vane_cel_value eval_select(const struct vane_cel_node *node,
                                         struct vane_cel_scratch *scratch)
{
    return access(node, scratch, vane_cel_run(node->children[0], scratch), node->literal);
}

static struct vane_cel_value eval_index(const struct vane_cel_node *node,
                                        struct vane_cel_scratch *scratch)
{
    struct vane_cel_value target = vane_cel_run(node->children[0], scratch), key;

    if (vane_cel_is_error(target))
        return target;
    key = vane_cel_run(node->children[1], scratch);
    return vane_cel_is_error(key) ? key : access(node, scratch, target, key);
}

static struct vane_cel_value eval_has(const struct vane_cel_node *node,
                                      struct vane_cel_scratch *scratch)
{
    struct vane_cel_value target = vane_cel_run(node->children[0], scratch), value;

    if (vane_cel_is_error(target))
        return target;
    if (target.kind == VANE_CEL_OPTIONAL) {
        if (target.len == 0)
            return vane_cel_bool(false);
        target = target.elements[0];
    }
    value = member(node, scratch, target, node->literal);
    return vane_cel_is_error(value) ? value : vane_cel_bool(value.kind != VANE_CEL_ABSENT);
}

vane_cel_eval vane_cel_choose_access(const struct vane_cel_node *node)
{
    switch (node->op) {
    case VANE_CEL_OP_LITERAL:
        return eval_literal;
    case VANE_CEL_OP_NAME:
        return eval_name;
    case VANE_CEL_OP_LOCAL:
        return eval_local;
    case VANE_CEL_OP_SELECT:
        return eval_select;
    case VANE_CEL_OP_INDEX:
        return eval_index;
    default:
        return node->n == 0 ? eval_has_name : eval_has;
    }
}
