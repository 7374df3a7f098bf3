/* Events from the past: from the history of the bus here, from the journal in past.c. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plugins/socketbus/client.h"

/* Events that are looked at for one client in one turn of the loop. */
#define SCAN_MAX 256u

static const struct vane_event *find(const struct vane_socketbus *bus, uint64_t seq)
{
    const struct vane_event *event;
    uint64_t next;
    const char *epoch;
    char id[48];

    if (bus->host->bus->position(bus->self, &next, &epoch) < 0)
        return NULL;
    snprintf(id, sizeof(id), "%s-%" PRIu64, epoch, seq);
    return bus->host->bus->find(bus->self, id, &event) < 0 ? NULL : event;
}

static bool is_kept(const struct vane_socketbus *bus, uint64_t seq)
{
    const struct vane_event *event = find(bus, seq);

    if (event)
        bus->host->bus->event_unref(event);
    return event != NULL;
}

/* The oldest event from `from` to `to` that the bus keeps; `to` + 1: none. */
static uint64_t oldest_kept(const struct vane_socketbus *bus, uint64_t from, uint64_t to)
{
    uint64_t end = to + 1;

    while (from < end) {
        uint64_t middle = from + (end - from) / 2;

        if (is_kept(bus, middle))
            end = middle;
        else
            from = middle + 1;
    }
    return from;
}

/* ---- where to begin ---- */

static bool refuse(struct vane_client *client, const char *message)
{
    client->phase = VANE_CLIENT_STREAMING;
    vane_client_refuse(client, "since", message);
    return false;
}

static bool plan_seq(struct vane_client *client, uint64_t seq)
{
    struct vane_socketbus *bus = client->bus;
    char message[160];
    uint64_t next = 1;
    const char *epoch;

    (void)bus->host->bus->position(bus->self, &next, &epoch);
    if (seq >= next) {
        snprintf(message, sizeof(message),
                 "seq %" PRIu64
                 " lies in the future: the newest event of this epoch, %s, is %" PRIu64,
                 seq, epoch, next - 1);
        return refuse(client, message);
    }
    if (bus->journal && seq < bus->seen && !is_kept(bus, seq + 1))
        return vane_past_plan(client);
    vane_replay_clear(client);
    client->replay.next = seq + 1;
    client->replay.end = bus->seen;
    vane_stream_begin(client, MAX(seq, bus->seen));
    return true;
}

static bool plan_id(struct vane_client *client)
{
    struct vane_socketbus *bus = client->bus;
    const struct vane_since *since = &client->request.since;
    uint64_t next;
    const char *epoch;

    (void)bus->host->bus->position(bus->self, &next, &epoch);
    if (g_ascii_strcasecmp(epoch, since->epoch) == 0)
        return plan_seq(client, since->seq);
    if (bus->journal)
        return vane_past_plan(client);
    return refuse(client, "the id is of another epoch, which nobody here knows: no journal runs");
}

static uint64_t age_of(const struct vane_socketbus *bus, uint64_t seq, uint64_t now)
{
    const struct vane_event *event = find(bus, seq);
    uint64_t time;

    if (!event)
        return UINT64_MAX;
    time = bus->host->bus->event_monotonic(event);
    bus->host->bus->event_unref(event);
    return now > time ? now - time : 0;
}

/* The last seq that is older than the span; events of one epoch age in order. */
static bool plan_span(struct vane_client *client)
{
    struct vane_socketbus *bus = client->bus;
    uint64_t usec = client->request.since.usec, now = 0, from = 1, end = bus->seen + 1;

    (void)bus->host->loop->now(&now);
    while (from < end) {
        uint64_t middle = from + (end - from) / 2;

        if (age_of(bus, middle, now) / 1000 <= usec)
            end = middle;
        else
            from = middle + 1;
    }
    if (bus->journal && (from == 1 || !is_kept(bus, from - 1)))
        return vane_past_plan(client);
    /* Between the last that is too old and the first that is kept, nobody knows the ages. */
    if (from > 1 && !is_kept(bus, from - 1))
        from = 1;
    return plan_seq(client, from - 1);
}

