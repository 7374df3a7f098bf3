/*
 * What is subscribed to, on the client's thread: what is wanted, as soon as there is a connection,
 * and again what the server has refused, as it may be permitted meanwhile. See client-internal.h.
 */
#include <string.h>

#include <sodium.h>

#include "lib/nats/client-internal.h"

#define AGAIN_FIRST_MS 1000u
#define AGAIN_MOST_MS  60000u
/* The server's word has come by then, if it refuses once more. */
#define SETTLE_MS 1000u

#define SUBSCRIPTION_REFUSED "Subscription to \""

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
void vane_nats_interests_apply(struct vane_nats *client, natsConnection *connection)
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

/* ---- what was refused ---- */

/* Half to one and a half times the delay: a thousand machines must not ask at once. */
static void arm(struct vane_nats *client)
{
    uint32_t delay_ms = client->again.delay_ms;

    client->again.at =
        g_get_monotonic_time() + (gint64)(delay_ms / 2 + randombytes_uniform(delay_ms)) * 1000;
}

static void set_refused(struct vane_nats *client, unsigned refused)
{
    if (client->state.refused == refused)
        return;
    client->state.refused = refused;
    client->state_differs = true;
    vane_nats_wake(client);
}

unsigned vane_nats_interests_refused(const struct vane_nats *client)
{
    unsigned count = 0;

    for (guint i = 0; i < client->interests->len; i++)
        count += ((const struct vane_nats_interest *)client->interests->pdata[i])->refused;
    return count;
}

/* Of those that the server has refused; they are subscribed to anew like new ones. */
static GPtrArray *take_refused(struct vane_nats *client)
{
    GPtrArray *handles = g_ptr_array_new();

    for (guint i = 0; i < client->interests->len; i++) {
        struct vane_nats_interest *interest = client->interests->pdata[i];

        if (!interest->refused)
            continue;
        interest->refused = false;
        if (interest->handle)
            g_ptr_array_add(handles, g_steal_pointer(&interest->handle));
    }
    return handles;
}

/* With the lock held, which is given up meanwhile. Once they were asked for again, what the server
 * has not refused by now is permitted. */
static void ask_again(struct vane_nats *client)
{
    unsigned refused = vane_nats_interests_refused(client);
    GPtrArray *handles;

    if (client->again.asked) {
        client->again.asked = false;
        set_refused(client, refused);
        client->again.delay_ms =
            refused > 0 ? MIN(client->again.delay_ms * 2, AGAIN_MOST_MS) : AGAIN_FIRST_MS;
        if (refused > 0)
            arm(client);
        return;
    }
    handles = take_refused(client);
    client->again.asked = true;
    client->again.at = g_get_monotonic_time() + SETTLE_MS * G_TIME_SPAN_MILLISECOND +
                       2 * client->again.round_trip_us;
    client->interests_differ = true;
    g_mutex_unlock(&client->lock);
    vane_nats_handles_destroy(client, handles);
    g_mutex_lock(&client->lock);
}

/* As the server says it: Permissions Violation for Subscription to "subject". */
static bool is_about(const char *text, const char *subject)
{
    const char *at = strstr(text, SUBSCRIPTION_REFUSED);
    size_t length = strlen(subject);

    at = at ? at + strlen(SUBSCRIPTION_REFUSED) : "";
    return strncmp(at, subject, length) == 0 && at[length] == '"';
}

void vane_nats_interests_take_refusal(struct vane_nats *client, const char *text)
{
    unsigned refused;

    if (!client->connection)
        return; /* of one that is over */
    for (guint i = 0; i < client->interests->len; i++) {
        struct vane_nats_interest *interest = client->interests->pdata[i];

        interest->refused |= !interest->unwanted && is_about(text, interest->subject);
    }
    refused = vane_nats_interests_refused(client);
    if (client->again.asked || refused == client->state.refused)
        return;
    set_refused(client, refused);
    if (client->again.at == 0)
        arm(client);
    g_cond_signal(&client->worker_wakes);
}

/* ---- a connection's life ---- */

void vane_nats_interests_begin(struct vane_nats *client, natsConnection *connection)
{
    client->again = (struct vane_nats_again){.delay_ms = AGAIN_FIRST_MS};
    vane_nats_interests_apply(client, connection);
}

void vane_nats_interests_wait(struct vane_nats *client)
{
    if (client->again.at == 0)
        g_cond_wait(&client->worker_wakes, &client->lock);
    else if (!g_cond_wait_until(&client->worker_wakes, &client->lock, client->again.at)) {
        client->again.at = 0;
        ask_again(client);
    }
}

/* Destroying takes locks of libnats', so it is done later, without ours. */
GPtrArray *vane_nats_interests_end(struct vane_nats *client)
{
    GPtrArray *handles = g_ptr_array_new();

    for (guint i = 0; i < client->interests->len; i++) {
        struct vane_nats_interest *interest = client->interests->pdata[i];

        interest->refused = false;
        if (interest->handle)
            g_ptr_array_add(handles, g_steal_pointer(&interest->handle));
    }
    client->interests_differ = true;
    return handles;
}

void vane_nats_handles_destroy(struct vane_nats *client, GPtrArray *handles)
{
    for (guint i = 0; i < handles->len; i++)
        client->library->natsSubscription_Destroy(handles->pdata[i]);
    g_ptr_array_unref(handles);
}
