/*
 * The client's thread: connects with growing, random delays, and publishes what is queued. See
 * client-internal.h.
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
    client->told_connected = false;
    vane_nats_wake(client);
}

/* ---- while connected ---- */

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
            vane_nats_interests_apply(client, connection);
            continue;
        }
        item = vane_nats_queue_pop(&client->out);
        if (!item && client->stopping)
            return;
        if (!item) {
            vane_nats_interests_wait(client);
            continue;
        }
        g_mutex_unlock(&client->lock);
        publish(client, connection, item);
        g_mutex_lock(&client->lock);
    }
}

/* With the lock held. From now on the owner may publish; it is told before anything comes. */
static void tell_connected(struct vane_nats *client, natsConnection *connection, const char *url)
{
    const struct vane_nats_state state = {
        .connected = true,
        .server = vane_nats_public_url(url),
        .connections = client->state.connections + 1,
        .refused = vane_nats_interests_refused(client),
        .max_payload = (size_t)client->library->natsConnection_GetMaxPayload(connection),
    };

    set_state(client, &state);
}

/* With the lock held, which it gives up meanwhile. Whoever is told that there is a connection may
 * rely on it that what is asked of him is heard. */
static natsStatus begin(struct vane_nats *client, natsConnection *connection)
{
    natsStatus s = NATS_OK;
    gint64 began_us;

    client->connection = connection;
    client->closed = client->library->natsConnection_IsClosed(connection);
    vane_nats_interests_begin(client, connection);
    if (client->interests->len > 0) {
        g_mutex_unlock(&client->lock);
        began_us = g_get_monotonic_time();
        s = client->library->natsConnection_FlushTimeout(connection, VANE_NATS_TIMEOUT_MS);
        g_mutex_lock(&client->lock);
        client->again.round_trip_us = g_get_monotonic_time() - began_us;
    }
    return client->closed ? NATS_CONNECTION_CLOSED : s;
}

/* From connect to disconnect. Why it was for nothing, to be freed; NULL: there was a connection. */
static char *attend(struct vane_nats *client, natsConnection *connection, const char *url)
{
    GPtrArray *handles;
    natsStatus begun;
    bool closed;

    g_mutex_lock(&client->lock);
    begun = begin(client, connection);
    if (begun == NATS_OK) {
        tell_connected(client, connection, url);
        serve(client, connection);
    }
    client->connection = NULL;
    closed = client->closed;
    handles = vane_nats_interests_end(client);
    g_mutex_unlock(&client->lock);
    if (!closed && begun == NATS_OK)
        (void)client->library->natsConnection_FlushTimeout(connection, VANE_NATS_TIMEOUT_MS);
    vane_nats_handles_destroy(client, handles);
    vane_nats_discover(client, connection, url);
    client->library->natsConnection_Destroy(connection);
    return begun == NATS_OK ? NULL : g_strdup("it does not confirm what is subscribed to");
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

        if (vane_nats_connect(client, url, &connection, &problem) == 0)
            problem = attend(client, connection, url);
        if (problem) {
            failures++;
        } else {
            problem = g_strdup("the connection was lost");
            delay_ms = RETRY_FIRST_MS;
            failures = vane_nats_server_count(client);
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

/* What the owner subscribes to in the same breath is part of the first connection. */
static void wait_begun(struct vane_nats *client)
{
    g_mutex_lock(&client->lock);
    vane_nats_wake(client);
    while (!client->begun && !client->stopping)
        g_cond_wait(&client->worker_wakes, &client->lock);
    g_mutex_unlock(&client->lock);
}

gpointer vane_nats_worker(gpointer user)
{
    struct vane_nats *client = user;

    wait_begun(client);
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
