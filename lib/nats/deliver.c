/* What has come for a client's owner, and who receives it. See client-internal.h. */
#include <errno.h>
#include <string.h>

#include "lib/nats/client-internal.h"

#define MESSAGES_PER_DISPATCH 256u
#define BYTES_PER_DISPATCH    ((size_t)256 << 10)

struct receiver {
    void (*received)(void *user, const struct vane_nats_message *message);
    void *user;
};

static void deliver(struct vane_nats *client, const struct vane_nats_item *item)
{
    const struct vane_nats_library *library = client->library;
    const struct receiver *receiver =
        g_hash_table_lookup(client->receivers, GUINT_TO_POINTER(item->subscription));
    const char *reply = library->natsMsg_GetReply(item->message);
    const struct vane_nats_message message = {
        .subject = library->natsMsg_GetSubject(item->message),
        .reply = reply && *reply ? reply : NULL,
        .body = library->natsMsg_GetData(item->message),
        .length = (size_t)library->natsMsg_GetDataLength(item->message),
        .no_responders = library->natsMsg_IsNoResponders(item->message),
        .handle = item->message,
    };

    if (receiver)
        receiver->received(receiver->user, &message);
}

/* With the lock held. What comes while the server still confirms the subscriptions waits until the
 * owner knows of the connection, so that he can answer. */
static bool is_early(const struct vane_nats *client)
{
    return client->connection && !client->told_connected;
}

static void deliver_some(struct vane_nats *client)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < MESSAGES_PER_DISPATCH && bytes < BYTES_PER_DISPATCH; i++) {
        struct vane_nats_item *item;

        g_mutex_lock(&client->lock);
        item = is_early(client) ? NULL : vane_nats_queue_pop(&client->in);
        g_mutex_unlock(&client->lock);
        if (!item)
            return;
        bytes += item->bytes;
        deliver(client, item);
        client->library->natsMsg_Destroy(item->message);
        g_free(item);
    }
}

static void sign(struct vane_nats *client)
{
    g_autofree char *nonce = NULL;
    uint8_t signature[64] = {0};
    int r = -ENOKEY;

    g_mutex_lock(&client->lock);
    if (!client->signing.done)
        nonce = g_strdup(client->signing.nonce);
    g_mutex_unlock(&client->lock);
    if (!nonce)
        return;
    if (client->options.sign)
        r = client->options.sign(client->options.user, nonce, signature);
    g_mutex_lock(&client->lock);
    /* another attempt may have begun meanwhile */
    if (client->signing.nonce && strcmp(client->signing.nonce, nonce) == 0) {
        memcpy(client->signing.signature, signature, sizeof(signature));
        client->signing.result = r;
        client->signing.done = true;
        g_cond_signal(&client->signature_comes);
    }
    g_mutex_unlock(&client->lock);
}

static void tell_state(struct vane_nats *client)
{
    struct vane_nats_state state;
    bool differs;

    g_mutex_lock(&client->lock);
    differs = client->state_differs;
    client->state_differs = false;
    client->told_connected = client->state.connected;
    state = client->state;
    state.server = g_strdup(state.server);
    state.problem = g_strdup(state.problem);
    g_mutex_unlock(&client->lock);
    if (differs && client->options.state)
        client->options.state(client->options.user, &state);
    g_free((char *)state.server);
    g_free((char *)state.problem);
}

static void tell_refusals(struct vane_nats *client)
{
    GQueue refusals = G_QUEUE_INIT;
    char *text;

    g_mutex_lock(&client->lock);
    if (!is_early(client)) {
        refusals = client->refusals;
        g_queue_init(&client->refusals);
    }
    g_mutex_unlock(&client->lock);
    while ((text = g_queue_pop_head(&refusals))) {
        if (client->options.refused)
            client->options.refused(client->options.user, text);
        g_free(text);
    }
}

void vane_nats_dispatch(struct vane_nats *client)
{
    bool finished;

    g_mutex_lock(&client->lock);
    client->woken = false;
    client->begun = true;
    g_cond_signal(&client->worker_wakes);
    g_mutex_unlock(&client->lock);
    sign(client);
    tell_state(client);
    tell_refusals(client);
    deliver_some(client);
    g_mutex_lock(&client->lock);
    if (client->in.items.length > 0 && (!client->connection || client->state.connected))
        vane_nats_wake(client);
    finished = client->finished && client->in.items.length == 0 && !client->told_stopped;
    g_mutex_unlock(&client->lock);
    if (!finished)
        return;
    client->told_stopped = true;
    if (client->options.stopped)
        client->options.stopped(client->options.user);
}

uint32_t vane_nats_subscribe(struct vane_nats *client, const char *subject, const char *queue,
                             void (*received)(void *user, const struct vane_nats_message *message),
                             void *user)
{
    struct vane_nats_interest *interest = g_new0(struct vane_nats_interest, 1);
    struct receiver *receiver = g_new(struct receiver, 1);

    *receiver = (struct receiver){received, user};
    interest->id = vane_nats_register(client);
    interest->subject = g_strdup(subject);
    interest->queue = g_strdup(queue);
    g_hash_table_insert(client->receivers, GUINT_TO_POINTER(interest->id), receiver);
    g_mutex_lock(&client->lock);
    g_ptr_array_add(client->interests, interest);
    client->interests_differ = true;
    g_cond_signal(&client->worker_wakes);
    g_mutex_unlock(&client->lock);
    return interest->id;
}

void vane_nats_unsubscribe(struct vane_nats *client, uint32_t subscription)
{
    if (!g_hash_table_remove(client->receivers, GUINT_TO_POINTER(subscription)))
        return;
    g_mutex_lock(&client->lock);
    for (guint i = 0; i < client->interests->len; i++) {
        struct vane_nats_interest *interest = client->interests->pdata[i];

        interest->unwanted = interest->unwanted || interest->id == subscription;
    }
    client->interests_differ = true;
    g_cond_signal(&client->worker_wakes);
    g_mutex_unlock(&client->lock);
}
