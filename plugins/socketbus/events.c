/*
 * From the bus into the feeds: each event is judged once, rendered once a format, and compared once
 * with each different filter. When that becomes too much for one turn of the loop, the bus waits.
 */
#include <string.h>

#include "plugins/socketbus/socketbus.h"

/* The bus holds on to events by reference, which is cheap; losing them here would touch everybody.
 */
#define SUBSCRIPTION_QUEUE 262144u
/* Comparisons in one turn of the loop: about 2 ms of them. */
#define EFFORT_MAX 20000u

struct vane_feed *vane_events_feed(struct vane_socketbus *bus, struct vane_filter *filter)
{
    struct vane_feed *feed = g_hash_table_lookup(bus->feeds, filter->key);

    if (feed) {
        vane_filter_clear(filter);
        return feed;
    }
    feed = vane_feed_new(filter);
    g_hash_table_insert(bus->feeds, feed->filter.key, feed);
    return feed;
}

static void list(struct vane_socketbus *bus, struct vane_feed *feed, bool listed)
{
    if (feed->listed == listed)
        return;
    feed->listed = listed;
    if (listed)
        g_queue_push_tail_link(&bus->full_feeds, &feed->link);
    else
        g_queue_unlink(&bus->full_feeds, &feed->link);
}

void vane_events_release_feed(struct vane_socketbus *bus, struct vane_feed *feed)
{
    if (feed->readers.length > 0)
        return;
    list(bus, feed, false);
    g_hash_table_remove(bus->feeds, feed->filter.key);
    vane_feed_free(feed);
}

/* ---- HaloX ---- */

static void suppress(struct vane_socketbus *bus, uint64_t seq)
{
    bus->suppressed[bus->suppressed_next++ % VANE_RECENT_LINES] = seq;
}

static bool is_suppressed(const struct vane_socketbus *bus, uint64_t seq)
{
    for (uint32_t i = 0; i < VANE_RECENT_LINES; i++)
        if (bus->suppressed[i] == seq)
            return true;
    return false;
}

static bool concerns_halox(const char *topic)
{
    return g_str_has_prefix(topic, "link.") || g_str_has_prefix(topic, "address.");
}

static enum vane_halox_kind judge(struct vane_socketbus *bus, const struct vane_event *event,
                                  struct vane_halox_tracker *tracker)
{
    const struct vane_bus *table = bus->host->bus;
    const struct vane_payload *payload = table->event_payload(event);
    const char *topic = table->event_topic(event), *administrative = NULL;
    uint64_t ifindex = 0;

    if (!concerns_halox(topic) || table->get_uint64(payload, "interface_index", &ifindex) < 0)
        return VANE_HALOX_NONE;
    if (strcmp(topic, "link.state") == 0)
        (void)table->get_string(payload, "administrative_state", &administrative);
    return vane_halox_judge(tracker, topic, (uint32_t)ifindex, administrative);
}

/* Whoever asks later for this event gets the same answer. */
static enum vane_halox_kind judge_live(struct vane_socketbus *bus, const struct vane_event *event)
{
    const char *topic = bus->host->bus->event_topic(event);
    enum vane_halox_kind kind = judge(bus, event, bus->tracker);

    if (kind == VANE_HALOX_NONE && concerns_halox(topic))
        suppress(bus, bus->host->bus->event_seq(event));
    return kind;
}

static enum vane_halox_kind judge_again(struct vane_socketbus *bus, const struct vane_event *event)
{
    struct vane_halox_tracker *tracker;
    enum vane_halox_kind kind;

    if (is_suppressed(bus, bus->host->bus->event_seq(event)))
        return VANE_HALOX_NONE;
    tracker = vane_halox_tracker_new();
    kind = judge(bus, event, tracker);
    vane_halox_tracker_free(tracker);
    return kind;
}

/* Address events carry the identity of their link only; its type does not change. */
static char *type_of_link(struct vane_socketbus *bus, const struct vane_event *event)
{
    const struct vane_bus *table = bus->host->bus;
    const struct vane_payload *link;
    const char *type = NULL;
    uint64_t ifindex = 0;
    char *copy;

    if (table->get_uint64(table->event_payload(event), "interface_index", &ifindex) < 0 ||
        bus->host->links->get(bus->self, (uint32_t)ifindex, &link) < 0)
        return NULL;
    (void)table->get_string(link, "interface_type", &type);
    copy = g_strdup(type);
    table->payload_unref(link);
    return copy;
}

/* ---- lines ---- */

static struct vane_line *make_line(struct vane_socketbus *bus, const struct vane_event *event,
                                   enum vane_halox_kind kind)
{
    struct vane_line **slot;
    struct vane_line *line = vane_line_of_event(bus->host->bus, event);

    if (!line)
        return NULL;
    line->halox = kind;
    if (kind == VANE_HALOX_ADDRESS_ADDED || kind == VANE_HALOX_ADDRESS_REMOVED)
        line->interface_type = type_of_link(bus, event);
    slot = &bus->recent[line->seq % VANE_RECENT_LINES];
    if (!*slot || (*slot)->seq < line->seq) {
        vane_line_unref(*slot);
        *slot = vane_line_ref(line);
    }
    return line;
}

