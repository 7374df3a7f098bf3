/*
 * Replay from the journal, for cursors that the bus's history does not reach: first where the
 * cursor lies, then page after page, each of which is sent before the next is asked for.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/json/reader.h"
#include "plugins/socketbus/client.h"

static void begin_reading(struct vane_client *client, struct vane_journal_query *query);

static const char *own_epoch(const struct vane_socketbus *bus)
{
    const char *epoch = "";
    uint64_t next;

    (void)bus->host->bus->position(bus->self, &next, &epoch);
    return epoch;
}

static void refuse(struct vane_client *client, const char *message)
{
    client->phase = VANE_CLIENT_STREAMING;
    vane_request_clear(&client->request);
    vane_client_refuse(client, "since", message);
}

/* ---- pages ---- */

static enum vane_halox_kind judge(struct vane_client *client, const char *topic,
                                  struct vane_json_view payload)
{
    g_autofree char *administrative = NULL;
    struct vane_json_view value;
    int64_t ifindex = 0;

    if (!vane_json_find(payload, "interface_index", &value) ||
        vane_json_get_int64(value, &ifindex) < 0)
        return VANE_HALOX_NONE;
    if (vane_json_find(payload, "administrative_state", &value))
        (void)vane_json_get_string(value, &administrative);
    return vane_halox_judge(client->replay.tracker, topic, (uint32_t)ifindex, administrative);
}

static void append(struct vane_client *client, const struct vane_journal_record *record)
{
    const struct vane_filter *filter = &client->live.feed->filter;
    struct vane_line *line =
        vane_line_of_text(record->json, (size_t)record->json_length, record->topic, record->seq);
    struct vane_json_view payload = {0};
    const char *text;
    size_t length;

    (void)vane_json_find(vane_json_root(line->json, line->json_length), "payload", &payload);
    if (filter->format == VANE_FORMAT_HALOX)
        line->halox = judge(client, record->topic, payload);
    if (vane_filter_wants_topic(filter, record->topic, client->bus->host->bus->match) &&
        vane_filter_wants_line(filter, line)) {
        text = vane_line_text(line, filter->format, &length);
        g_string_append_len(client->replay.text, text, (gssize)length);
        g_string_append_c(client->replay.text, '\n');
        client->lines_sent++;
        client->bus->lines_sent++;
    }
    vane_line_unref(line);
}

/* The live stream goes on behind what the journal gave. */
static void take_record(struct vane_client *client, const struct vane_journal_record *record)
{
    struct vane_reader *live = &client->live;

    if (strcmp(record->epoch, own_epoch(client->bus)) == 0) {
        client->replay.last = record->seq;
        live->floor = MAX(live->floor, record->seq);
        live->told = MAX(live->told, record->seq);
    }
    append(client, record);
}

static int on_page(void *user, const struct vane_journal_page *page)
{
    struct vane_client *client = user;

    if (!client->replay.text)
        client->replay.text = g_string_new(NULL);
    for (uint32_t i = 0; i < page->count; i++)
        take_record(client, vane_journal_record_at(page, i));
    client->replay.busy = true;
    vane_flush_client(client);
    return VANE_BUSY;
}

/* What the journal could not give, the history may still have, or its loss is told. */
static void on_ended(void *user, int error)
{
    struct vane_client *client = user;
    struct vane_replay *replay = &client->replay;

    replay->reading = NULL;
    replay->busy = false;
    if (error < 0) {
        if (replay->foreign)
            vane_client_refuse(client, "since", "the journal could not be read to its end");
        replay->next = replay->last + 1;
        replay->end = client->live.floor;
    }
    vane_flush_client(client);
}

void vane_past_go_on(struct vane_client *client)
{
    struct vane_replay *replay = &client->replay;

    if (!replay->busy || client->bus->journal != replay->journal)
        return;
    replay->busy = false;
    (void)replay->journal->resume(client->bus->journal_provider, replay->reading);
}

/* ---- from the cursor to the first page ---- */

/* The answer to the request is complete but for the records. */
static void begin_reading(struct vane_client *client, struct vane_journal_query *query)
{
    const struct vane_journal_reader reader = {
        .size = sizeof(reader), .page = on_page, .ended = on_ended};
    struct vane_socketbus *bus = client->bus;
    struct vane_replay *replay = &client->replay;
    bool foreign = query->epoch == NULL;
    uint64_t last = query->after_seq;
    int r;

    vane_replay_clear(client);
    vane_stream_begin(client, bus->seen);
    replay->journal = bus->journal;
    replay->foreign = foreign;
    replay->last = last;
    replay->tracker = vane_halox_tracker_new();
    query->size = sizeof(*query);
    query->topics = client->live.feed->filter.patterns;
    if (!query->topics[0])
        return;
    r = bus->journal->query(bus->journal_provider, query, &reader, client, &replay->reading);
    if (r < 0)
        on_ended(client, r);
}

