/* The registry of services: who offers what to the other plugins, and who waits for it. */
#ifndef NETVANE_ENGINE_SERVICES_H
#define NETVANE_ENGINE_SERVICES_H

#include <netvane/services.h>

struct vane_service_registry;

int vane_service_registry_new(struct vane_service_registry **registry);

/* All offers and watches must be given up or revoked. NULL is a no-op. */
void vane_service_registry_free(struct vane_service_registry *registry);

/* One that is offered. Strings are borrowed. */
struct vane_service_status {
    const char *name, *provider;
    uint32_t version;
    unsigned watchers;
};

/* The n-th, in order of offering; -ENOENT past the last. */
int vane_service_registry_at(const struct vane_service_registry *registry, unsigned index,
                             struct vane_service_status *status);

extern const struct vane_services vane_services_table;

#endif
