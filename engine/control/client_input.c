/*
 * What a client sends: authentication, then messages, each measured before the D-Bus library sees
 * it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/control/client.h"

#define MESSAGES_A_TURN 32u

/* Everything the library has to do with what it was given: read, dispatch, write. */
static int dispatch(struct vane_client *client)
{
    int r;

    client->dispatching = true;
    do {
        r = sd_bus_process(client->peer.bus, NULL);
    } while (r > 0 && !client->doomed);
    client->dispatching = false;
    return client->doomed ? -ECONNRESET : r;
}

static int feed(struct vane_client *client, const void *bytes, size_t length)
{
    const char *at = bytes;
    bool stuck = false;

    while (length > 0) {
        ssize_t sent = send(client->feed, at, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        int r;

        if (sent < 0 && (errno != EAGAIN || stuck))
            return -errno;
        r = dispatch(client);
        if (r < 0)
            return r;
        stuck = sent < 0;
        at += MAX(sent, 0);
        length -= (size_t)MAX(sent, 0);
    }
    return 0;
}

/* To the library all clients are us: it was settled here who they are. */
static int accept_identity(struct vane_client *client)
{
    char uid[16], command[64];
    size_t length = (size_t)snprintf(command, sizeof(command), "%cAUTH EXTERNAL ", 0);

    snprintf(uid, sizeof(uid), "%u", (unsigned)geteuid());
    for (const char *digit = uid; *digit; digit++)
        length +=
            (size_t)snprintf(command + length, sizeof(command) - length, "%02x", (unsigned)*digit);
    length += (size_t)snprintf(command + length, sizeof(command) - length, "\r\n");
    return feed(client, command, length);
}

static int send_answer(struct vane_client *client, const char *answer)
{
    ssize_t sent = send(client->fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);

    return sent == (ssize_t)strlen(answer) ? 0 : -ECONNRESET;
}

static int authenticate(struct vane_client *client)
{
    const char *answer = NULL;
    size_t used;
    int r = vane_auth_feed(&client->auth, client->input + client->at, client->end - client->at,
                           &used, &answer);

    client->at += used;
    if (r < 0)
        return r;
    switch ((enum vane_auth_action)r) {
    case VANE_AUTH_WAIT:
        return 0;
    case VANE_AUTH_ANSWER:
        return send_answer(client, answer);
    case VANE_AUTH_ACCEPT:
        return accept_identity(client);
    case VANE_AUTH_START:
        return feed(client, "BEGIN\r\n", strlen("BEGIN\r\n"));
    }
    return -EINVAL;
}

/* Feeds up to the end of one message. */
static int take_message(struct vane_client *client)
{
    bool complete;
    const uint8_t *bytes = client->input + client->at;
    ssize_t taken = vane_frame_scan(&client->frame, bytes, client->end - client->at, &complete);

    if (taken < 0)
        return (int)taken;
    client->at += (size_t)taken;
    return feed(client, bytes, (size_t)taken);
}

static int read_more(struct vane_client *client)
{
    ssize_t length = recv(client->fd, client->input, sizeof(client->input), MSG_DONTWAIT);

    if (length < 0)
        return errno == EAGAIN || errno == EINTR ? -EAGAIN : -errno;
    client->at = 0;
    client->end = (size_t)length;
    return length == 0 ? -ECONNRESET : 0;
}

/* One line of authentication or one message at most. -EAGAIN: there is nothing to take. */
static int step(struct vane_client *client)
{
    int r;

    if (client->at == client->end) {
        r = read_more(client);
        if (r < 0)
            return r;
    }
    return client->auth.state == VANE_AUTH_OVER ? take_message(client) : authenticate(client);
}

int vane_client_take(struct vane_client *client)
{
    int r = dispatch(client);

    for (unsigned i = 0; r >= 0 && i < MESSAGES_A_TURN && !vane_peer_full(&client->peer); i++)
        r = step(client);
    return r == -EAGAIN ? 0 : r;
}
