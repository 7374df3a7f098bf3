/*
 * Something that happened to a link, or an event about no link, as scripts are told of it: put into
 * words when the first script needs it, and then shared by all that run for it.
 */
#ifndef NETVANE_SCRIPTS_OCCURRENCE_H
#define NETVANE_SCRIPTS_OCCURRENCE_H

#include "plugins/scripts/scripts.h"
#include "plugins/scripts/document.h"

struct vane_occurrence {
    unsigned refs;
    struct vane_scripts *scripts;
    const struct vane_event *event;  /* NULL: a link that was found at the start */
    const struct vane_payload *link; /* the snapshot; NULL: about no link that is known */
    uint32_t ifindex;
    char *interface_name; /* "" when it is about no interface */
    char *administrative, *operational;
    bool gone;
    struct vane_document *document; /* on demand, with what follows */
    char *json;
    char *event_file;
};

/* Takes references on `event` and `link`, either of which may be NULL. */
struct vane_occurrence *vane_occurrence_new(struct vane_scripts *scripts,
                                            const struct vane_event *event,
                                            const struct vane_payload *link);
struct vane_occurrence *vane_occurrence_ref(struct vane_occurrence *occurrence);
/* The last one takes the event file away. */
void vane_occurrence_unref(struct vane_occurrence *occurrence);

/* The variables of a script that runs for a trigger. g_strfreev() it. */
char **vane_occurrence_environment(struct vane_occurrence *occurrence,
                                   const struct vane_trigger *trigger);

/* Removes the event files that an earlier daemon left behind. */
void vane_occurrence_sweep(struct vane_scripts *scripts);

#endif
