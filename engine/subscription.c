/* One subscriber of the bus: its queue, its gaps, its replay. See bus-internal.h. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "engine/bus-internal.h"
#include "engine/engine.h"
#include "lib/topic.h"

#define QUEUE_DEFAULT 1024u
#define QUEUE_MAX     (1u << 20)

static void make_ready(struct vane_subscription *self)
{
    struct vane_event_bus *bus = self->bus;

    if (self->is_ready || self->busy || self->dead || self->delivering)
        return;
    self->is_ready = true;
    self->ready_next = NULL;
    if (bus->ready)
        bus->ready_last->ready_next = self;
    else
        bus->ready = self;
    bus->ready_last = self;
    vane_event_bus_wake(bus);
}

void vane_subscription_unready(struct vane_subscription *self)
{
    struct vane_event_bus *bus = self->bus;
    struct vane_subscription *before = NULL;

    if (!self->is_ready)
        return;
    for (struct vane_subscription *each = bus->ready; each != self; each = each->ready_next)
        before = each;
    if (before)
        before->ready_next = self->ready_next;
    else
        bus->ready = self->ready_next;
    if (bus->ready_last == self)
        bus->ready_last = before;
    self->is_ready = false;
}

static const struct vane_event *dequeue(struct vane_subscription *self)
{
    const struct vane_event *event = self->queue[self->first];

    self->first = (self->first + 1) % self->capacity;
    self->count--;
    return event;
}

static void note_loss(struct vane_subscription *self, uint64_t first, uint64_t last)
{
    if (self->lost_first == 0)
        self->lost_first = first;
    self->lost_last = last;
}

static void clear_queue(struct vane_subscription *self)
{
    vane_event_unref(self->held);
    self->held = NULL;
    while (self->count > 0)
        vane_event_unref(dequeue(self));
}

static void grow(struct vane_subscription *self)
{
    uint32_t capacity = MIN(MAX(16u, self->capacity * 2), self->options.queue_length);
    const struct vane_event **queue = g_new(const struct vane_event *, capacity);

    for (uint32_t i = 0; i < self->count; i++)
        queue[i] = self->queue[(self->first + i) % self->capacity];
    g_free(self->queue);
    self->queue = queue;
    self->capacity = capacity;
    self->first = 0;
}

/* Takes over a reference. */
static void enqueue(struct vane_subscription *self, const struct vane_event *event)
{
    if (self->count == self->capacity)
        grow(self);
    self->queue[(self->first + self->count++) % self->capacity] = event;
}

/* The queue is full: the oldest event goes, or, for a strict one, the whole subscription. */
static void overflow(struct vane_subscription *self)
{
    if (self->options.flags & VANE_SUBSCRIBE_STRICT) {
        clear_queue(self);
        self->error = -ENOBUFS;
    } else {
        const struct vane_event *oldest = dequeue(self);

        note_loss(self, oldest->seq, oldest->seq);
        vane_event_unref(oldest);
    }
}

static bool wants(const struct vane_subscription *self, const char *topic)
{
    return vane_patterns_match(self->patterns, topic) &&
           !(self->except && vane_patterns_match(self->except, topic));
}

void vane_subscription_offer(struct vane_subscription *self, const struct vane_event *event)
{
    if (self->dead || self->error || self->cursor > 0 || !wants(self, event->topic))
        return;
    if (self->count == self->options.queue_length)
        overflow(self);
    if (!self->error) {
        enqueue(self, vane_event_ref(event));
    } else {
        self->busy = false; /* the end is told even to one that is busy */
    }
    make_ready(self);
}

/* The next event of the history that matches, with a reference; NULL: caught up. */
static const struct vane_event *replay_next(struct vane_subscription *self)
{
    struct vane_event_bus *bus = self->bus;
    uint64_t oldest = vane_event_bus_oldest_seq(bus);

    if (self->cursor < oldest) {
        if (self->options.flags & VANE_SUBSCRIBE_STRICT) {
            self->error = -ENOBUFS;
            return NULL;
        }
        note_loss(self, self->cursor, oldest - 1);
        self->cursor = oldest;
    }
    for (; self->cursor < bus->next_seq; self->cursor++) {
        const struct vane_event *event = vane_event_bus_at(bus, self->cursor);

        if (wants(self, event->topic))
            return vane_event_ref(event);
    }
    self->cursor = 0;
    return NULL;
}

/* The next event, with a reference, taken off its queue or cursor. */
static const struct vane_event *take(struct vane_subscription *self)
{
    const struct vane_event *event = NULL;

    if (self->cursor > 0)
        event = replay_next(self);
    if (event)
        self->cursor = event->seq + 1;
    else if (self->count > 0)
        event = dequeue(self);
    return event;
}

static void tell_loss(struct vane_subscription *self)
{
    uint64_t first = self->lost_first, last = self->lost_last;
    struct vane_call call;

    self->lost_first = self->lost_last = 0;
    if (!self->options.lost) {
        vane_warning(self->owner ? self->owner->name : "bus",
                     "events %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                     " were lost for the subscription to %s: it is too slow",
                     first, last, self->patterns);
        return;
    }
    vane_call_begin(&call, self->owner, "gap");
    self->options.lost(self->user, first, last);
    vane_call_end(&call);
}

