/*
 * From the queues to the sockets. Whoever may have something to send stands in a line; each turn of
 * the loop serves a part of it, a bounded piece for each, so that nobody waits for anybody. A
 * socket that takes no more is left alone until the host says that it is drained.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "plugins/socketbus/client.h"

#define PIECE      16384u     /* bytes for one client at a time */
#define TURN_BYTES (1u << 20) /* for all, in one turn of the loop */
#define TURN_SENDS 128u

struct turn {
    size_t bytes;
    unsigned sends;
};

static void on_flush(void *user);

void vane_flush_soon(struct vane_socketbus *bus)
{
    if (bus->posted)
        return;
    bus->posted = bus->host->loop->post(bus->self, on_flush, bus) == 0;
}

void vane_flush_client(struct vane_client *client)
{
    if (client->is_ready || client->blocked || client->phase == VANE_CLIENT_GONE)
        return;
    client->is_ready = true;
    g_queue_push_tail_link(&client->bus->ready, &client->ready_link);
    vane_flush_soon(client->bus);
}

/* The port keeps one piece; the rest stays in the queues, where it is shared and can be given up.
 */
static bool socket_is_full(struct vane_client *client)
{
    struct vane_connection_info info = {.size = sizeof(info)};
    struct vane_socketbus *bus = client->bus;

    if (bus->host->ports->info(bus->self, client->connection, &info) < 0)
        return true;
    client->blocked = info.bytes_queued > 0;
    return client->blocked;
}

static bool put(struct vane_client *client, const char *text, size_t length, struct turn *turn)
{
    struct vane_socketbus *bus = client->bus;
    int r = bus->host->ports->send(bus->self, client->connection, text, length);

    if (r < 0) {
        client->phase = VANE_CLIENT_GONE;
        (void)bus->host->ports->close(bus->self, client->connection, 0);
        return false;
    }
    turn->bytes += length;
    turn->sends++;
    bus->bytes_sent += length;
    return true;
}

static bool put_scratch(struct vane_client *client, struct turn *turn)
{
    const GString *scratch = client->bus->scratch;

    return scratch->len == 0 || put(client, scratch->str, scratch->len, turn);
}

/* ---- the sources, in their order. Each says whether it had something. ---- */

static bool send_gap(struct vane_client *client, struct vane_reader *reader, uint64_t from,
                     uint64_t to, struct turn *turn)
{
    GString *scratch = client->bus->scratch;

    client->bus->dropped += reader->dropped;
    client->lost += reader->dropped;
    reader->dropped = 0;
    vane_reader_admit(reader, to);
    g_string_truncate(scratch, 0);
    if (vane_replay_gap(client, scratch, NULL, from, to))
        (void)put_scratch(client, turn);
    return true;
}

static bool send_from(struct vane_client *client, struct vane_reader *reader, struct turn *turn)
{
    struct vane_batch batch;
    uint64_t from, to;
    struct vane_line *line;

    if (!reader->feed)
        return false;
    line = vane_reader_peek(reader, &from, &to);
    if (from > 0)
        return send_gap(client, reader, from, to, turn);
    if (!line)
        return false;
    vane_reader_batch(reader, PIECE, &batch);
    if (put(client, batch.text, batch.length, turn)) {
        vane_reader_advance(reader, &batch);
        client->lines_sent += batch.lines;
        client->bus->lines_sent += batch.lines;
    }
    return true;
}

static bool send_rest(struct vane_client *client, struct turn *turn)
{
    if (send_from(client, &client->leaving, turn))
        return true;
    vane_stream_leave(client, &client->leaving);
    return false;
}

static bool send_answer(struct vane_client *client, struct turn *turn)
{
    GString *answer = g_steal_pointer(&client->answer);

    if (!answer)
        return false;
    (void)put(client, answer->str, answer->len, turn);
    g_string_free(answer, TRUE);
    return true;
}

static void append_link(struct vane_client *client, const struct vane_payload *link)
{
    const struct vane_bus *bus = client->bus->host->bus;
    GString *scratch = client->bus->scratch;
    const char *text;
    size_t length;

    if (bus->payload_json(link, &text, &length) < 0 ||
        (client->live.feed && !vane_filter_wants_payload(&client->live.feed->filter, text, length)))
        return;
    g_string_append(scratch, "{\"snapshot\":");
    g_string_append_len(scratch, text, (gssize)length);
    g_string_append(scratch, "}\n");
}