struct vane_line *vane_events_line(struct vane_socketbus *bus, const struct vane_event *event)
{
    uint64_t seq = bus->host->bus->event_seq(event);
    struct vane_line *line = bus->recent[seq % VANE_RECENT_LINES];

    if (line && line->seq == seq)
        return vane_line_ref(line);
    return make_line(bus, event, judge_again(bus, event));
}

static void push(struct vane_socketbus *bus, struct vane_feed *feed, struct vane_line *line)
{
    vane_feed_push(feed, line, bus->options.queue_length, bus->options.queue_size);
    list(bus, feed, true);
}

/* What all queues together may keep is bounded too: the oldest go, whoever waits for them. */
static void forget_oldest(struct vane_socketbus *bus)
{
    uint64_t oldest = UINT64_MAX, limit;

    for (const GList *at = bus->full_feeds.head; at; at = at->next) {
        const struct vane_feed *feed = at->data;

        if (feed->first < feed->next)
            oldest = MIN(oldest, feed->ring[feed->first & (feed->capacity - 1)]->seq);
    }
    if (oldest >= bus->seen)
        return;
    limit = oldest + (bus->seen - oldest) / 8;
    for (const GList *at = bus->full_feeds.head; at; at = at->next)
        vane_feed_forget(at->data, limit);
    for (uint32_t i = 0; i < VANE_RECENT_LINES; i++)
        if (bus->recent[i] && bus->recent[i]->seq <= limit)
            g_clear_pointer(&bus->recent[i], vane_line_unref);
}

static void spread(struct vane_socketbus *bus, const struct vane_event *event,
                   enum vane_halox_kind kind)
{
    const char *topic = bus->host->bus->event_topic(event);
    struct vane_line *line = NULL;
    struct vane_feed *feed;
    GHashTableIter feeds;

    g_hash_table_iter_init(&feeds, bus->feeds);
    while (g_hash_table_iter_next(&feeds, NULL, (gpointer *)&feed)) {
        bus->effort += 1 + (uint32_t)feed->filter.where_count * 4;
        if (!vane_filter_wants_topic(&feed->filter, topic, bus->host->bus->match))
            continue;
        if (feed->filter.format == VANE_FORMAT_HALOX && kind == VANE_HALOX_NONE)
            continue;
        if (!line)
            line = make_line(bus, event, kind);
        if (line && vane_filter_wants_line(&feed->filter, line))
            push(bus, feed, line);
    }
    vane_line_unref(line);
    while (vane_lines_memory() > bus->options.queue_memory && bus->full_feeds.length > 0) {
        uint64_t before = vane_lines_memory();

        forget_oldest(bus);
        if (vane_lines_memory() == before)
            break;
    }
}

static int on_event(void *user, const struct vane_event *event)
{
    struct vane_socketbus *bus = user;

    if (bus->effort > EFFORT_MAX) {
        bus->held_back = true;
        vane_flush_soon(bus);
        return VANE_BUSY;
    }
    bus->effort++;
    bus->events++;
    bus->seen = bus->host->bus->event_seq(event);
    spread(bus, event, judge_live(bus, event));
    if (bus->full_feeds.length > 0)
        vane_flush_soon(bus);
    return VANE_OK;
}

static void on_lost(void *user, uint64_t first, uint64_t last)
{
    struct vane_socketbus *bus = user;
    struct vane_line *line = vane_line_of_loss(first, last);
    struct vane_feed *feed;
    GHashTableIter feeds;

    bus->host->log->print(bus->self, VANE_LOG_WARNING,
                          "events %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                          " came faster than they could be handed on; the clients are told",
                          first, last);
    g_hash_table_iter_init(&feeds, bus->feeds);
    while (g_hash_table_iter_next(&feeds, NULL, (gpointer *)&feed))
        push(bus, feed, line);
    vane_line_unref(line);
    bus->seen = MAX(bus->seen, last);
    vane_flush_soon(bus);
}

void vane_events_go_on(struct vane_socketbus *bus)
{
    bus->effort = 0;
    if (!bus->held_back)
        return;
    bus->held_back = false;
    (void)bus->host->bus->resume(bus->self, bus->subscription);
}

int vane_events_begin(struct vane_socketbus *bus)
{
    const struct vane_subscribe subscribe = {
        .size = sizeof(subscribe), .queue_length = SUBSCRIPTION_QUEUE, .lost = on_lost};
    uint64_t next = 1;
    const char *epoch;

    bus->feeds = g_hash_table_new(g_str_hash, g_str_equal);
    bus->tracker = vane_halox_tracker_new();
    (void)bus->host->bus->position(bus->self, &next, &epoch);
    bus->seen = next - 1;
    return bus->host->bus->subscribe(bus->self, ">", &subscribe, on_event, bus, &bus->subscription);
}

void vane_events_end(struct vane_socketbus *bus)
{
    if (bus->subscription)
        (void)bus->host->bus->unsubscribe(bus->self, bus->subscription);
    bus->subscription = NULL;
    bus->held_back = false;
    for (uint32_t i = 0; i < VANE_RECENT_LINES; i++)
        g_clear_pointer(&bus->recent[i], vane_line_unref);
    vane_batches_forget(NULL);
    g_clear_pointer(&bus->tracker, vane_halox_tracker_free);
    g_clear_pointer(&bus->feeds, g_hash_table_unref);
}
