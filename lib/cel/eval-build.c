/* Lists and maps that an expression writes down, and calls of functions. */
#include "lib/cel/compare.h"
#include "lib/cel/eval.h"

/* "?x": nothing is put in if the optional is empty. Returns whether something is, or an error. */
static bool unwrap(const struct vane_cel_node *node, struct vane_cel_scratch *scratch,
                   struct vane_cel_value *value)
{
    if (vane_cel_is_error(*value))
        return true;
    if (value->kind != VANE_CEL_OPTIONAL) {
        *value = vane_cel_no_overload(scratch, node, "?", value, 1);
        return true;
    }
    if (value->len == 0)
        return false;
    *value = value->elements[0];
    return true;
}

static struct vane_cel_value eval_list(const struct vane_cel_node *node,
                                       struct vane_cel_scratch *scratch)
{
    struct vane_cel_value *elements = vane_cel_build_values(scratch, node->n);
    size_t n = 0;

    if (!elements)
        return vane_cel_exhausted(scratch, node);
    for (uint32_t i = 0; i < node->n; i++) {
        struct vane_cel_value value = vane_cel_run(node->children[i], scratch);

        if (node->optional && node->optional[i] && !unwrap(node->children[i], scratch, &value))
            continue;
        if (vane_cel_is_error(value))
            return value;
        elements[n++] = value;
    }
    return vane_cel_list(elements, n);
}

struct vane_cel_value vane_cel_add_entry(const struct vane_cel_node *node,
                                         struct vane_cel_scratch *scratch,
                                         struct vane_cel_value *map, struct vane_cel_value key,
                                         struct vane_cel_value value)
{
    struct vane_cel_entry *entries = (struct vane_cel_entry *)map->entries;

    if (key.kind != VANE_CEL_BOOL && key.kind != VANE_CEL_INT && key.kind != VANE_CEL_UINT &&
        key.kind != VANE_CEL_STRING)
        return vane_cel_failf(scratch, node, "unsupported key type: %s",
                              vane_cel_kind_name((enum vane_cel_kind)key.kind));
    if (vane_cel_find(scratch, *map, key))
        return vane_cel_fail(scratch, node, "the key is there already (repeated key)");
    if (scratch->left == 0)
        return vane_cel_exhausted(scratch, node);
    entries[map->len++] = (struct vane_cel_entry){.key = key, .value = value};
    return (struct vane_cel_value){0};
}

static struct vane_cel_value eval_map(const struct vane_cel_node *node,
                                      struct vane_cel_scratch *scratch)
{
    const void *room = vane_cel_build_values(scratch, node->n);
    struct vane_cel_value map = vane_cel_map(room, 0), key, value, added;

    if (!room)
        return vane_cel_exhausted(scratch, node);
    for (uint32_t i = 0; i < node->n; i += 2) {
        key = vane_cel_run(node->children[i], scratch);
        if (vane_cel_is_error(key))
            return key;
        value = vane_cel_run(node->children[i + 1], scratch);
        if (node->optional && node->optional[i + 1] &&
            !unwrap(node->children[i + 1], scratch, &value))
            continue;
        if (vane_cel_is_error(value))
            return value;
        added = vane_cel_add_entry(node->children[i], scratch, &map, key, value);
        if (added.kind != VANE_CEL_ABSENT)
            return added;
    }
    return map;
}

static struct vane_cel_value eval_call(const struct vane_cel_node *node,
                                       struct vane_cel_scratch *scratch)
{
    const struct vane_cel_function *function = node->function;
    struct vane_cel_value arguments[VANE_CEL_ARGUMENTS_MAX];
    bool fits = true;

    for (uint32_t i = 0; i < node->n; i++) {
        arguments[i] = vane_cel_run(node->children[i], scratch);
        if (vane_cel_is_error(arguments[i]))
            return arguments[i];
        fits = fits && (vane_cel_accepts(function, i) >> arguments[i].kind & 1);
    }
    if (!fits)
        return vane_cel_no_overload(scratch, node, function->name, arguments, node->n);
    return function->run(node, arguments, scratch);
}

vane_cel_eval vane_cel_choose_builder(struct vane_cel_node *node)
{
    vane_cel_eval eval;

    if (node->op != VANE_CEL_OP_CALL)
        return node->op == VANE_CEL_OP_LIST ? eval_list : eval_map;
    eval = vane_cel_choose_text_test(node);
    return eval ? eval : eval_call;
}
