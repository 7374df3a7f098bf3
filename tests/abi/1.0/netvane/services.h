/*
 * Services: named, versioned tables that plugins offer to each other. What a service's table
 * looks like is declared in netvane/services/NAME.h; each table begins with uint32_t size,
 * version and grows at its end only.
 */
#ifndef NETVANE_SERVICES_H
#define NETVANE_SERVICES_H

#include <netvane/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vane_service;       /* opaque: an offer */
struct vane_service_watch; /* opaque: a consumer's interest */

struct vane_services {
    uint32_t size, version;

    /*
     * Offers a table under a name, for major version `version`. -EEXIST when another plugin offers
     * it. The table stays valid until withdrawn; watchers are told at once. Since 1.0.
     */
    int (*offer)(struct vane_self *self, const char *name, uint32_t version, const void *table,
                 void *provider, struct vane_service **service);

    /* Takes an offer back; watchers are told before this returns. Since 1.0. */
    int (*withdraw)(struct vane_self *self, struct vane_service *service);

    /*
     * Tells when a service of this name and version comes (`table` and the `provider` to pass to
     * its functions) and when it goes (`table` NULL: not to be used from now on). Called at once
     * when it is there already. Since 1.0.
     */
    int (*watch)(struct vane_self *self, const char *name, uint32_t version,
                 void (*changed)(void *user, const void *table, void *provider), void *user,
                 struct vane_service_watch **watch);

    /* Ends a watch. Since 1.0. */
    int (*unwatch)(struct vane_self *self, struct vane_service_watch *watch);
};

#ifdef __cplusplus
}
#endif

#endif
