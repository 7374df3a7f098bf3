/* What does not depend on any name is evaluated once, when the expression is compiled. */
#include <string.h>

#include "lib/cel/eval.h"
#include "lib/cel/network.h"
#include "lib/cel/program.h"

#define FOLDING_COST 10000

static void *copy_memory(struct vane_cel_arena *arena, const void *from, size_t size)
{
    void *copy = vane_cel_arena_alloc(arena, size);

    if (copy && size > 0)
        memcpy(copy, from, size);
    return copy;
}

static bool copy_into(struct vane_cel_arena *arena, struct vane_cel_value *value)
{
    *value = vane_cel_copy(arena, *value);
    return value->kind != VANE_CEL_ABSENT;
}

static bool copy_elements(struct vane_cel_arena *arena, struct vane_cel_value *value)
{
    struct vane_cel_value *copy =
        copy_memory(arena, value->elements, value->len * sizeof(*value->elements));

    for (uint32_t i = 0; copy && i < value->len; i++)
        if (!copy_into(arena, &copy[i]))
            return false;
    value->elements = copy;
    return copy != NULL;
}

static bool copy_entries(struct vane_cel_arena *arena, struct vane_cel_value *value)
{
    struct vane_cel_entry *copy =
        copy_memory(arena, value->entries, value->len * sizeof(*value->entries));

    for (uint32_t i = 0; copy && i < value->len; i++)
        if (!copy_into(arena, &copy[i].key) || !copy_into(arena, &copy[i].value))
            return false;
    value->entries = copy;
    return copy != NULL;
}

struct vane_cel_value vane_cel_copy(struct vane_cel_arena *arena, struct vane_cel_value value)
{
    bool copied = true;

    switch ((enum vane_cel_kind)value.kind) {
    case VANE_CEL_STRING:
    case VANE_CEL_BYTES:
        value.text = copy_memory(arena, value.text, value.len);
        copied = value.text != NULL;
        break;
    case VANE_CEL_LIST:
    case VANE_CEL_OPTIONAL:
        copied = copy_elements(arena, &value);
        break;
    case VANE_CEL_MAP:
        copied = copy_entries(arena, &value);
        break;
    case VANE_CEL_NETWORK:
        value.network = copy_memory(arena, value.network, sizeof(*value.network));
        copied = value.network != NULL;
        break;
    case VANE_CEL_ABSENT:
    case VANE_CEL_ERROR:
    case VANE_CEL_NULL:
    case VANE_CEL_BOOL:
    case VANE_CEL_INT:
    case VANE_CEL_UINT:
    case VANE_CEL_DOUBLE:
    case VANE_CEL_TIMESTAMP:
    case VANE_CEL_DURATION:
    case VANE_CEL_TYPE: /* its name is a constant */
    case VANE_CEL_DYN:
        break;
    }
    return copied ? value : (struct vane_cel_value){0};
}

static bool foldable(const struct vane_cel_node *node)
{
    switch (node->op) {
    case VANE_CEL_OP_CALL:
        if (node->function->style & VANE_CEL_IMPURE)
            return false;
        break;
    case VANE_CEL_OP_LIST:
    case VANE_CEL_OP_MAP:
    case VANE_CEL_OP_NEGATE:
    case VANE_CEL_OP_ADD:
    case VANE_CEL_OP_SUBTRACT:
    case VANE_CEL_OP_MULTIPLY:
    case VANE_CEL_OP_DIVIDE:
    case VANE_CEL_OP_MODULO:
        break;
    default:
        return false;
    }
    for (uint32_t i = 0; i < node->n; i++)
        if (node->children[i]->op != VANE_CEL_OP_LITERAL)
            return false;
    return true;
}

void vane_cel_fold(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    struct vane_cel_scratch *scratch = resolver->scratch;
    struct vane_cel_value value;

    if (!foldable(node))
        return;
    vane_cel_arena_reset(&scratch->arena);
    scratch->left = scratch->limit = FOLDING_COST;
    value = vane_cel_run(node, scratch);
    if (vane_cel_is_error(value))
        return;
    value = vane_cel_copy(&resolver->program->arena, value);
    if (value.kind == VANE_CEL_ABSENT)
        return;
    node->op = VANE_CEL_OP_LITERAL;
    node->literal = value;
    node->kind = (uint8_t)value.kind;
    node->n = 0;
    node->weight = 1;
    vane_cel_choose(node);
}
