/* Names become slots, calls functions: what a tree of nodes means in its environment. */
#include <stdarg.h>
#include <string.h>

#include "lib/cel/eval.h"
#include "lib/cel/pattern.h"
#include "lib/cel/program.h"

bool vane_cel_complain(struct vane_cel_resolver *resolver, const struct vane_cel_node *node,
                       const char *format, ...)
{
    va_list arguments;

    if (resolver->complaint->message)
        return false;
    va_start(arguments, format);
    resolver->complaint->message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    resolver->complaint->offset = node->offset;
    return false;
}

/* The expression of matches() is compiled with the program if it is a literal. */
static bool compile_pattern(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    const struct vane_cel_node *literal = node->n == 2 ? node->children[1] : NULL;
    struct vane_regex_error error;
    struct vane_cel_pattern *pattern;
    struct vane_regex *regex;

    if (!literal || strcmp(node->function->name, "matches") != 0 ||
        literal->op != VANE_CEL_OP_LITERAL || literal->literal.kind != VANE_CEL_STRING)
        return true;
    regex = vane_regex_new(literal->literal.len ? literal->literal.text : "", literal->literal.len,
                           &error);
    if (!regex)
        return vane_cel_complain(resolver, literal, "no regular expression: %s", error.reason);
    pattern = g_new(struct vane_cel_pattern, 1);
    *pattern = (struct vane_cel_pattern){.next = resolver->program->patterns, .regex = regex};
    resolver->program->patterns = pattern;
    node->pattern = pattern;
    return true;
}

static bool resolve_children(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    for (uint32_t i = 0; i < node->n; i++)
        if (!vane_cel_resolve(resolver, node->children[i]))
            return false;
    return true;
}

/* "optional.of(x)": not a call of a member, but of a function with a dotted name. */
static void take_dotted(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    const struct vane_cel_node *target = node->method ? node->children[0] : NULL;
    g_autofree char *name = NULL;
    bool known;

    if (!target || target->op != VANE_CEL_OP_NAME || vane_cel_name_known(resolver, target))
        return;
    name = g_strconcat(target->text, ".", node->text, NULL);
    node->function = vane_cel_function_find(name, false, node->n - 1, &known);
    if (!node->function)
        return;
    node->method = false;
    node->children++;
    node->n--;
}

static bool resolve_call(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    bool known, other;

    take_dotted(resolver, node);
    if (node->function)
        return resolve_children(resolver, node);
    node->function = vane_cel_function_find(node->text, node->method, node->n, &known);
    if (node->function)
        return resolve_children(resolver, node) && compile_pattern(resolver, node);
    if (known)
        return vane_cel_complain(resolver, node, "%s() does not take %u argument%s", node->text,
                                 node->n - node->method, node->n - node->method == 1 ? "" : "s");
    vane_cel_function_find(node->text, !node->method, node->n, &other);
    if (other)
        return vane_cel_complain(
            resolver, node, node->method ? "%s() is called as %s(x)" : "%s() is called as x.%s()",
            node->text, node->text);
    return vane_cel_complain(resolver, node, "unknown function \"%s\"", node->text);
}

static bool resolve_inner(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    bool done;

    switch (node->op) {
    case VANE_CEL_OP_NAME:
    case VANE_CEL_OP_SELECT:
        return vane_cel_resolve_name(resolver, node);
    case VANE_CEL_OP_CALL:
        return vane_cel_resolve_macro(resolver, node, &done) &&
               (done || resolve_call(resolver, node));
    default:
        return resolve_children(resolver, node);
    }
}

bool vane_cel_resolve(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    if (!resolve_inner(resolver, node) || !vane_cel_check(resolver, node))
        return false;
    vane_cel_choose(node);
    vane_cel_fold(resolver, node);
    return true;
}

void vane_cel_choose(struct vane_cel_node *node)
{
    switch ((enum vane_cel_op)node->op) {
    case VANE_CEL_OP_LITERAL:
    case VANE_CEL_OP_NAME:
    case VANE_CEL_OP_LOCAL:
    case VANE_CEL_OP_SELECT:
    case VANE_CEL_OP_HAS:
    case VANE_CEL_OP_INDEX:
        node->eval = vane_cel_choose_access(node);
        break;
    case VANE_CEL_OP_CALL:
    case VANE_CEL_OP_LIST:
    case VANE_CEL_OP_MAP:
        node->eval = vane_cel_choose_builder(node);
        break;
    case VANE_CEL_OP_AND:
    case VANE_CEL_OP_OR:
    case VANE_CEL_OP_NOT:
    case VANE_CEL_OP_CONDITIONAL:
        node->eval = vane_cel_choose_logic(node);
        break;
    case VANE_CEL_OP_EQUAL:
    case VANE_CEL_OP_UNEQUAL:
    case VANE_CEL_OP_LESS:
    case VANE_CEL_OP_LESS_EQUAL:
    case VANE_CEL_OP_GREATER:
    case VANE_CEL_OP_GREATER_EQUAL:
    case VANE_CEL_OP_IN:
        node->eval = vane_cel_choose_comparison(node);
        break;
    case VANE_CEL_OP_NEGATE:
    case VANE_CEL_OP_ADD:
    case VANE_CEL_OP_SUBTRACT:
    case VANE_CEL_OP_MULTIPLY:
    case VANE_CEL_OP_DIVIDE:
    case VANE_CEL_OP_MODULO:
        node->eval = vane_cel_choose_arithmetic(node);
        break;
    case VANE_CEL_OP_MACRO:
    case VANE_CEL_OP_BIND:
        node->eval = vane_cel_choose_macro(node);
        break;
    }
}
