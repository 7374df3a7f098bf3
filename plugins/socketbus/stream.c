/*
 * Subscriptions: what a request begins, and in which order its parts reach the client: the rest of
 * the subscription before it, hello, the snapshot, what it replays, and then what is live.
 */
#include <errno.h>
#include <string.h>

#include "lib/json/writer.h"
#include "plugins/socketbus/client.h"

static uint64_t last_seq(const struct vane_socketbus *bus)
{
    uint64_t next = 1;
    const char *epoch;

    (void)bus->host->bus->position(bus->self, &next, &epoch);
    return next - 1;
}

static void join(struct vane_client *client, struct vane_stream_request *request, uint64_t floor)
{
    struct vane_socketbus *bus = client->bus;
    struct vane_filter filter;

    client->strict = request->strict;
    /* All topics that HaloX knows are everybody's, so that all its clients share one feed. */
    vane_filter_init(&filter, request, client->privileged && request->format != VANE_FORMAT_HALOX);
    vane_reader_join(&client->live, vane_events_feed(bus, &filter), floor, client);
}

void vane_stream_leave(struct vane_client *client, struct vane_reader *reader)
{
    struct vane_feed *feed = reader->feed;

    if (!feed)
        return;
    client->lost += vane_reader_dropped(reader);
    vane_reader_leave(reader);
    vane_events_release_feed(client->bus, feed);
}

void vane_stream_compat(struct vane_client *client)
{
    struct vane_stream_request request = {.patterns = g_strdup(">"), .format = VANE_FORMAT_HALOX};

    join(client, &request, last_seq(client->bus));
}

/* ---- a request ---- */

/* What is queued under the old subscription still goes out first. */
static void retire(struct vane_client *client)
{
    vane_stream_leave(client, &client->leaving);
    if (client->live.feed)
        vane_reader_retire(&client->live, &client->leaving);
}

static void say_hello(struct vane_client *client)
{
    const struct vane_host *host = client->bus->host;
    struct vane_json json = {0};
    uint64_t next = 1;
    const char *epoch, *text;
    size_t length;

    (void)host->bus->position(client->bus->self, &next, &epoch);
    vane_json_object_begin(&json);
    vane_json_key(&json, "hello");
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "epoch", epoch);
    vane_json_member_uint64(&json, "next_seq", next);
    vane_json_member_string(&json, "version", host->identity->host_version());
    vane_json_object_end(&json);
    vane_json_object_end(&json);
    text = vane_json_text(&json, &length);
    vane_client_answer(client, text, length);
    vane_json_clear(&json);
}

/* The links as they are now; snapshots never change, so that they can be sent at leisure. */
static void take_snapshot(struct vane_client *client)
{
    struct vane_socketbus *bus = client->bus;
    const struct vane_payload *link;
    uint64_t ifindex = 0;

    client->snapshot = g_ptr_array_new_with_free_func(
        (GDestroyNotify)(void (*)(void))bus->host->bus->payload_unref);
    client->snapshot_at = 0;
    client->snapshot_seq = last_seq(bus);
    while (bus->host->links->next(bus->self, (uint32_t)ifindex, &link) == 0) {
        g_ptr_array_add(client->snapshot, (gpointer)(uintptr_t)link);
        if (bus->host->bus->get_uint64(link, "interface_index", &ifindex) < 0)
            return;
    }
}

void vane_stream_begin(struct vane_client *client, uint64_t floor)
{
    struct vane_stream_request *request = &client->request;

    retire(client);
    client->phase = VANE_CLIENT_STREAMING;
    say_hello(client);
    if (request->snapshot)
        take_snapshot(client);
    join(client, request, floor);
    vane_request_clear(request);
    vane_flush_client(client);
}

void vane_stream_request(struct vane_client *client, const char *line, size_t length)
{
    struct vane_request_error error = {0};

    if (client->phase == VANE_CLIENT_SILENT) /* it speaks, so HaloX is not what it wants */
        vane_stream_leave(client, &client->live);
    client->phase = VANE_CLIENT_STREAMING;
    if (vane_request_parse(line, length, &client->request, &error) < 0) {
        vane_client_refuse(client, error.member, error.message);
        return;
    }
    if (!vane_replay_plan(client))
        vane_request_clear(&client->request);
}
