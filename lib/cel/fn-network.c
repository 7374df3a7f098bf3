/* cidr(p): a network from its text. What it contains is asked with contains(). */
#include <glib.h>

#include "lib/cel/functions.h"
#include "lib/cel/network.h"

static struct vane_cel_value cidr(const struct vane_cel_node *node,
                                  const struct vane_cel_value *arguments,
                                  struct vane_cel_scratch *scratch)
{
    struct vane_cel_value text = arguments[0];
    struct vane_cel_network *network;

    if (text.kind == VANE_CEL_NETWORK)
        return text;
    network = vane_cel_arena_alloc(&scratch->arena, sizeof(*network));
    if (!network)
        return vane_cel_exhausted(scratch, node);
    if (!vane_cel_network_parse(text.len ? text.text : "", text.len, network))
        return vane_cel_failf(scratch, node, "not a network (as 10.0.0.0/8): %.*s",
                              (int)MIN(text.len, 64), text.len ? text.text : "");
    return (struct vane_cel_value){.kind = VANE_CEL_NETWORK, .network = network};
}

const struct vane_cel_function vane_cel_network_functions[] = {
    {"cidr",
     cidr,
     {VANE_CEL_K(STRING) | VANE_CEL_K(NETWORK)},
     VANE_CEL_GLOBAL,
     1,
     1,
     VANE_CEL_NETWORK},
    {NULL, NULL, {0}, 0, 0, 0, 0},
};
