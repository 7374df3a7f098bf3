/* What a client's owner sends. See client-internal.h. */
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "lib/nats/client-internal.h"

#define SUBJECT_MAX 3072

static bool is_subject(const char *subject)
{
    size_t length = strnlen(subject, SUBJECT_MAX + 1);

    return length > 0 && length <= SUBJECT_MAX && !strpbrk(subject, " \t\r\n");
}

static bool set_header(const struct vane_nats *client, natsMsg *message,
                       const struct vane_nats_header *header)
{
    g_autofree char *value = g_strdelimit(g_strdup(header->value), "\r\n", ' ');

    return client->library->natsMsgHeader_Set(message, header->name, value) == NATS_OK;
}

natsMsg *vane_nats_message_new(const struct vane_nats *client,
                               const struct vane_nats_outgoing *outgoing, size_t *bytes)
{
    const struct vane_nats_header *header = outgoing->headers;
    natsMsg *message = NULL;

    if (outgoing->length > INT_MAX ||
        client->library->natsMsg_Create(&message, outgoing->subject, outgoing->reply,
                                        outgoing->body, (int)outgoing->length) != NATS_OK)
        return NULL;
    *bytes = outgoing->length + strlen("NATS/1.0\r\n\r\n");
    for (; header && header->name; header++) {
        if (!header->value)
            continue;
        *bytes += strlen(header->name) + strlen(header->value) + strlen(": \r\n");
        if (set_header(client, message, header))
            continue;
        client->library->natsMsg_Destroy(message);
        return NULL;
    }
    return message;
}

/* With the lock held. */
static int enqueue(struct vane_nats *client, natsMsg *message, size_t bytes, uint64_t connection)
{
    if (!client->connection || !client->state.connected || client->closed ||
        (connection && connection != client->state.connections))
        return -ENOTCONN;
    if (bytes > client->state.max_payload)
        return -EMSGSIZE;
    if (!vane_nats_queue_push(&client->out, message, 0, bytes))
        return -ENOBUFS;
    g_cond_signal(&client->worker_wakes);
    return 0;
}

int vane_nats_publish(struct vane_nats *client, const struct vane_nats_outgoing *outgoing)
{
    natsMsg *message;
    size_t bytes;
    int r;

    if (!is_subject(outgoing->subject) || (outgoing->reply && !is_subject(outgoing->reply)))
        return -EINVAL;
    message = vane_nats_message_new(client, outgoing, &bytes);
    if (!message)
        return -ENOMEM;
    g_mutex_lock(&client->lock);
    r = enqueue(client, message, bytes, outgoing->connection);
    g_mutex_unlock(&client->lock);
    if (r < 0)
        client->library->natsMsg_Destroy(message);
    return r;
}

const char *vane_nats_header(const struct vane_nats *client,
                             const struct vane_nats_message *message, const char *name)
{
    const char *value = NULL;

    if (client->library->natsMsgHeader_Get(message->handle, name, &value) != NATS_OK)
        return NULL;
    return value;
}

void vane_nats_inbox(char inbox[VANE_NATS_INBOX_SIZE])
{
    uint8_t random[16];
    char *at = inbox + g_strlcpy(inbox, "_INBOX.", VANE_NATS_INBOX_SIZE);

    randombytes_buf(random, sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++, at += 2)
        g_snprintf(at, 3, "%02x", random[i]);
}
