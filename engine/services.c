/*
 * Services. See services.h. Each watch remembers which offer it was told of; settle() tells those
 * that are behind, and starts anew after each call, since a callback may change everything.
 */
#include "engine/services.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "engine/engine.h"

/* Plugins that offer and withdraw in answer to each other must not use up the stack. */
#define NESTING_MAX 16

struct vane_service_registry {
    GQueue services, watches; /* by their link */
    uint64_t last_serial;
    unsigned nesting;
};

struct vane_service {
    struct vane_ledger_entry entry;
    GList link;
    struct vane_service_registry *registry;
    struct vane_self *self;
    uint64_t serial;
    char *name;
    uint32_t version;
    const void *table;
    void *provider;
};

struct vane_service_watch {
    struct vane_ledger_entry entry;
    GList link;
    struct vane_service_registry *registry;
    struct vane_self *self;
    char *name;
    uint32_t version;
    uint64_t told; /* the serial of the offer that it knows; 0: none */
    void (*changed)(void *user, const void *table, void *provider);
    void *user;
};

int vane_service_registry_new(struct vane_service_registry **registry)
{
    *registry = g_new0(struct vane_service_registry, 1);
    return 0;
}

void vane_service_registry_free(struct vane_service_registry *registry)
{
    if (!registry)
        return;
    g_assert(registry->services.length == 0 && registry->watches.length == 0);
    g_free(registry);
}

static struct vane_service *find_service(const struct vane_service_registry *registry,
                                         const char *name, uint32_t version)
{
    for (GList *at = registry->services.head; at; at = at->next) {
        struct vane_service *service = at->data;

        if (service->version == version && strcmp(service->name, name) == 0)
            return service;
    }
    return NULL;
}

static unsigned count_watchers(const struct vane_service_registry *registry,
                               const struct vane_service *service)
{
    unsigned count = 0;

    for (const GList *at = registry->watches.head; at; at = at->next) {
        const struct vane_service_watch *watch = at->data;

        count += watch->told == service->serial;
    }
    return count;
}

int vane_service_registry_at(const struct vane_service_registry *registry, unsigned index,
                             struct vane_service_status *status)
{
    const struct vane_service *service = g_queue_peek_nth((GQueue *)&registry->services, index);

    if (!service)
        return -ENOENT;
    *status = (struct vane_service_status){
        .name = service->name,
        .provider = service->self->name,
        .version = service->version,
        .watchers = count_watchers(registry, service),
    };
    return 0;
}

static void tell(struct vane_service_watch *watch, const struct vane_service *service)
{
    struct vane_call call;

    watch->told = service ? service->serial : 0;
    vane_call_begin(&call, watch->self, "service");
    watch->changed(watch->user, service ? service->table : NULL,
                   service ? service->provider : NULL);
    vane_call_end(&call);
}

/* Tells one watch that is behind: of an end first, then of a beginning. False: all know. */
static bool tell_one(struct vane_service_registry *registry)
{
    for (GList *at = registry->watches.head; at; at = at->next) {
        struct vane_service_watch *watch = at->data;
        const struct vane_service *service = find_service(registry, watch->name, watch->version);

        if (watch->told == (service ? service->serial : 0))
            continue;
        tell(watch, watch->told ? NULL : service);
        return true;
    }
    return false;
}

static void settle(struct vane_service_registry *registry)
{
    registry->nesting++;
    while (tell_one(registry))
        ;
    registry->nesting--;
}

static void remove_service(struct vane_service *service)
{
    vane_ledger_strike(&service->entry);
    g_queue_unlink(&service->registry->services, &service->link);
    g_free(service->name);
    g_free(service);
}

static void remove_watch(struct vane_service_watch *watch)
{
    vane_ledger_strike(&watch->entry);
    g_queue_unlink(&watch->registry->watches, &watch->link);
    g_free(watch->name);
    g_free(watch);
}

