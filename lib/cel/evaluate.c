/* One evaluation from its input to its value, and which part of the expression decided it. */
#include <glib.h>

#include "lib/cel/eval.h"
#include "lib/cel/program.h"

static void begin(const struct vane_cel_program *program, const struct vane_cel_input *input,
                  struct vane_cel_scratch *scratch)
{
    vane_cel_arena_reset(&scratch->arena);
    scratch->input = input;
    scratch->slots = input->slots;
    scratch->now = input->now;
    scratch->limit = scratch->left = input->cost_limit ? input->cost_limit : VANE_CEL_COST_DEFAULT;
    if (program->locals > scratch->locals_size) {
        scratch->locals = g_renew(struct vane_cel_value, scratch->locals, program->locals);
        scratch->locals_size = program->locals;
    }
}

struct vane_cel_value vane_cel_evaluate(const struct vane_cel_program *program,
                                        const struct vane_cel_input *input,
                                        struct vane_cel_scratch *scratch)
{
    static const struct vane_cel_input nothing = {0};

    begin(program, input ? input : &nothing, scratch);
    return vane_cel_run(program->root, scratch);
}

/* The operand that makes an && false, or an || true; NULL if it took all of them. */
static const struct vane_cel_node *decisive(const struct vane_cel_node *node, bool decides,
                                            struct vane_cel_scratch *scratch)
{
    for (uint32_t i = 0; i < node->n; i++) {
        struct vane_cel_value value = vane_cel_run(node->children[i], scratch);

        if (value.kind == VANE_CEL_BOOL && value.truth == decides)
            return node->children[i];
    }
    return NULL;
}

/* One step towards the part that decided; NULL when this is it. */
static const struct vane_cel_node *inwards(const struct vane_cel_node *node,
                                           struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value;

    switch (node->op) {
    case VANE_CEL_OP_AND:
        return decisive(node, false, scratch);
    case VANE_CEL_OP_OR:
        return decisive(node, true, scratch);
    case VANE_CEL_OP_NOT:
        return node->children[0]->op == VANE_CEL_OP_AND || node->children[0]->op == VANE_CEL_OP_OR
                   ? inwards(node->children[0], scratch)
                   : NULL;
    case VANE_CEL_OP_CONDITIONAL:
        value = vane_cel_run(node->children[0], scratch);
        return value.kind == VANE_CEL_BOOL ? node->children[value.truth ? 1 : 2] : NULL;
    default:
        return NULL;
    }
}

void vane_cel_explain(const struct vane_cel_program *program, const struct vane_cel_input *input,
                      struct vane_cel_scratch *scratch, struct vane_cel_reason *reason)
{
    struct vane_cel_value value = vane_cel_evaluate(program, input, scratch);
    const struct vane_cel_node *node = program->root, *next;

    if (vane_cel_is_error(value)) {
        *reason = (struct vane_cel_reason){value.problem->offset, value.problem->length, value};
        return;
    }
    /* What the whole was allowed to cost each part may cost again. */
    while ((next = (scratch->left = scratch->limit, inwards(node, scratch))))
        node = next;
    scratch->left = scratch->limit;
    value = node == program->root ? value : vane_cel_run(node, scratch);
    *reason = (struct vane_cel_reason){node->offset, node->length, value};
}
