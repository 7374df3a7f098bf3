/* What libnats calls, on threads of its own. See client-internal.h. */
#include "lib/nats/client-internal.h"

#define REFUSALS_MAX 64u

void vane_nats_tell_refusal(struct vane_nats *client, const char *text)
{
    g_mutex_lock(&client->lock);
    vane_nats_interests_take_refusal(client, text);
    if (client->refusals.length < REFUSALS_MAX) {
        g_queue_push_tail(&client->refusals, g_strdup(text));
        vane_nats_wake(client);
    }
    g_mutex_unlock(&client->lock);
}

/* An error as CBus has them, for a request that the owner will never see. */
static void refuse_busy(struct vane_nats *client, natsMsg *request)
{
    const char *reply = client->library->natsMsg_GetReply(request);
    const struct vane_nats_header headers[] = {
        {"Nats-Service-Error", client->options.busy},
        {"Nats-Service-Error-Code", client->options.busy_code},
        {NULL, NULL},
    };
    const struct vane_nats_outgoing answer = {.subject = reply, .headers = headers};
    natsMsg *message;
    size_t bytes;

    if (!client->options.busy || !reply || !*reply)
        return;
    message = vane_nats_message_new(client, &answer, &bytes);
    if (message && !vane_nats_queue_push(&client->out, message, 0, bytes))
        client->library->natsMsg_Destroy(message);
    g_cond_signal(&client->worker_wakes);
}

void vane_nats_on_message(natsConnection *connection, natsSubscription *subscription,
                          natsMsg *message, void *closure)
{
    struct vane_nats *client = vane_nats_find(closure);
    bool taken;
    size_t bytes;

    if (!client) {
        const char *problem;

        vane_nats_library(&problem)->natsMsg_Destroy(message);
        return;
    }
    bytes = (size_t)client->library->natsMsg_GetDataLength(message);
    g_mutex_lock(&client->lock);
    taken = vane_nats_queue_push(&client->in, message, GPOINTER_TO_UINT(closure), bytes);
    if (!taken) {
        client->state.lost_messages++;
        client->state_differs = true;
        refuse_busy(client, message);
    }
    vane_nats_wake(client);
    g_mutex_unlock(&client->lock);
    if (!taken)
        client->library->natsMsg_Destroy(message);
    vane_nats_unref(client);
}

void vane_nats_on_closed(natsConnection *connection, void *closure)
{
    struct vane_nats *client = vane_nats_find(closure);

    if (!client)
        return;
    g_mutex_lock(&client->lock);
    if (client->connection == connection)
        client->closed = true;
    g_cond_signal(&client->worker_wakes);
    g_mutex_unlock(&client->lock);
    vane_nats_unref(client);
}

void vane_nats_on_error(natsConnection *connection, natsSubscription *subscription,
                        natsStatus status, void *closure)
{
    struct vane_nats *client = vane_nats_find(closure);
    natsStatus last = NATS_OK;
    const char *text;

    if (!client)
        return;
    /* This thread's, which belongs to this call; the connection's may be of a later error. */
    text = client->library->nats_GetLastError(&last);
    if (last != status || !text || !*text)
        text = client->library->natsStatus_GetText(status);
    vane_nats_tell_refusal(client, text);
    vane_nats_unref(client);
}
