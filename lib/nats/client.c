/* A client of NATS: its life, and its queues. See client.h and
 * client-internal.h. */
#include "lib/nats/client.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "lib/nats/client-internal.h"

/* ---- life ---- */

void vane_nats_interest_free(struct vane_nats_interest *interest)
{
    vane_nats_forget(interest->id);
    g_free(interest->subject);
    g_free(interest->queue);
    g_free(interest);
}

static void destroy(struct vane_nats *client)
{
    vane_nats_queue_clear(client, &client->in);
    vane_nats_queue_clear(client, &client->out);
    g_queue_clear_full(&client->refusals, g_free);
    g_free((char *)client->state.server);
    g_free((char *)client->state.problem);
    g_ptr_array_unref(client->interests);
    g_ptr_array_unref(client->announced);
    g_ptr_array_unref(client->texts);
    g_free((gpointer)client->options.servers);
    g_mutex_clear(&client->lock);
    g_cond_clear(&client->worker_wakes);
    g_cond_clear(&client->signature_comes);
    g_free(client);
}

void vane_nats_ref(struct vane_nats *client)
{
    g_atomic_ref_count_inc(&client->references);
}

void vane_nats_unref(struct vane_nats *client)
{
    if (g_atomic_ref_count_dec(&client->references))
        destroy(client);
}

static const char *keep(struct vane_nats *client, const char *text)
{
    char *copy = g_strdup(text);

    if (copy)
        g_ptr_array_add(client->texts, copy);
    return copy;
}

static void free_secret(gpointer text)
{
    sodium_memzero(text, strlen(text));
    g_free(text);
}

static void keep_servers(struct vane_nats *client, const char *const *servers)
{
    const char **kept = g_new0(const char *, g_strv_length((char **)servers) + 1);

    for (; servers[client->server_count]; client->server_count++)
        kept[client->server_count] = keep(client, servers[client->server_count]);
    client->options.servers = kept;
}

static void keep_options(struct vane_nats *client, const struct vane_nats_options *options)
{
    const char **const texts[] = {
        &client->options.name,   &client->options.nkey,      &client->options.jwt_file,
        &client->options.token,  &client->options.login,     &client->options.password,
        &client->options.tls_ca, &client->options.tls_cert,  &client->options.tls_key,
        &client->options.busy,   &client->options.busy_code,
    };

    client->options = *options;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = keep(client, *texts[i]);
    keep_servers(client, options->servers);
}

int vane_nats_new(const struct vane_nats_options *options, struct vane_nats **out, char **problem)
{
    const char *why;
    const struct vane_nats_library *library;
    struct vane_nats *client;

    if (!options->servers || !options->servers[0]) {
        *problem = g_strdup("no server of NATS is named");
        return -EINVAL;
    }
    library = vane_nats_library(&why);
    if (!library) {
        *problem = g_strdup(why);
        return -ENOPKG;
    }
    client = g_new0(struct vane_nats, 1);
    client->library = library;
    client->texts = g_ptr_array_new_with_free_func(free_secret);
    client->announced = g_ptr_array_new_with_free_func(g_free);
    client->interests = g_ptr_array_new_with_free_func((GDestroyNotify)vane_nats_interest_free);
    client->receivers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    keep_options(client, options);
    g_mutex_init(&client->lock);
    g_cond_init(&client->worker_wakes);
    g_cond_init(&client->signature_comes);
    g_atomic_ref_count_init(&client->references);
    client->id = vane_nats_register(client);
    vane_nats_ref(client);
    client->thread = g_thread_new("nats", vane_nats_worker, client);
    *out = client;
    return 0;
}

void vane_nats_stop(struct vane_nats *client)
{
    g_mutex_lock(&client->lock);
    client->stopping = true;
    g_cond_broadcast(&client->worker_wakes);
    g_cond_broadcast(&client->signature_comes);
    g_mutex_unlock(&client->lock);
}

/* libnats' threads may still hold a reference for a moment; they find nothing new from now on. */
static void release(struct vane_nats *client, bool ended)
{
    vane_nats_forget(client->id);
    g_mutex_lock(&client->lock);
    client->options.wake = NULL;
    if (ended || client->finished)
        g_ptr_array_set_size(client->interests, 0);
    g_mutex_unlock(&client->lock);
    g_clear_pointer(&client->receivers, g_hash_table_unref);
    vane_nats_unref(client);
}

void vane_nats_free(struct vane_nats *client)
{
    if (!client)
        return;
    vane_nats_stop(client);
    (void)g_thread_join(client->thread);
    release(client, true);
}

void vane_nats_abandon(struct vane_nats *client)
{
    if (!client)
        return;
    vane_nats_stop(client);
    g_thread_unref(client->thread);
    release(client, false);
}

/* ---- between the threads ---- */

void vane_nats_wake(struct vane_nats *client)
{
    if (!client->woken && client->options.wake)
        client->options.wake(client->options.user);
    client->woken = true;
}

bool vane_nats_queue_push(struct vane_nats_queue *queue, natsMsg *message, uint32_t subscription,
                          size_t bytes)
{
    struct vane_nats_item *item;

    if (queue->items.length >= VANE_NATS_QUEUE_MESSAGES ||
        queue->bytes + bytes > VANE_NATS_QUEUE_BYTES)
        return false;
    item = g_new(struct vane_nats_item, 1);
    *item = (struct vane_nats_item){message, subscription, bytes};
    g_queue_push_tail(&queue->items, item);
    queue->bytes += bytes;
    return true;
}

struct vane_nats_item *vane_nats_queue_pop(struct vane_nats_queue *queue)
{
    struct vane_nats_item *item = g_queue_pop_head(&queue->items);

    if (item)
        queue->bytes -= item->bytes;
    return item;
}

void vane_nats_queue_clear(struct vane_nats *client, struct vane_nats_queue *queue)
{
    struct vane_nats_item *item;

    while ((item = vane_nats_queue_pop(queue))) {
        client->library->natsMsg_Destroy(item->message);
        g_free(item);
    }
}
