/*
 * The gate: whoever is about to do something with an effect asks first.
 *
 * Without a gatekeeper, what is local is allowed, what comes from another machine may read, and
 * anything else from another machine is denied. Every denial is published as `policy.denied`.
 */
#ifndef NETVANE_GATE_H
#define NETVANE_GATE_H

#include <netvane/abi.h>
#include <netvane/bus.h>
#include <netvane/fields.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a request comes from. Since 1.0. */
#define VANE_ORIGIN_LOCAL  0u
#define VANE_ORIGIN_REMOTE 1u

/* What it would do. Since 1.0. */
#define VANE_ACCESS_READ   0u
#define VANE_ACCESS_CHANGE 1u
/* A change that the asker's own configuration allows to this very caller: without a gatekeeper it
 * is allowed from another machine, too. Since 1.1. */
#define VANE_ACCESS_GRANTED 2u

struct vane_gate_request {
    uint32_t size;   /* sizeof(struct vane_gate_request) */
    uint32_t origin; /* VANE_ORIGIN_... */
    uint32_t access; /* VANE_ACCESS_... */
    uint32_t reserved;
    const char *action;              /* dotted tokens: "script.run", "vcan.create" */
    const struct vane_fields *facts; /* what rules can match; may be NULL */
    const struct vane_event *cause;  /* the event that led to it, or NULL */
};

struct vane_verdict {
    uint32_t size;    /* sizeof(struct vane_verdict) */
    uint32_t allowed; /* 1 or 0 */
    char rule[64];    /* what decided: a rule's name, "default", "no-gatekeeper", "error"; since
                       * 1.1 "starting": the rules are not read yet, ask again */
    char reason[192]; /* one sentence for people */
};

struct vane_gate {
    uint32_t size, version;

    /*
     * Asks. Returns 1 for allowed, 0 for denied, or a negative errno, which means denied. `verdict`
     * may be NULL; its size must be set. Since 1.0.
     */
    int (*check)(struct vane_self *self, const struct vane_gate_request *request,
                 struct vane_verdict *verdict);

    /*
     * Makes this plugin the gatekeeper; -EEXIST when there is one. `decide` fills the verdict,
     * which comes in as the default one; a negative errno denies what is remote and leaves the
     * default for what is local. NULL gives the office up. Since 1.0.
     */
    int (*keep)(struct vane_self *self,
                int (*decide)(void *user, const char *asker,
                              const struct vane_gate_request *request,
                              struct vane_verdict *verdict),
                void *user);
};

#ifdef __cplusplus
}
#endif

#endif
