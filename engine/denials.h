/*
 * Events of what the gate denied. Of one action of one asker at most so many a second are
 * published; the next one says how many were not.
 */
#ifndef NETVANE_ENGINE_DENIALS_H
#define NETVANE_ENGINE_DENIALS_H

#include <netvane/gate.h>

struct vane_denials;
struct vane_engine;

struct vane_denials *vane_denials_new(struct vane_engine *engine);
void vane_denials_free(struct vane_denials *denials);

void vane_denials_tell(struct vane_denials *denials, const char *asker,
                       const struct vane_gate_request *request, const struct vane_verdict *verdict);

#endif
