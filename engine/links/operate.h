/*
 * Requests about links by the engine itself, for operators: as create(), remove() and change() of
 * netvane/links.h, in the daemon's network namespace. `done` is called once unless a negative
 * errno is returned.
 */
#ifndef NETVANE_ENGINE_LINKS_OPERATE_H
#define NETVANE_ENGINE_LINKS_OPERATE_H

#include <netvane/links.h>

#include "engine/engine.h"

int vane_link_operate_create(struct vane_engine *engine, const struct vane_link_create *create,
                             vane_link_done done, void *user);
int vane_link_operate_remove(struct vane_engine *engine, uint32_t ifindex, vane_link_done done,
                             void *user);
int vane_link_operate_change(struct vane_engine *engine, uint32_t ifindex,
                             const struct vane_link_change *change, vane_link_done done,
                             void *user);

#endif
