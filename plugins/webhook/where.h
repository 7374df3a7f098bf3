/*
 * Where=: an expression of CEL over an event. Its names are `topic`, `id`, `seq`, `time` and
 * `cause`, and the fields of the payload; has(NAME) tells whether the event has a field.
 */
#ifndef NETVANE_WEBHOOK_WHERE_H
#define NETVANE_WEBHOOK_WHERE_H

#include <netvane/host.h>

struct vane_where;

/* NULL with `why` (to be freed with g_free()) for what is no condition. */
struct vane_where *vane_where_new(const char *text, char **why);
void vane_where_free(struct vane_where *where);

/* 1: it holds; 0: it does not; -EINVAL: it cannot be told of this event, and `why`, which is valid
 * until the next call, says why. */
int vane_where_holds(struct vane_where *where, const struct vane_bus *bus,
                     const struct vane_event *event, const char **why);

#endif
