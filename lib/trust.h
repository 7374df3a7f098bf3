/*
 * May this file be run, loaded or obeyed as root? Only if nobody but root could have put it there
 * or could change it.
 */
#ifndef NETVANE_LIB_TRUST_H
#define NETVANE_LIB_TRUST_H

#include <stdint.h>
#include <sys/types.h>

struct vane_refusal {
    char *reason;    /* one sentence: what is wrong with what, and what would mend it */
    uint64_t change; /* changes whenever the culprit's owner, mode or content does */
};

enum vane_trust_kind {
    VANE_TRUST_PROGRAM, /* must be executable */
    VANE_TRUST_LIBRARY,
    VANE_TRUST_SETTINGS, /* of any type, which whoever reads it looks at; may be /dev/null */
};

/*
 * Follows the absolute `path` component by component, symbolic links included. Each directory on
 * the way and the file itself must belong to root or `owner` (the daemon's effective uid) and be
 * writable by nobody else, each link must belong to them, and the file must be regular (and
 * executable, if it is a program). Returns 0; -EACCES with `refusal` filled (the caller clears it);
 * -ENOENT when it is gone; or another errno of openat(2).
 */
int vane_trust_check(const char *path, enum vane_trust_kind kind, uid_t owner,
                     struct vane_refusal *refusal);

void vane_refusal_clear(struct vane_refusal *refusal);

#endif