bool vane_replay_plan(struct vane_client *client)
{
    uint64_t next = 1;
    const char *epoch;

    switch (client->request.since.kind) {
    case VANE_SINCE_NOW:
        break;
    case VANE_SINCE_SEQ:
        return plan_seq(client, client->request.since.seq);
    case VANE_SINCE_ID:
        return plan_id(client);
    case VANE_SINCE_SPAN:
        return plan_span(client);
    }
    vane_replay_clear(client);
    (void)client->bus->host->bus->position(client->bus->self, &next, &epoch);
    vane_stream_begin(client, next - 1);
    return true;
}

/* ---- sending it ---- */

bool vane_replay_gap(struct vane_client *client, GString *out, const char *epoch, uint64_t from,
                     uint64_t to)
{
    g_autofree char *gap = NULL;
    char message[128];
    size_t length;

    if (client->strict) {
        snprintf(message, sizeof(message),
                 "events %" PRIu64 " to %" PRIu64 " are lost, and the stream is strict", from, to);
        vane_client_end(client, "strict", message);
        return false;
    }
    gap = vane_line_gap(epoch, from, to, &length);
    g_string_append_len(out, gap, (gssize)length);
    g_string_append_c(out, '\n');
    return true;
}

static void append(struct vane_client *client, GString *out, const struct vane_event *event)
{
    const struct vane_filter *filter = &client->live.feed->filter;
    struct vane_socketbus *bus = client->bus;
    struct vane_line *line;
    const char *text;
    size_t length;

    if (!vane_filter_wants_topic(filter, bus->host->bus->event_topic(event), bus->host->bus->match))
        return;
    line = vane_events_line(bus, event);
    if (line && vane_filter_wants_line(filter, line)) {
        text = vane_line_text(line, filter->format, &length);
        g_string_append_len(out, text, (gssize)length);
        g_string_append_c(out, '\n');
        client->lines_sent++;
        bus->lines_sent++;
    }
    vane_line_unref(line);
}

/* What was to come next is not kept any more: on with the oldest that is. */
static bool skip_lost(struct vane_client *client, GString *out)
{
    struct vane_replay *replay = &client->replay;
    uint64_t first = replay->next;

    replay->next = oldest_kept(client->bus, first, replay->end);
    return vane_replay_gap(client, out, NULL, first, replay->next - 1);
}

static bool fill_from_history(struct vane_client *client, GString *out, size_t most)
{
    struct vane_replay *replay = &client->replay;

    for (unsigned i = 0; i < SCAN_MAX && replay->next <= replay->end && out->len < most; i++) {
        const struct vane_event *event = find(client->bus, replay->next);

        if (!event) {
            if (!skip_lost(client, out))
                return false;
            continue;
        }
        append(client, out, event);
        client->bus->host->bus->event_unref(event);
        replay->next++;
    }
    return true;
}

bool vane_replay_pending(const struct vane_replay *replay)
{
    return replay->reading || replay->text || replay->next <= replay->end;
}

bool vane_replay_fill(struct vane_client *client, GString *out, size_t most)
{
    struct vane_replay *replay = &client->replay;

    if (replay->text) {
        g_string_append_len(out, replay->text->str, (gssize)replay->text->len);
        g_string_free(g_steal_pointer(&replay->text), TRUE);
        vane_past_go_on(client);
        return true;
    }
    if (replay->reading || replay->next > replay->end)
        return false;
    return fill_from_history(client, out, most);
}

void vane_replay_clear(struct vane_client *client)
{
    struct vane_replay *replay = &client->replay;

    if (replay->reading && replay->journal && client->bus->journal == replay->journal)
        (void)replay->journal->cancel(client->bus->journal_provider, replay->reading);
    if (replay->text)
        g_string_free(replay->text, TRUE);
    vane_halox_tracker_free(replay->tracker);
    *replay = (struct vane_replay){.next = 1};
}