static void lost(struct vane_client *client, const char *epoch, uint64_t from, uint64_t to)
{
    GString *text = g_string_new(NULL);

    if (from <= to && vane_replay_gap(client, text, epoch, from, to)) {
        client->replay.text = text;
        return;
    }
    g_string_free(text, TRUE);
}

/* After a seq of this epoch that the history has forgotten. */
static void begin_after_seq(struct vane_client *client, uint64_t seq,
                            const struct vane_journal_position *position)
{
    struct vane_journal_query query = {.epoch = own_epoch(client->bus), .after_seq = seq};
    uint64_t oldest = position->oldest_seq ? position->oldest_seq : seq + 1;

    begin_reading(client, &query);
    lost(client, NULL, seq + 1, oldest - 1);
}

static void begin_after_epoch(struct vane_client *client, const struct vane_since *since,
                              const struct vane_journal_position *position)
{
    struct vane_journal_query query = {.after_row = position->row};
    uint64_t oldest = position->oldest_seq ? position->oldest_seq : position->newest_seq + 1;
    g_autofree char *epoch = g_ascii_strdown(since->epoch, -1);
    uint64_t seq = since->seq;
    char message[160];

    if (!(position->flags & VANE_JOURNAL_KNOWN_EPOCH)) {
        refuse(client, "the id is of an epoch that neither this daemon nor its journal knows");
        return;
    }
    if (seq > position->newest_seq) {
        snprintf(message, sizeof(message), "epoch %s ended with seq %" PRIu64, epoch,
                 position->newest_seq);
        refuse(client, message);
        return;
    }
    begin_reading(client, &query);
    lost(client, epoch, seq + 1, oldest - 1);
}

static void on_found(void *user, int error, const struct vane_journal_position *position)
{
    struct vane_client *client = user;
    const struct vane_since since = client->request.since;

    client->replay.reading = NULL;
    if (error < 0)
        refuse(client, "the journal cannot be read");
    else if (since.kind == VANE_SINCE_ID &&
             g_ascii_strcasecmp(since.epoch, own_epoch(client->bus)) != 0)
        begin_after_epoch(client, &since, position);
    else
        begin_after_seq(client, since.seq, position);
}

static bool ask_position(struct vane_client *client)
{
    struct vane_socketbus *bus = client->bus;
    const struct vane_since *since = &client->request.since;
    const char *epoch = since->kind == VANE_SINCE_ID ? since->epoch : own_epoch(bus);
    struct vane_journal_reading *reading = NULL;
    char id[48];
    int r;

    if (since->seq > 0)
        snprintf(id, sizeof(id), "%s-%" PRIu64, epoch, since->seq);
    else /* before the first event */
        g_strlcpy(id, epoch, sizeof(id));
    vane_replay_clear(client);
    client->phase = VANE_CLIENT_ASKING;
    client->replay.journal = bus->journal;
    r = bus->journal->position(bus->journal_provider, id, on_found, client, &reading);
    if (r < 0)
        refuse(client, "the journal cannot be asked now");
    else if (client->phase == VANE_CLIENT_ASKING)
        client->replay.reading = reading;
    return true;
}

static bool begin_span(struct vane_client *client)
{
    struct vane_journal_query query = {0};
    int64_t usec = (int64_t)MIN(client->request.since.usec, (uint64_t)INT64_MAX / 1000);

    query.since_ns = MAX(g_get_real_time() - usec, 1) * 1000;
    begin_reading(client, &query);
    return true;
}

bool vane_past_plan(struct vane_client *client)
{
    if (client->request.since.kind == VANE_SINCE_SPAN)
        return begin_span(client);
    return ask_position(client);
}

/* ---- the journal comes and goes ---- */

/* Readings of a journal that goes are over: what they had to give is lost, or in the history. */
static void abandon(struct vane_socketbus *bus)
{
    for (const GList *at = bus->clients.head; at; at = at->next) {
        struct vane_client *client = at->data;

        if (!client->replay.reading)
            continue;
        (void)bus->journal->cancel(bus->journal_provider, client->replay.reading);
        client->replay.reading = NULL;
        if (client->phase == VANE_CLIENT_ASKING)
            refuse(client, "the journal has stopped");
        else
            on_ended(client, -ESHUTDOWN);
    }
}

static void on_journal(void *user, const void *table, void *provider)
{
    struct vane_socketbus *bus = user;

    if (!table)
        abandon(bus);
    bus->journal = table;
    bus->journal_provider = provider;
}

void vane_past_watch(struct vane_socketbus *bus)
{
    (void)bus->host->services->watch(bus->self, VANE_JOURNAL_SERVICE, VANE_JOURNAL_VERSION,
                                     on_journal, bus, &bus->journal_watch);
}

void vane_past_unwatch(struct vane_socketbus *bus)
{
    if (bus->journal)
        abandon(bus);
    bus->journal = NULL;
    if (bus->journal_watch)
        (void)bus->host->services->unwatch(bus->self, bus->journal_watch);
    bus->journal_watch = NULL;
}
