/* What systemd-networkd describes as JSON, as facts. Pure. */
#ifndef NETVANE_ENGINE_LINKS_DESCRIBE_H
#define NETVANE_ENGINE_LINKS_DESCRIBE_H

#include "engine/links/snapshot.h"
#include "lib/json/reader.h"

struct vane_networkd_description {
    uint32_t index;
    char operational[VANE_STATE_WORD]; /* empty: not told */
    char administrative[VANE_STATE_WORD];
    struct vane_networkd_facts *facts;
};

/* Checks a text of networkd's and gives its root object. -EBADMSG. */
int vane_describe_open(const char *text, size_t length, struct vane_json_view *root);

/* One link: the root of Link.Describe, or an element of Interfaces of Manager.Describe. -EBADMSG.
 * The facts are to be unreferenced. What is not of the expected type counts as not told. */
int vane_describe_link(struct vane_json_view link, struct vane_networkd_description *out);

#endif
