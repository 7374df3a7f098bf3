/* What objects offer, remembered. See objects.h. */
#include "plugins/cluster/objects.h"

#include <string.h>

#include <sodium.h>

#define SERVICES_MAX 256u
#define OBJECTS_MAX  4096u /* of one service */

struct vane_objects {
    GHashTable *services; /* name -> struct service */
    GHashTable *kinds;    /* hash of the XML -> struct vane_description */
};

struct service {
    struct vane_objects *objects;
    char *name;
    sd_bus_slot *match;
    GHashTable *paths; /* path -> struct vane_description */
};

static void free_service(gpointer value)
{
    struct service *service = value;

    sd_bus_slot_unref(service->match);
    g_hash_table_unref(service->paths);
    g_free(service->name);
    g_free(service);
}

static void unref_description(gpointer description)
{
    vane_description_unref(description);
}

struct vane_objects *vane_objects_new(void)
{
    struct vane_objects *objects = g_new0(struct vane_objects, 1);

    objects->services = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_service);
    objects->kinds = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
                                           (GDestroyNotify)g_bytes_unref, unref_description);
    return objects;
}

void vane_objects_free(struct vane_objects *objects)
{
    if (!objects)
        return;
    g_hash_table_unref(objects->services);
    g_hash_table_unref(objects->kinds);
    g_free(objects);
}

/* The match stays: who asked once asks again. */
static int on_owner_changed(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct service *service = user;

    g_hash_table_remove_all(service->paths);
    if (g_hash_table_size(service->objects->kinds) > OBJECTS_MAX)
        g_hash_table_remove_all(service->objects->kinds);
    return 0;
}

int vane_objects_watch(struct vane_objects *objects, sd_bus *bus, const char *destination)
{
    struct service *service = g_hash_table_lookup(objects->services, destination);
    g_autofree char *rule = NULL;
    int r;

    if (service)
        return 0;
    if (g_hash_table_size(objects->services) >= SERVICES_MAX)
        g_hash_table_remove_all(objects->services);
    rule = g_strdup_printf("type='signal',sender='org.freedesktop.DBus',"
                           "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%s'",
                           destination);
    service = g_new0(struct service, 1);
    service->objects = objects;
    service->name = g_strdup(destination);
    service->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_description);
    r = sd_bus_add_match_async(bus, &service->match, rule, on_owner_changed, NULL, service);
    if (r < 0) {
        free_service(service);
        return r;
    }
    g_hash_table_insert(objects->services, service->name, service);
    return 0;
}

struct vane_description *vane_objects_find(const struct vane_objects *objects,
                                           const char *destination, const char *path)
{
    struct service *service = g_hash_table_lookup(objects->services, destination);

    return service ? g_hash_table_lookup(service->paths, path) : NULL;
}

static struct vane_description *describe(struct vane_objects *objects, const char *xml,
                                         const char **problem)
{
    uint8_t hash[crypto_generichash_BYTES];
    size_t length = strlen(xml);
    struct vane_description *description;
    g_autoptr(GBytes) key = NULL;

    crypto_generichash(hash, sizeof(hash), (const uint8_t *)xml, length, NULL, 0);
    key = g_bytes_new(hash, sizeof(hash));
    description = g_hash_table_lookup(objects->kinds, key);
    if (description)
        return description;
    description = vane_description_parse(xml, length, problem);
    if (description)
        g_hash_table_insert(objects->kinds, g_steal_pointer(&key), description);
    return description;
}

struct vane_description *vane_objects_put(struct vane_objects *objects, const char *destination,
                                          const char *path, const char *xml, const char **problem)
{
    struct service *service = g_hash_table_lookup(objects->services, destination);
    struct vane_description *description;

    if (g_hash_table_size(objects->kinds) >= OBJECTS_MAX)
        g_hash_table_remove_all(objects->kinds);
    description = describe(objects, xml, problem);
    if (!description || !service)
        return description;
    if (g_hash_table_size(service->paths) >= OBJECTS_MAX)
        g_hash_table_remove_all(service->paths);
    g_hash_table_replace(service->paths, g_strdup(path), vane_description_ref(description));
    return description;
}
