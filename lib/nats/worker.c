/*
 * The client's thread: connects with growing, random delays, subscribes to what is wanted,
 * publishes what is queued. See client-internal.h.
 */
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "lib/nats/client-internal.h"

#define RETRY_FIRST_MS 100u
#define RETRY_MOST_MS  30000u

/* ---- what the owner is told ---- */

/* With the lock held; takes the texts over. */
static void set_state(struct vane_nats *client, const struct vane_nats_state *state)
{
    uint64_t lost = client->state.lost_messages, unsent = client->state.unsent_messages;

    g_free((char *)client->state.server);
    g_free((char *)client->state.problem);
    client->state = *state;
    client->state.lost_messages = lost;
    client->state.unsent_messages = unsent;
    client->state_differs = true;
    vane_nats_wake(client);
}

/* ---- while connected ---- */

static natsStatus subscribe(struct vane_nats *client, natsConnection *connection,
                            struct vane_nats_interest *interest)
{
    const struct vane_nats_library *library = client->library;
    void *id = GUINT_TO_POINTER(interest->id);
    natsStatus s;

    if (interest->queue)
        s = library->natsConnection_QueueSubscribe(&interest->handle, connection, interest->subject,
                                                   interest->queue, vane_nats_on_message, id);
    else
        s = library->natsConnection_Subscribe(&interest->handle, connection, interest->subject,
                                              vane_nats_on_message, id);
    /* our own queue has the bounds */
    return s == NATS_OK ? library->natsSubscription_SetPendingLimits(interest->handle, -1, -1) : s;
}

/* The first one whose subscription is not as it is wanted; with the lock held. */
static struct vane_nats_interest *next_difference(struct vane_nats *client, guint *at)
{
    for (; *at < client->interests->len; (*at)++) {
        struct vane_nats_interest *interest = client->interests->pdata[*at];

        if (interest->unwanted || !interest->handle)
            return interest;
    }
    return NULL;
}

/* Subscribing sends, and may wait, so it is done without the lock. Only this thread takes
 * interests out of the list. */
static void apply_interests(struct vane_nats *client, natsConnection *connection)
{
    struct vane_nats_interest *interest;
    guint at = 0;

    client->interests_differ = false;
    while (!client->closed && (interest = next_difference(client, &at))) {
        bool unwanted = interest->unwanted;
        natsStatus s = NATS_OK;

        if (unwanted)
            g_ptr_array_steal_index(client->interests, at);
        else
            at++;
        g_mutex_unlock(&client->lock);
        if (unwanted) {
            client->library->natsSubscription_Destroy(interest->handle);
            vane_nats_interest_free(interest);
        } else {
            s = subscribe(client, connection, interest);
        }
        if (s != NATS_OK) {
            g_autofree char *why = vane_nats_last_error(client, s);

            vane_nats_tell_refusal(client, why);
        }
        g_mutex_lock(&client->lock);
    }
}

static void publish(struct vane_nats *client, natsConnection *connection,
                    struct vane_nats_item *item)
{
    natsStatus s = client->library->natsConnection_PublishMsg(connection, item->message);

    if (s != NATS_OK && s != NATS_CONNECTION_CLOSED) {
        g_autofree char *why = vane_nats_last_error(client, s);

        vane_nats_tell_refusal(client, why);
    }
    client->library->natsMsg_Destroy(item->message);
    g_free(item);
}

/* With the lock held, which it gives up for everything that may wait. */
static void serve(struct vane_nats *client, natsConnection *connection)
{
    while (!client->closed) {
        struct vane_nats_item *item;

        if (client->interests_differ) {
            apply_interests(client, connection);
            continue;
        }
        item = vane_nats_queue_pop(&client->out);
        if (!item && client->stopping)
            return;
        if (!item) {
            g_cond_wait(&client->worker_wakes, &client->lock);
            continue;
        }
        g_mutex_unlock(&client->lock);
        publish(client, connection, item);
        g_mutex_lock(&client->lock);
    }
}

/* With the lock held. Destroying takes locks of libnats', so it is done later. */
static GPtrArray *take_handles(struct vane_nats *client)
{
    GPtrArray *handles = g_ptr_array_new();

    for (guint i = 0; i < client->interests->len; i++) {
        struct vane_nats_interest *interest = client->interests->pdata[i];

        if (interest->handle)
            g_ptr_array_add(handles, g_steal_pointer(&interest->handle));
    }
    client->interests_differ = true;
    return handles;
}

static void destroy_handles(struct vane_nats *client, GPtrArray *handles)
{
    for (guint i = 0; i < handles->len; i++)
        client->library->natsSubscription_Destroy(handles->pdata[i]);
    g_ptr_array_unref(handles);
}

/* With the lock held, which it gives up. Once the server has answered, it has heard of them all. */
static void subscribe_first(struct vane_nats *client, natsConnection *connection)
{
    client->beginning = true;
    while (client->interests_differ && !client->closed) {
        apply_interests(client, connection);
        g_mutex_unlock(&client->lock);
        (void)client->library->natsConnection_FlushTimeout(connection, VANE_NATS_TIMEOUT_MS);
        g_mutex_lock(&client->lock);
    }
    client->beginning = false;
}

