/* The event bus: stamping, history, and the fan-out into queues. See bus.h. */
#include "engine/bus.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <glib.h>

#include "engine/bus-internal.h"
#include "lib/topic.h"
#include "lib/text/hex.h"

#define TURN_DELIVERIES 8192u /* a turn of the loop hands out so many, then lets others run */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void make_epoch(char epoch[17])
{
    uint8_t bytes[8];

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
        uint64_t now = clock_ns(CLOCK_REALTIME);

        memcpy(bytes, &now, sizeof(bytes));
    }
    vane_text_hex(bytes, sizeof(bytes), epoch);
}

static void dispatch(struct vane_event_bus *bus)
{
    uint32_t budget = TURN_DELIVERIES;

    while (bus->ready && budget > 0) {
        struct vane_subscription *subscription = bus->ready;
        uint32_t calls;

        vane_subscription_unready(subscription);
        calls = vane_subscription_deliver(subscription, 64);
        budget -= MIN(budget, calls);
    }
    if (!bus->ready) {
        uv_idle_stop(&bus->idle);
        uv_check_stop(&bus->check);
    }
}

static void on_check(uv_check_t *check)
{
    dispatch(check->data);
}

/* Only there so that the loop does not sleep while something is queued. */
static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

void vane_event_bus_wake(struct vane_event_bus *bus)
{
    if (bus->closing || uv_is_active((uv_handle_t *)&bus->check))
        return;
    uv_check_start(&bus->check, on_check);
    uv_idle_start(&bus->idle, on_idle);
}

int vane_event_bus_new(uv_loop_t *loop, uint32_t history, struct vane_event_bus **result)
{
    struct vane_event_bus *bus = g_new0(struct vane_event_bus, 1);

    uv_idle_init(loop, &bus->idle);
    uv_check_init(loop, &bus->check);
    bus->idle.data = bus->check.data = bus;
    bus->capacity = MAX(history, 1); /* an event that is being handed on is always kept */
    bus->history = g_new0(const struct vane_event *, bus->capacity);
    bus->next_seq = 1;
    make_epoch(bus->epoch);
    *result = bus;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct vane_event_bus *bus = handle->data;

    if (--bus->closing == 0)
        g_free(bus);
}

void vane_event_bus_free(struct vane_event_bus *bus)
{
    if (!bus)
        return;
    g_assert(!bus->subscriptions);
    for (uint32_t i = 0; i < bus->capacity; i++)
        vane_event_unref(bus->history[i]);
    g_free(bus->history);
    bus->closing = 2;
    uv_close((uv_handle_t *)&bus->idle, on_closed);
    uv_close((uv_handle_t *)&bus->check, on_closed);
}

static char *format_decimal(char *end, uint64_t number)
{
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return end;
}

static void make_id(const char *epoch, uint64_t seq, char id[40])
{
    char digits[20];
    char *first = format_decimal(digits + sizeof(digits), seq);
    size_t length = (size_t)(digits + sizeof(digits) - first);

    memcpy(id, epoch, 16);
    id[16] = '-';
    memcpy(id + 17, first, length);
    id[17 + length] = '\0';
}

static struct vane_event *stamp(struct vane_event_bus *bus, const char *topic,
                                const struct vane_payload *payload, const char *cause)
{
    size_t length = strlen(topic) + 1;
    struct vane_event *event = g_malloc(sizeof(*event) + length);

    *event = (struct vane_event){
        .refs = 1,
        .seq = bus->next_seq++,
        .time_ns = (int64_t)clock_ns(CLOCK_REALTIME),
        .monotonic_ns = clock_ns(CLOCK_MONOTONIC),
        .payload = payload,
    };
    make_id(bus->epoch, event->seq, event->id);
    if (cause)
        g_strlcpy(event->cause, cause, sizeof(event->cause));
    memcpy(event->topic, topic, length);
    return event;
}

/* The history takes over the first reference. */
static void keep(struct vane_event_bus *bus, const struct vane_event *event)
{
    const struct vane_event **slot = &bus->history[event->seq % bus->capacity];

    vane_event_unref(*slot);
    *slot = event;
}

int vane_event_bus_publish(struct vane_event_bus *bus, const char *topic,
                           const struct vane_payload *payload, const char *cause,
                           const struct vane_event **event)
{
    const struct vane_event *stamped;

    if (!vane_topic_valid(topic) || (cause && strlen(cause) >= sizeof(stamped->cause))) {
        vane_payload_unref(payload);
        return -EINVAL;
    }
    stamped = stamp(bus, topic, payload, cause);
    keep(bus, stamped);
    for (struct vane_subscription *each = bus->subscriptions; each; each = each->next)
        vane_subscription_offer(each, stamped);
    if (event)
        *event = vane_event_ref(stamped);
    return 0;
}

int vane_event_bus_publish_fields(struct vane_event_bus *bus, const char *topic,
                                  const struct vane_fields *fields, const char *cause)
{
    struct vane_payload *payload;
    int r = vane_payload_new(fields, &payload);

    return r < 0 ? r : vane_event_bus_publish(bus, topic, payload, cause, NULL);
}

void vane_event_bus_flush(struct vane_event_bus *bus)
{
    for (unsigned turn = 0; bus->ready && turn < 1024; turn++)
        dispatch(bus);
}

uint64_t vane_event_bus_queued(const struct vane_event_bus *bus, const struct vane_self *owner)
{
    uint64_t queued = 0;

    for (const struct vane_subscription *at = bus->subscriptions; at; at = at->next) {
        if (at->owner != owner || at->dead)
            continue;
        queued += at->count + (at->held ? 1 : 0);
        queued += at->cursor ? bus->next_seq - at->cursor : 0;
    }
    return queued;
}

uint64_t vane_event_bus_next_seq(const struct vane_event_bus *bus)
{
    return bus->next_seq;
}

const char *vane_event_bus_epoch(const struct vane_event_bus *bus)
{
    return bus->epoch;
}

uint64_t vane_event_bus_oldest_seq(const struct vane_event_bus *bus)
{
    return bus->next_seq > bus->capacity ? bus->next_seq - bus->capacity : 1;
}

const struct vane_event *vane_event_bus_at(const struct vane_event_bus *bus, uint64_t seq)
{
    if (seq < vane_event_bus_oldest_seq(bus) || seq >= bus->next_seq)
        return NULL;
    return bus->history[seq % bus->capacity];
}

const struct vane_event *vane_event_bus_find(const struct vane_event_bus *bus, const char *id)
{
    const struct vane_event *event;

    if (strncmp(id, bus->epoch, 16) != 0 || id[16] != '-')
        return NULL;
    event = vane_event_bus_at(bus, g_ascii_strtoull(id + 17, NULL, 10));
    return event && strcmp(event->id, id) == 0 ? vane_event_ref(event) : NULL;
}
