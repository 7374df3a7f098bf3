/* Calls that are no calls: has(), the loops over lists and maps, cel.bind(). */
#include <string.h>

#include "lib/array.h"
#include "lib/cel/eval.h"
#include "lib/cel/program.h"

static const struct {
    const char *name;
    enum vane_cel_macro macro;
    uint8_t variables, min, max; /* expressions behind the variables */
} loops[] = {
    {"all", VANE_CEL_ALL, 1, 1, 1},
    {"all", VANE_CEL_ALL, 2, 1, 1},
    {"exists", VANE_CEL_EXISTS, 1, 1, 1},
    {"exists", VANE_CEL_EXISTS, 2, 1, 1},
    {"exists_one", VANE_CEL_EXISTS_ONE, 1, 1, 1},
    {"exists_one", VANE_CEL_EXISTS_ONE, 2, 1, 1},
    {"existsOne", VANE_CEL_EXISTS_ONE, 1, 1, 1},
    {"existsOne", VANE_CEL_EXISTS_ONE, 2, 1, 1},
    {"filter", VANE_CEL_FILTER, 1, 1, 1},
    {"map", VANE_CEL_COLLECT, 1, 1, 2},
    {"transformList", VANE_CEL_COLLECT, 2, 1, 2},
    {"transformMap", VANE_CEL_TO_MAP, 2, 1, 2},
    {"transformMapEntry", VANE_CEL_TO_ENTRIES, 2, 1, 2},
    {"optMap", VANE_CEL_OPT_MAP, 1, 1, 1},
    {"optFlatMap", VANE_CEL_OPT_FLAT_MAP, 1, 1, 1},
};

bool vane_cel_declare(struct vane_cel_resolver *resolver, const struct vane_cel_node *name,
                      uint16_t *index)
{
    if (name->op != VANE_CEL_OP_NAME || name->absolute)
        return vane_cel_complain(resolver, name, "the name of a variable is wanted here");
    if (resolver->n_locals == VANE_CEL_LOCALS_MAX)
        return vane_cel_complain(resolver, name, "too many macros within each other");
    *index = resolver->n_locals;
    resolver->locals[resolver->n_locals++] =
        (struct vane_cel_local){.name = name->text, .index = *index};
    if (resolver->program->locals < resolver->n_locals)
        resolver->program->locals = resolver->n_locals;
    return true;
}

void vane_cel_undeclare(struct vane_cel_resolver *resolver, unsigned count)
{
    resolver->n_locals -= (uint16_t)count;
}

/* children: what is gone through, the variables, and then what sees them. */
static bool resolve_loop(struct vane_cel_resolver *resolver, struct vane_cel_node *node, size_t i)
{
    unsigned variables = loops[i].variables, n = node->n - variables;
    uint16_t index = 0, second;

    if (!vane_cel_resolve(resolver, node->children[0]) ||
        !vane_cel_declare(resolver, node->children[1], &index) ||
        (variables == 2 && !vane_cel_declare(resolver, node->children[2], &second)))
        return false;
    if (variables == 2 && strcmp(node->children[1]->text, node->children[2]->text) == 0)
        return vane_cel_complain(resolver, node->children[2], "both variables have one name");
    for (unsigned child = 1; child < n; child++) {
        node->children[child] = node->children[child + variables];
        if (!vane_cel_resolve(resolver, node->children[child]))
            return false;
    }
    vane_cel_undeclare(resolver, variables);
    node->op = VANE_CEL_OP_MACRO;
    node->macro = (uint8_t)loops[i].macro;
    node->variables = (uint8_t)variables;
    node->local = index;
    node->n = n;
    return true;
}

/* cel.bind(name, value, expression) */
static bool resolve_bind(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    uint16_t index = 0;

    if (!vane_cel_resolve(resolver, node->children[2]) ||
        !vane_cel_declare(resolver, node->children[1], &index) ||
        !vane_cel_resolve(resolver, node->children[3]))
        return false;
    vane_cel_undeclare(resolver, 1);
    node->op = VANE_CEL_OP_BIND;
    node->local = index;
    node->children += 2;
    node->n = 2;
    return true;
}

static bool is_bind(const struct vane_cel_node *node)
{
    const struct vane_cel_node *target = node->children[0];

    return node->n == 4 && strcmp(node->text, "bind") == 0 && target->op == VANE_CEL_OP_NAME &&
           strcmp(target->text, "cel") == 0;
}

bool vane_cel_resolve_macro(struct vane_cel_resolver *resolver, struct vane_cel_node *node,
                            bool *done)
{
    *done = true;
    if (!node->method && node->n == 1 && strcmp(node->text, "has") == 0)
        return vane_cel_resolve_has(resolver, node);
    if (node->method && is_bind(node))
        return resolve_bind(resolver, node);
    for (size_t i = 0; node->method && i < ELEMENTS(loops); i++) {
        uint32_t others = 1U + loops[i].variables;

        if (strcmp(loops[i].name, node->text) == 0 && node->n >= others + loops[i].min &&
            node->n <= others + loops[i].max)
            return resolve_loop(resolver, node, i);
    }
    *done = false;
    return true;
}
