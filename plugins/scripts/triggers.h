/* From events to directories: which STATE.d an event calls for. Pure. */
#ifndef NETVANE_SCRIPTS_TRIGGERS_H
#define NETVANE_SCRIPTS_TRIGGERS_H

#include <stdbool.h>

#include <glib.h>

/* What a trigger replaces when triggers are coalesced. */
enum vane_trigger_kind {
    VANE_TRIGGER_ADMINISTRATIVE,
    VANE_TRIGGER_OPERATIONAL,
    VANE_TRIGGER_ADDRESS, /* ip-added and ip-removed of one address */
    VANE_TRIGGER_LINK,    /* a link.* or wifi.* topic: the newer one tells all */
    VANE_TRIGGER_EVENT,   /* any other topic: each one counts */
};

struct vane_trigger {
    enum vane_trigger_kind kind;
    char *state;   /* $STATE, and with ".d" the directory */
    char *address; /* of VANE_TRIGGER_ADDRESS, without prefix length; else NULL */
};

/* What an event says, as far as triggers are concerned. What is absent is NULL. */
struct vane_trigger_facts {
    const char *topic;
    const char *administrative, *operational; /* of the snapshot that a link event carries */
    bool administrative_changed, operational_changed; /* as link.state tells */
    bool from_networkd;                               /* the states are networkd's */
    const char *address; /* of an address event, maybe with prefix length */
};

/*
 * The triggers of an event, in the order in which they run: administrative before operational,
 * addresses, then the topic itself. Free with g_ptr_array_unref().
 */
GPtrArray *vane_triggers_of(const struct vane_trigger_facts *facts);

/* Those of a link found at the start, for its two states. */
GPtrArray *vane_triggers_of_start(const char *administrative, const char *operational);

/* Does a waiting `older` trigger become pointless when `newer` of the same link comes? */
gboolean vane_trigger_supersedes(const struct vane_trigger *newer,
                                 const struct vane_trigger *older);

struct vane_trigger *vane_trigger_copy(const struct vane_trigger *trigger);
void vane_trigger_free(struct vane_trigger *trigger);

#endif
