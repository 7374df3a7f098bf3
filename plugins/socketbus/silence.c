/* The silent ones stand in a line, and one timer serves its head: all wait equally long. */
#include "plugins/socketbus/silence.h"

static void on_timer(void *user);

static void start_timer(struct vane_socketbus *bus)
{
    const struct vane_client *first = bus->silent.head ? bus->silent.head->data : NULL;
    uint64_t due, now = 0, left;

    if (!first || bus->silence)
        return;
    (void)bus->host->loop->now(&now);
    due = first->since + VANE_SILENCE_MS * 1000000u;
    left = due > now ? (due - now + 999999u) / 1000000u : 0;
    (void)bus->host->loop->timer_start(bus->self, left, 0, on_timer, bus, &bus->silence);
}

static void on_timer(void *user)
{
    struct vane_socketbus *bus = user;
    uint64_t now = 0;

    bus->silence = NULL;
    (void)bus->host->loop->now(&now);
    while (bus->silent.head) {
        struct vane_client *client = bus->silent.head->data;

        if (client->since + VANE_SILENCE_MS * 1000000u > now)
            break;
        g_queue_unlink(&bus->silent, &client->silent_link);
        client->waits = false;
        client->phase = VANE_CLIENT_STREAMING;
        vane_flush_client(client);
    }
    start_timer(bus);
}

void vane_silence_begin(struct vane_client *client)
{
    client->phase = VANE_CLIENT_SILENT;
    client->waits = true;
    g_queue_push_tail_link(&client->bus->silent, &client->silent_link);
    start_timer(client->bus);
}

void vane_silence_end(struct vane_client *client)
{
    struct vane_socketbus *bus = client->bus;

    if (!client->waits)
        return;
    client->waits = false;
    g_queue_unlink(&bus->silent, &client->silent_link);
    if (bus->silent.head || !bus->silence)
        return;
    (void)bus->host->loop->timer_stop(bus->self, bus->silence);
    bus->silence = NULL;
}