static void revoke_watch(struct vane_ledger_entry *entry)
{
    G_STATIC_ASSERT(offsetof(struct vane_service_watch, entry) == 0);
    remove_watch((struct vane_service_watch *)(void *)entry);
}

/* A plugin that is being revoked is not called, not even about its own services. */
static void remove_watches_of(struct vane_service_registry *registry, const struct vane_self *self)
{
    for (GList *at = registry->watches.head, *next; at; at = next) {
        struct vane_service_watch *watch = at->data;

        next = at->next;
        if (watch->self == self)
            remove_watch(watch);
    }
}

static void revoke_service(struct vane_ledger_entry *entry)
{
    struct vane_service *service = (struct vane_service *)(void *)entry;
    struct vane_service_registry *registry = service->registry;

    G_STATIC_ASSERT(offsetof(struct vane_service, entry) == 0);
    remove_watches_of(registry, service->self);
    remove_service(service);
    settle(registry);
}

static bool is_name(const char *name)
{
    size_t length = name ? strnlen(name, 65) : 0;

    if (length == 0 || length > 64 || !g_ascii_isalnum(name[0]))
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-")] == '\0';
}

static int services_offer(struct vane_self *self, const char *name, uint32_t version,
                          const void *table, void *provider, struct vane_service **service)
{
    struct vane_service_registry *registry;
    struct vane_service *made;
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (!is_name(name) || !table || !service)
        return -EINVAL;
    registry = self->engine->services;
    if (registry->nesting >= NESTING_MAX)
        return -ELOOP;
    made = find_service(registry, name, version);
    if (made) {
        vane_error(self->name, "cannot offer the service %s: plugin %s offers it", name,
                   made->self->name);
        return -EEXIST;
    }
    made = g_new0(struct vane_service, 1);
    vane_ledger_enter(&self->ledger, &made->entry, "service", revoke_service);
    made->registry = registry;
    made->self = self;
    made->serial = ++registry->last_serial;
    made->name = g_strdup(name);
    made->version = version;
    made->table = table;
    made->provider = provider;
    made->link.data = made;
    g_queue_push_tail_link(&registry->services, &made->link);
    *service = made;
    settle(registry);
    return 0;
}

static int services_withdraw(struct vane_self *self, struct vane_service *service)
{
    struct vane_service_registry *registry;
    int r = vane_enter(self);

    if (r < 0 || !service)
        return r;
    if (service->entry.ledger != &self->ledger)
        return -EPERM;
    registry = service->registry;
    remove_service(service);
    settle(registry);
    return 0;
}

static int services_watch(struct vane_self *self, const char *name, uint32_t version,
                          void (*changed)(void *user, const void *table, void *provider),
                          void *user, struct vane_service_watch **watch)
{
    struct vane_service_registry *registry;
    struct vane_service_watch *made;
    int r = vane_enter(self);

    if (r < 0)
        return r;
    if (!is_name(name) || !changed || !watch)
        return -EINVAL;
    registry = self->engine->services;
    if (registry->nesting >= NESTING_MAX)
        return -ELOOP;
    made = g_new0(struct vane_service_watch, 1);
    vane_ledger_enter(&self->ledger, &made->entry, "service watch", revoke_watch);
    made->registry = registry;
    made->self = self;
    made->name = g_strdup(name);
    made->version = version;
    made->changed = changed;
    made->user = user;
    made->link.data = made;
    g_queue_push_tail_link(&registry->watches, &made->link);
    *watch = made;
    settle(registry);
    return 0;
}

static int services_unwatch(struct vane_self *self, struct vane_service_watch *watch)
{
    int r = vane_enter(self);

    if (r < 0 || !watch)
        return r;
    if (watch->entry.ledger != &self->ledger)
        return -EPERM;
    remove_watch(watch);
    return 0;
}

const struct vane_services vane_services_table = {
    .size = sizeof(struct vane_services),
    .version = 0,
    .offer = services_offer,
    .withdraw = services_withdraw,
    .watch = services_watch,
    .unwatch = services_unwatch,
};
