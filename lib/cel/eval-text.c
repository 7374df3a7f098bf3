/* name.startsWith("literal") and the like, which rules are full of: without arguments to collect.
 */
#include <string.h>

#include "lib/cel/eval.h"

/* The name's text; anything else, with `*done` true, is the value of the call. */
static inline struct vane_cel_value text_of(const struct vane_cel_node *node,
                                            struct vane_cel_scratch *scratch, bool *done)
{
    struct vane_cel_value value = vane_cel_load(node->children[0], scratch, node->slot);

    *done = value.kind != VANE_CEL_STRING;
    if (__builtin_expect(!*done, 1) || vane_cel_is_error(value))
        return value;
    return vane_cel_no_overload(scratch, node, node->function->name,
                                (struct vane_cel_value[]){value, node->literal}, 2);
}

static struct vane_cel_value starts_with(const struct vane_cel_node *node,
                                         struct vane_cel_scratch *scratch)
{
    bool done;
    struct vane_cel_value text = text_of(node, scratch, &done), part = node->literal;

    if (done)
        return text;
    return vane_cel_bool(text.len >= part.len && text.text[0] == part.text[0] &&
                         memcmp(text.text, part.text, part.len) == 0);
}

static struct vane_cel_value ends_with(const struct vane_cel_node *node,
                                       struct vane_cel_scratch *scratch)
{
    bool done;
    struct vane_cel_value text = text_of(node, scratch, &done), part = node->literal;

    if (done)
        return text;
    return vane_cel_bool(text.len >= part.len &&
                         memcmp(text.text + text.len - part.len, part.text, part.len) == 0);
}

vane_cel_eval vane_cel_choose_text_test(struct vane_cel_node *node)
{
    const struct vane_cel_node *const *children =
        (const struct vane_cel_node *const *)node->children;

    if (node->n != 2 || children[0]->op != VANE_CEL_OP_NAME ||
        children[1]->op != VANE_CEL_OP_LITERAL || children[1]->literal.kind != VANE_CEL_STRING ||
        children[1]->literal.len == 0)
        return NULL;
    node->slot = children[0]->slot;
    node->literal = children[1]->literal;
    if (strcmp(node->function->name, "startsWith") == 0)
        return starts_with;
    return strcmp(node->function->name, "endsWith") == 0 ? ends_with : NULL;
}
