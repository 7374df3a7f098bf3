/* The functions that evaluate nodes, by the kind of node. For lib/cel alone. */
#ifndef NETVANE_LIB_CEL_EVAL_H
#define NETVANE_LIB_CEL_EVAL_H

#include "lib/cel/functions.h"
#include "lib/cel/node.h"
#include "lib/cel/scratch.h"

/* Gives a node whose children have theirs the function that evaluates it. */
void vane_cel_choose(struct vane_cel_node *node);

vane_cel_eval vane_cel_choose_logic(const struct vane_cel_node *node);
vane_cel_eval vane_cel_choose_arithmetic(const struct vane_cel_node *node);
/* May note in the node what it compares, for less work in evaluation. */
vane_cel_eval vane_cel_choose_comparison(struct vane_cel_node *node);
/* For a call with a name and a literal, if there is one; else NULL. */
vane_cel_eval vane_cel_choose_text_test(struct vane_cel_node *node);
vane_cel_eval vane_cel_choose_access(const struct vane_cel_node *node);
vane_cel_eval vane_cel_choose_builder(struct vane_cel_node *node);
vane_cel_eval vane_cel_choose_macro(const struct vane_cel_node *node);

/* What a name stands for when that is not simply in its slot: asked for, or an error. */
struct vane_cel_value vane_cel_look_up(const struct vane_cel_node *node,
                                       struct vane_cel_scratch *scratch, uint32_t slot);

static inline struct vane_cel_value vane_cel_load(const struct vane_cel_node *node,
                                                  struct vane_cel_scratch *scratch, uint32_t slot)
{
    if (__builtin_expect(scratch->slots != NULL, 1)) {
        struct vane_cel_value value = scratch->slots[slot];

        if (__builtin_expect(value.kind > VANE_CEL_ERROR, 1))
            return value;
    }
    return vane_cel_look_up(node, scratch, slot);
}

/* Both operands of a node, the left one first. False: one is an error, which `sides[0]` then is. */
static inline bool vane_cel_run_both(const struct vane_cel_node *node,
                                     struct vane_cel_scratch *scratch,
                                     struct vane_cel_value sides[2])
{
    sides[0] = vane_cel_run(node->children[0], scratch);
    if (vane_cel_is_error(sides[0]))
        return false;
    sides[1] = vane_cel_run(node->children[1], scratch);
    if (!vane_cel_is_error(sides[1]))
        return true;
    sides[0] = sides[1];
    return false;
}

/* Puts key and value at the end of a map that is being built, with room for them. */
struct vane_cel_value vane_cel_add_entry(const struct vane_cel_node *node,
                                         struct vane_cel_scratch *scratch,
                                         struct vane_cel_value *map, struct vane_cel_value key,
                                         struct vane_cel_value value);

/* One value, or none, as an optional. */
struct vane_cel_value vane_cel_some(const struct vane_cel_node *node,
                                    struct vane_cel_scratch *scratch, struct vane_cel_value value);
static inline struct vane_cel_value vane_cel_none(void)
{
    return (struct vane_cel_value){.kind = VANE_CEL_OPTIONAL};
}

#endif
