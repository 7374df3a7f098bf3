/*
 * A link as networkctl(1) describes it, put together from its snapshot: the `json` of a script has
 * the labels and the forms of `networkctl status` of systemd 252, as networkd-dispatcher reads
 * them.
 */
#ifndef NETVANE_SCRIPTS_STATUS_H
#define NETVANE_SCRIPTS_STATUS_H

#include <stdbool.h>

#include <netvane/bus.h>

#include "plugins/scripts/document.h"
#include "plugins/scripts/facts.h"

struct vane_status_input {
    const struct vane_bus *bus;
    const struct vane_payload *link;  /* the snapshot; NULL: no link is involved */
    const char *administrative_state; /* those of the event; NULL: unknown */
    const char *operational_state;
    bool gone; /* the link has lingered: there is nothing to describe any more */
};

/* The whole document. `facts` may be NULL. */
struct vane_document *vane_status_document(const struct vane_status_input *input,
                                           const struct vane_facts *facts);

/* A member as text, whatever its type: lists give their first value. NULL when absent. */
char *vane_status_text(const struct vane_bus *bus, const struct vane_payload *payload,
                       const char *name);

#endif
