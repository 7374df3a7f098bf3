/*
 * The gate: default rules, the one gatekeeper, and what is published of denials. Rules themselves
 * are the gatekeeper's.
 */
#ifndef NETVANE_ENGINE_GATE_H
#define NETVANE_ENGINE_GATE_H

#include <netvane/gate.h>

struct vane_engine;
struct vane_gatekeeper;

struct vane_gate_counters {
    uint64_t allowed, denied;
    uint64_t errors; /* of the gatekeeper */
};

int vane_gatekeeper_new(struct vane_engine *engine, struct vane_gatekeeper **gate);

/* The gatekeeper must have been revoked. NULL is a no-op. */
void vane_gatekeeper_free(struct vane_gatekeeper *gate);

/*
 * As the API's check(), for the engine's own requests: `asker` is the room or plugin that wants to
 * act. Returns 1 or 0, or -EINVAL.
 */
int vane_gate_ask(struct vane_gatekeeper *gate, const char *asker,
                  const struct vane_gate_request *request, struct vane_verdict *verdict);

struct vane_gate_counters vane_gate_counted(const struct vane_gatekeeper *gate);

void vane_gate_clear_counted(struct vane_gatekeeper *gate);

/* The gatekeeper's name; NULL: there is none. */
const char *vane_gate_keeper(const struct vane_gatekeeper *gate);

extern const struct vane_gate vane_gate_table;

#endif
