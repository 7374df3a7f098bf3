/*
 * Subjects of CBus: where a call goes, and where a signal comes from, as tokens of NATS.
 *
 *     dbus.agent.NKEY.DESTINATION.PATH.(prop|method).MEMBER
 *     dbus.broadcast.DESTINATION.PATH.(prop|method).MEMBER
 *     dbus.signals.NKEY.SENDER.PATH
 *
 * A destination has `_` for its colon and dots, a path has dots for its slashes, and the root path
 * no token at all. So "a.b_c" and "a.b.c" look alike, and there is no place for an interface: the
 * header Netvane-Call says it exactly, as JSON, and wins.
 */
#ifndef NETVANE_LIB_NATS_SUBJECT_H
#define NETVANE_LIB_NATS_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/keys/nkey.h"

#define VANE_CALL_HEADER "Netvane-Call"

enum vane_call_kind {
    VANE_CALL_PROPERTY, /* to read it */
    VANE_CALL_METHOD,
};

struct vane_bus_call {
    enum vane_call_kind kind;
    char *destination, *path, *member;
    char *interface; /* NULL: whichever has the member */
};

void vane_bus_call_clear(struct vane_bus_call *call);

/* The subject for a call to one machine, or with `nkey` NULL to all; to be freed. NULL: a part is
 * not a legal name of D-Bus. */
char *vane_subject_of_call(const struct vane_bus_call *call, const char *nkey);

/* The subject of a signal; NULL as above. */
char *vane_subject_of_signal(const char *nkey, const char *sender, const char *path);

/*
 * Reads a call's subject; `nkey` is then empty for a broadcast. -EINVAL: it is none. The parts are
 * legal names.
 */
int vane_subject_parse(const char *subject, char nkey[VANE_NKEY_LENGTH + 1],
                       struct vane_bus_call *call);

/* The value of Netvane-Call, to be freed. */
char *vane_call_header_format(const struct vane_bus_call *call);

/* Replaces the parts of `call`, but for its kind, by what the header says; -EINVAL: not such a
 * header. `call` is then untouched. */
int vane_call_header_parse(const char *text, struct vane_bus_call *call);

#endif
