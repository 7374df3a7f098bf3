/* What the built-in commands and the control server ask of the engine's other parts. */
#ifndef NETVANE_ENGINE_OPERATOR_H
#define NETVANE_ENGINE_OPERATOR_H

struct vane_builtin_host;
struct vane_engine;

/* Allocated; lives as long as the command registry. */
struct vane_builtin_host *vane_operator_new(struct vane_engine *engine);

#endif
