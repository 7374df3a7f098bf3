/*
 * Types before evaluation: what each node gives, as far as declarations and literals tell. A
 * condition that could only fail is a mistake, and is refused.
 */
#include "lib/cel/compare.h"
#include "lib/cel/functions.h"
#include "lib/cel/program.h"

static bool strict(const struct vane_cel_resolver *resolver)
{
    return (resolver->environment->flags & VANE_CEL_CONDITION) != 0;
}

static const char *name_of(const struct vane_cel_node *node)
{
    return vane_cel_kind_name((enum vane_cel_kind)node->kind);
}

static bool known(const struct vane_cel_node *node)
{
    return node->kind != VANE_CEL_DYN;
}

/* A child that is known to be no bool where only that makes sense. */
static bool check_bool(struct vane_cel_resolver *resolver, const struct vane_cel_node *child)
{
    if (!strict(resolver) || !known(child) || child->kind == VANE_CEL_BOOL)
        return true;
    return vane_cel_complain(resolver, child, "this is of type %s where true or false is wanted",
                             name_of(child));
}

static bool check_logic(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    bool conditional = node->op == VANE_CEL_OP_CONDITIONAL;

    for (uint32_t i = 0; i < (conditional ? 1 : node->n); i++)
        if (!check_bool(resolver, node->children[i]))
            return false;
    if (!conditional)
        node->kind = VANE_CEL_BOOL;
    else if (node->children[1]->kind == node->children[2]->kind)
        node->kind = node->children[1]->kind;
    return true;
}

static bool comparable(const struct vane_cel_node *a, const struct vane_cel_node *b)
{
    if (!known(a) || !known(b) || a->kind == b->kind)
        return true;
    if (a->kind == VANE_CEL_NULL || b->kind == VANE_CEL_NULL)
        return true;
    return vane_cel_is_number(a->kind) && vane_cel_is_number(b->kind);
}

static bool check_comparison(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    node->kind = VANE_CEL_BOOL;
    if (!strict(resolver) || comparable(node->children[0], node->children[1]))
        return true;
    return vane_cel_complain(resolver, node, "%s is compared with %s", name_of(node->children[0]),
                             name_of(node->children[1]));
}

static bool check_in(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    const struct vane_cel_node *whole = node->children[1];

    node->kind = VANE_CEL_BOOL;
    if (!strict(resolver) || !known(whole) || whole->kind == VANE_CEL_LIST ||
        whole->kind == VANE_CEL_MAP)
        return true;
    return vane_cel_complain(resolver, whole, "\"in\" wants a list or a map, not %s",
                             name_of(whole));
}

/* Between the same types, or with a time on one side. */
static bool check_arithmetic(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    const uint32_t times = VANE_CEL_K(TIMESTAMP) | VANE_CEL_K(DURATION);
    const struct vane_cel_node *a = node->children[0], *b = node->children[1];

    if (!known(a) || !known(b))
        return true;
    if (a->kind == b->kind) {
        node->kind = a->kind != VANE_CEL_TIMESTAMP ? a->kind : VANE_CEL_DURATION;
        return true;
    }
    if ((times >> a->kind & 1) && (times >> b->kind & 1)) {
        node->kind = VANE_CEL_TIMESTAMP;
        return true;
    }
    return !strict(resolver) ||
           vane_cel_complain(resolver, node, "%s and %s do not go together here", name_of(a),
                             name_of(b));
}

static bool check_call(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    node->kind = node->function->gives;
    for (uint32_t i = 0; strict(resolver) && i < node->n; i++) {
        const struct vane_cel_node *argument = node->children[i];

        if (known(argument) && !(vane_cel_accepts(node->function, i) >> argument->kind & 1))
            return vane_cel_complain(resolver, argument, "%s() takes no %s here",
                                     node->function->name, name_of(argument));
    }
    return true;
}

static bool check_members(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    const struct vane_cel_node *target = node->children[0];
    uint32_t accepted = VANE_CEL_K(MAP) | VANE_CEL_K(OPTIONAL) |
                        (node->op == VANE_CEL_OP_INDEX ? VANE_CEL_K(LIST) : 0);

    if (node->maybe)
        node->kind = VANE_CEL_OPTIONAL;
    if (!strict(resolver) || !known(target) || (accepted >> target->kind & 1))
        return true;
    return vane_cel_complain(resolver, target, "a value of type %s has no members",
                             name_of(target));
}

static bool check_macro(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    const uint32_t ranges = VANE_CEL_K(LIST) | VANE_CEL_K(MAP);
    const struct vane_cel_node *range = node->children[0];
    enum vane_cel_macro macro = (enum vane_cel_macro)node->macro;

    if (macro >= VANE_CEL_OPT_MAP) {
        node->kind = VANE_CEL_OPTIONAL;
        return true;
    }
    if (macro <= VANE_CEL_EXISTS_ONE)
        node->kind = VANE_CEL_BOOL;
    else
        node->kind = macro <= VANE_CEL_COLLECT ? VANE_CEL_LIST : VANE_CEL_MAP;
    if (strict(resolver) && known(range) && !(ranges >> range->kind & 1))
        return vane_cel_complain(resolver, range, "the macro wants a list or a map, not %s",
                                 name_of(range));
    return (macro > VANE_CEL_FILTER && node->n == 2) || check_bool(resolver, node->children[1]);
}

bool vane_cel_check(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    switch ((enum vane_cel_op)node->op) {
    case VANE_CEL_OP_LITERAL:
    case VANE_CEL_OP_NAME:
    case VANE_CEL_OP_LOCAL:
        return true;
    case VANE_CEL_OP_SELECT:
    case VANE_CEL_OP_INDEX:
        return check_members(resolver, node);
    case VANE_CEL_OP_HAS:
        node->kind = VANE_CEL_BOOL;
        return true;
    case VANE_CEL_OP_CALL:
        return check_call(resolver, node);
    case VANE_CEL_OP_LIST:
        node->kind = VANE_CEL_LIST;
        return true;
    case VANE_CEL_OP_MAP:
        node->kind = VANE_CEL_MAP;
        return true;
    case VANE_CEL_OP_AND:
    case VANE_CEL_OP_OR:
    case VANE_CEL_OP_NOT:
    case VANE_CEL_OP_CONDITIONAL:
        return check_logic(resolver, node);
    case VANE_CEL_OP_NEGATE:
        node->kind = node->children[0]->kind;
        return true;
    case VANE_CEL_OP_EQUAL:
    case VANE_CEL_OP_UNEQUAL:
    case VANE_CEL_OP_LESS:
    case VANE_CEL_OP_LESS_EQUAL:
    case VANE_CEL_OP_GREATER:
    case VANE_CEL_OP_GREATER_EQUAL:
        return check_comparison(resolver, node);
    case VANE_CEL_OP_IN:
        return check_in(resolver, node);
    case VANE_CEL_OP_ADD:
    case VANE_CEL_OP_SUBTRACT:
    case VANE_CEL_OP_MULTIPLY:
    case VANE_CEL_OP_DIVIDE:
    case VANE_CEL_OP_MODULO:
        return check_arithmetic(resolver, node);
    case VANE_CEL_OP_MACRO:
        return check_macro(resolver, node);
    case VANE_CEL_OP_BIND:
        node->kind = node->children[1]->kind;
        return true;
    }
    return true;
}