static void release(struct vane_subscription *self)
{
    clear_queue(self);
    g_free(self->queue);
    g_free(self->patterns);
    g_free(self->except);
    g_free(self);
}

static void end_with_error(struct vane_subscription *self)
{
    void (*ended)(void *user, int error) = self->options.ended;
    struct vane_self *owner = self->owner;
    void *user = self->user;
    int error = self->error;
    struct vane_call call;

    vane_subscription_free(self);
    if (!ended)
        return;
    vane_call_begin(&call, owner, "ended");
    ended(user, error);
    vane_call_end(&call);
}

/* The event to hand out now: the one that found its receiver busy, else the next one, after a
 * word about what was lost in front of it. */
static const struct vane_event *next_event(struct vane_subscription *self)
{
    const struct vane_event *event = self->held;

    if (event) {
        self->held = NULL;
        return event;
    }
    event = take(self);
    if (self->lost_first > 0)
        tell_loss(self);
    return event;
}

/* Hands out one event; false: there is none, or no more is wanted now. */
static bool deliver_one(struct vane_subscription *self)
{
    const struct vane_event *event = next_event(self);
    struct vane_call call;
    int r;

    if (!event || self->dead) {
        vane_event_unref(event);
        return false;
    }
    vane_call_begin(&call, self->owner, "event");
    r = self->callback(self->user, event);
    vane_call_end(&call);
    if (!self->dead && r == VANE_BUSY) {
        self->busy = true;
        self->held = event;
        return false;
    }
    vane_event_unref(event);
    return !self->dead;
}

uint32_t vane_subscription_deliver(struct vane_subscription *self, uint32_t most)
{
    uint32_t calls = 0;
    bool more = true;

    if (self->delivering)
        return 0; /* the bus is flushed from within this one's callback */
    self->delivering = true;
    self->resumed = false;
    while (more && calls < most && !self->error) {
        calls++;
        more = deliver_one(self);
    }
    self->delivering = false;
    if (self->dead)
        release(self);
    else if (self->error)
        end_with_error(self);
    else if (more || self->resumed)
        vane_subscription_resume(self);
    else if (self->count > 0) /* published when it was told of a loss that nothing came after */
        make_ready(self);
    return calls;
}

/* A queue that is longer than the history takes it over at once: while the receiver is busy, the
 * history forgets. */
static void begin_replay(struct vane_subscription *self)
{
    struct vane_event_bus *bus = self->bus;
    uint64_t since = self->options.since;
    const struct vane_event *event;

    self->cursor = since > 0 ? since + 1 : vane_event_bus_oldest_seq(bus);
    make_ready(self);
    if (self->options.queue_length < bus->capacity)
        return;
    while ((event = replay_next(self))) {
        self->cursor = event->seq + 1;
        enqueue(self, event);
    }
}

static void on_revoke(struct vane_ledger_entry *entry)
{
    vane_subscription_free((struct vane_subscription *)entry);
}

static struct vane_subscribe copy_options(const struct vane_subscribe *options)
{
    struct vane_subscribe copy = {0};

    if (options)
        memcpy(&copy, options, MIN(options->size, sizeof(copy)));
    if (copy.queue_length == 0)
        copy.queue_length = QUEUE_DEFAULT;
    copy.queue_length = MIN(copy.queue_length, QUEUE_MAX);
    return copy;
}

int vane_event_bus_subscribe(struct vane_event_bus *bus, struct vane_self *owner,
                             const char *patterns, const struct vane_subscribe *options,
                             int (*callback)(void *user, const struct vane_event *event),
                             void *user, struct vane_subscription **subscription)
{
    struct vane_subscribe copy = copy_options(options);
    struct vane_subscription *self;

    if (!patterns || !callback || !vane_patterns_valid(patterns) ||
        (copy.except && !vane_patterns_valid(copy.except)))
        return -EINVAL;
    if ((copy.flags & VANE_SUBSCRIBE_REPLAY) && copy.since >= bus->next_seq)
        return -ERANGE;
    self = g_new0(struct vane_subscription, 1);
    self->bus = bus;
    self->owner = owner;
    self->patterns = g_strdup(patterns);
    self->except = g_strdup(copy.except);
    self->options = copy;
    self->callback = callback;
    self->user = user;
    self->link = &bus->subscriptions;
    while (*self->link)
        self->link = &(*self->link)->next;
    *self->link = self;
    vane_ledger_enter(owner ? &owner->ledger : NULL, &self->entry, "subscription", on_revoke);
    if (copy.flags & VANE_SUBSCRIBE_REPLAY)
        begin_replay(self);
    self->entry.kept = subscription == NULL;
    if (subscription)
        *subscription = self;
    return 0;
}

void vane_subscription_free(struct vane_subscription *self)
{
    if (!self || self->dead)
        return;
    self->dead = true;
    vane_ledger_strike(&self->entry);
    vane_subscription_unready(self);
    *self->link = self->next;
    if (self->next)
        self->next->link = self->link;
    if (!self->delivering)
        release(self);
}

int vane_subscription_resume(struct vane_subscription *self)
{
    if (self->dead)
        return -EINVAL;
    self->busy = false;
    self->resumed = true; /* maybe before it has said that it is busy */
    make_ready(self);
    return 0;
}
