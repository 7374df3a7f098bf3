/* One evaluation from its input to its value, and which part of the expression decided it. */
#include <glib.h>

#include "lib/cel/eval.h"
#include "lib/cel/program.h"

/* The search for what decided may cost this many times the evaluation, and steps more. */
#define SEARCH_TIMES 8u
#define SEARCH_MIN   1000u

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
    uint64_t cost = scratch->limit - scratch->left;

    if (vane_cel_is_error(value)) {
        *reason = (struct vane_cel_reason){value.problem->offset, value.problem->length, value};
        return;
    }
    scratch->left = SEARCH_MIN + SEARCH_TIMES * cost; /* then a larger part has to do */
    while ((next = inwards(node, scratch)))
        node = next;
    scratch->left = scratch->limit;
    value = node == program->root ? value : vane_cel_run(node, scratch);
    *reason = (struct vane_cel_reason){node->offset, node->length, value};
}

/* Nodes that were folded into a literal have no names; children of a macro are its parts. */
static void names_in(const struct vane_cel_node *node, size_t from, size_t to,
                     void (*visit)(void *user, size_t slot, const char *name), void *user)
{
    bool is_name = node->op == VANE_CEL_OP_NAME || (node->op == VANE_CEL_OP_HAS && node->n == 0);

    if (is_name && node->offset >= from && node->offset < to)
        visit(user, node->slot, node->text);
    for (uint32_t i = 0; i < node->n; i++)
        if (node->children[i])
            names_in(node->children[i], from, to, visit, user);
}

void vane_cel_program_names_in(const struct vane_cel_program *program, size_t offset, size_t length,
                               void (*visit)(void *user, size_t slot, const char *name), void *user)
{
    names_in(program->root, offset, offset + length, visit, user);
}