/* With the lock held. The owner is told once others reach it, and before anything comes; from then
 * on it may publish. */
static void begin(struct vane_nats *client, natsConnection *connection, const char *url)
{
    const struct vane_nats_state state = {
        .connected = true,
        .server = vane_nats_public_url(url),
        .connections = client->state.connections + 1,
        .max_payload = (size_t)client->library->natsConnection_GetMaxPayload(connection),
    };

    client->connection = connection;
    client->closed = client->library->natsConnection_IsClosed(connection);
    subscribe_first(client, connection);
    set_state(client, &state);
}

/* From connect to disconnect. */
static void attend(struct vane_nats *client, natsConnection *connection, const char *url)
{
    GPtrArray *handles;
    bool closed;

    g_mutex_lock(&client->lock);
    begin(client, connection, url);
    serve(client, connection);
    client->connection = NULL;
    closed = client->closed;
    handles = take_handles(client);
    g_mutex_unlock(&client->lock);
    if (!closed)
        (void)client->library->natsConnection_FlushTimeout(connection, VANE_NATS_TIMEOUT_MS);
    destroy_handles(client, handles);
    vane_nats_discover(client, connection, url);
    client->library->natsConnection_Destroy(connection);
}

/* ---- connecting ---- */

/* Half to one and a half times the delay: a thousand machines must not come back at once. */
static uint64_t jittered(uint64_t delay_ms)
{
    return delay_ms / 2 + randombytes_uniform((uint32_t)delay_ms);
}

static void tell_failed(struct vane_nats *client, const char *url, const char *problem,
                        uint64_t retry_ms)
{
    const struct vane_nats_state state = {
        .server = vane_nats_public_url(url),
        .problem = g_strdup(problem),
        .retry_ms = retry_ms,
        .connections = client->state.connections,
    };

    g_mutex_lock(&client->lock);
    set_state(client, &state);
    g_mutex_unlock(&client->lock);
}

/* With the lock held and no connection: what was for the lost one, and who has lost interest. */
static void forget_old(struct vane_nats *client)
{
    client->state.unsent_messages += client->out.items.length;
    vane_nats_queue_clear(client, &client->out);
    for (guint i = client->interests->len; i-- > 0;) {
        struct vane_nats_interest *interest = client->interests->pdata[i];

        if (!interest->unwanted)
            continue;
        g_ptr_array_steal_index(client->interests, i);
        vane_nats_interest_free(interest);
    }
}

static void pause_for(struct vane_nats *client, uint64_t milliseconds)
{
    gint64 until = g_get_monotonic_time() + (gint64)milliseconds * G_TIME_SPAN_MILLISECOND;

    g_mutex_lock(&client->lock);
    forget_old(client);
    while (!client->stopping)
        if (!g_cond_wait_until(&client->worker_wakes, &client->lock, until))
            break;
    g_mutex_unlock(&client->lock);
}

/* Until the owner has said what it wants to hear first. */
static void wait_for_owner(struct vane_nats *client)
{
    g_mutex_lock(&client->lock);
    while (!client->turned && !client->stopping)
        g_cond_wait(&client->worker_wakes, &client->lock);
    g_mutex_unlock(&client->lock);
}

static bool is_stopping(struct vane_nats *client)
{
    bool stopping;

    g_mutex_lock(&client->lock);
    stopping = client->stopping;
    g_mutex_unlock(&client->lock);
    return stopping;
}

/* All servers in turn, from a random one; a pause once all have failed. */
static void run(struct vane_nats *client)
{
    uint64_t delay_ms = RETRY_FIRST_MS;
    guint server = randombytes_uniform(client->server_count);
    guint failures = 0;

    while (!is_stopping(client)) {
        g_autofree char *problem = NULL;
        g_autofree char *url = g_strdup(vane_nats_server(client, server));
        natsConnection *connection = NULL;
        uint64_t retry_ms;

        if (vane_nats_connect(client, url, &connection, &problem) == 0) {
            attend(client, connection, url);
            problem = g_strdup("the connection was lost");
            delay_ms = RETRY_FIRST_MS;
            failures = vane_nats_server_count(client);
        } else {
            failures++;
        }
        retry_ms = failures < vane_nats_server_count(client) ? 0 : jittered(delay_ms);
        tell_failed(client, url, problem, retry_ms);
        server = (server + 1) % vane_nats_server_count(client);
        if (retry_ms == 0)
            continue;
        pause_for(client, retry_ms);
        delay_ms = MIN(delay_ms * 2, RETRY_MOST_MS);
        failures = 0;
    }
}

gpointer vane_nats_worker(gpointer user)
{
    struct vane_nats *client = user;

    wait_for_owner(client);
    run(client);
    client->library->nats_ReleaseThreadMemory();
    g_mutex_lock(&client->lock);
    client->finished = true;
    g_ptr_array_set_size(client->interests, 0); /* nothing comes any more */
    vane_nats_wake(client);
    g_mutex_unlock(&client->lock);
    vane_nats_unref(client);
    return NULL;
}
