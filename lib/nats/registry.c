/* From the numbers in libnats' closures to clients. See client-internal.h. */
#include "lib/nats/client-internal.h"

static GMutex lock;
static GHashTable *clients; /* number -> struct vane_nats */
static uint32_t last;

uint32_t vane_nats_register(struct vane_nats *client)
{
    uint32_t id;

    g_mutex_lock(&lock);
    if (!clients)
        clients = g_hash_table_new(NULL, NULL);
    do
        id = ++last;
    while (id == 0 || g_hash_table_contains(clients, GUINT_TO_POINTER(id)));
    g_hash_table_insert(clients, GUINT_TO_POINTER(id), client);
    g_mutex_unlock(&lock);
    return id;
}

void vane_nats_forget(uint32_t id)
{
    g_mutex_lock(&lock);
    g_hash_table_remove(clients, GUINT_TO_POINTER(id));
    if (g_hash_table_size(clients) == 0)
        g_clear_pointer(&clients, g_hash_table_unref);
    g_mutex_unlock(&lock);
}

struct vane_nats *vane_nats_find(const void *closure)
{
    struct vane_nats *client;

    g_mutex_lock(&lock);
    client = clients ? g_hash_table_lookup(clients, closure) : NULL;
    if (client)
        vane_nats_ref(client);
    g_mutex_unlock(&lock);
    return client;
}