static bool send_snapshot(struct vane_client *client, struct turn *turn)
{
    GString *scratch = client->bus->scratch;
    GPtrArray *links = client->snapshot;

    if (!links)
        return false;
    g_string_truncate(scratch, 0);
    while (client->snapshot_at < links->len && scratch->len < PIECE)
        append_link(client, g_ptr_array_index(links, client->snapshot_at++));
    if (client->snapshot_at == links->len) {
        g_string_append_printf(scratch, "{\"snapshot_end\":{\"seq\":%" PRIu64 "}}\n",
                               client->snapshot_seq);
        g_clear_pointer(&client->snapshot, g_ptr_array_unref);
    }
    (void)put_scratch(client, turn);
    return true;
}

static bool send_replay(struct vane_client *client, struct turn *turn)
{
    g_string_truncate(client->bus->scratch, 0);
    if (!vane_replay_pending(&client->replay))
        return false;
    turn->sends++; /* looking is work, also when nothing is found */
    if (!vane_replay_fill(client, client->bus->scratch, PIECE) && client->bus->scratch->len == 0)
        return client->phase == VANE_CLIENT_ENDING;
    (void)put_scratch(client, turn);
    return true;
}

static bool say_farewell(struct vane_client *client, struct turn *turn)
{
    if (!send_answer(client, turn) && client->phase == VANE_CLIENT_ENDING) {
        (void)client->bus->host->ports->close(client->bus->self, client->connection, 1);
        client->phase = VANE_CLIENT_GONE;
    }
    return client->phase == VANE_CLIENT_ENDING;
}

static bool stream(struct vane_client *client, struct turn *turn)
{
    if (send_rest(client, turn) || send_answer(client, turn) || send_snapshot(client, turn) ||
        send_replay(client, turn))
        return true;
    if (vane_replay_pending(&client->replay)) /* the journal is at work */
        return false;
    vane_client_listen_again(client);
    return send_from(client, &client->live, turn);
}

/* Sends one piece. True: there may be more. */
static bool serve(struct vane_client *client, struct turn *turn)
{
    switch (client->phase) {
    case VANE_CLIENT_SILENT:
    case VANE_CLIENT_GONE:
        return false;
    case VANE_CLIENT_ASKING:
        return !socket_is_full(client) && send_from(client, &client->live, turn);
    case VANE_CLIENT_STREAMING:
        return !socket_is_full(client) && stream(client, turn);
    case VANE_CLIENT_ENDING:
        return !socket_is_full(client) && say_farewell(client, turn);
    }
    return false;
}

/* ---- turns ---- */

static void call_readers(struct vane_feed *feed)
{
    feed->news = false;
    for (const GList *at = feed->readers.head; at; at = at->next)
        vane_flush_client(((const struct vane_reader *)at->data)->user);
}

static void trim(struct vane_socketbus *bus)
{
    GList *at = bus->full_feeds.head;

    while (at) {
        struct vane_feed *feed = at->data;
        GList *next = at->next;

        vane_feed_trim(feed);
        if (feed->first == feed->next) {
            feed->listed = false;
            g_queue_unlink(&bus->full_feeds, &feed->link);
        }
        at = next;
    }
}

static void on_flush(void *user)
{
    struct vane_socketbus *bus = user;
    struct turn turn = {0};

    bus->posted = false;
    for (const GList *at = bus->full_feeds.head; at; at = at->next)
        if (((struct vane_feed *)at->data)->news)
            call_readers(at->data);
    while (bus->ready.head && turn.bytes < TURN_BYTES && turn.sends < TURN_SENDS) {
        struct vane_client *client = bus->ready.head->data;

        g_queue_unlink(&bus->ready, &client->ready_link);
        client->is_ready = false;
        if (serve(client, &turn))
            vane_flush_client(client);
    }
    trim(bus);
    vane_events_go_on(bus);
    if (bus->ready.head)
        vane_flush_soon(bus);
}
