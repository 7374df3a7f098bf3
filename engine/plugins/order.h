/*
 * In which order plugins are initialised: by name, but after what they require or name in
 * `after`. A pure function.
 */
#ifndef NETVANE_ENGINE_PLUGINS_ORDER_H
#define NETVANE_ENGINE_PLUGINS_ORDER_H

#include <stddef.h>

struct vane_order_item {
    const char *name;
    const char *const *requires_plugins; /* ends with NULL, or NULL */
    const char *const *after_plugins;
    char *refusal; /* out: why it cannot be initialised; NULL: it can. To be freed */
};

/*
 * Sorts `items` in place by name, refuses those with a missing or circular requirement and those
 * that require them, and writes the indexes of the others in order. `order` has room for `count`.
 * Returns how many. A circle of `after` alone is broken at the first name.
 */
size_t vane_order(struct vane_order_item *items, size_t count, size_t *order);

#endif
