/*
 * One request after the other for each endpoint: asking the gate, and sending. What follows from
 * the answer is in outcome.c. See webhook.h.
 */
#include <errno.h>

#include "lib/array.h"
#include "plugins/webhook/webhook.h"

#define MS_NS INT64_C(1000000)

/* ---- the gate ---- */

static bool may_send(struct vane_webhook_endpoint *endpoint, struct vane_webhook_message *message,
                     char *reason, size_t reason_size)
{
    const struct vane_webhook_plugin *plugin = endpoint->plugin;
    g_autofree char *topic = vane_message_topic(plugin, message);
    const struct vane_field fields[] = {
        vane_string("endpoint", endpoint->options->name),
        vane_string("topic", topic ? topic : ""),
        vane_string("event_id", vane_message_id(plugin, message)),
        vane_string("url", vane_endpoint_url(endpoint)->origin),
        vane_uint64("size", message->length),
    };
    const struct vane_fields facts = VANE_FIELDS(fields);
    const struct vane_gate_request request = {
        .size = sizeof(request),
        .origin = VANE_ORIGIN_LOCAL,
        .access = VANE_ACCESS_CHANGE,
        .action = "webhook.deliver",
        .facts = &facts,
        .cause = message->event,
    };
    struct vane_verdict verdict = {.size = sizeof(verdict)};

    if (!vane_message_id(plugin, message)) {
        g_strlcpy(reason, "it is no event", reason_size);
        return false;
    }
    if (plugin->host->gate->check(plugin->self, &request, &verdict) > 0)
        return true;
    g_snprintf(reason, reason_size, "denied by rule %s: %s", verdict.rule, verdict.reason);
    return false;
}

/* Once for each event and URL, in order, before the first attempt. */
static bool is_permitted(struct vane_webhook_endpoint *endpoint,
                         struct vane_webhook_message *message)
{
    char reason[300];

    if (message->position <= endpoint->permitted)
        return true;
    if (message->position == endpoint->denied)
        return false;
    if (may_send(endpoint, message, reason, sizeof(reason))) {
        endpoint->permitted = message->position;
        return true;
    }
    endpoint->denied = message->position;
    g_free(endpoint->denial);
    endpoint->denial = g_strdup(reason);
    return false;
}

void vane_endpoint_ask_again(struct vane_webhook_endpoint *endpoint)
{
    endpoint->permitted = endpoint->denied = 0;
}

/* ---- timers ---- */

static void on_timer(void *user)
{
    struct vane_webhook_endpoint *endpoint = user;

    endpoint->timer = NULL;
    vane_endpoint_pump(endpoint);
    vane_webhook_kick(endpoint->plugin);
}

static void stop_timer(struct vane_webhook_endpoint *endpoint)
{
    if (endpoint->timer)
        (void)endpoint->plugin->host->loop->timer_stop(endpoint->plugin->self,
                                                       g_steal_pointer(&endpoint->timer));
}

void vane_endpoint_wait(struct vane_webhook_endpoint *endpoint, int64_t ns)
{
    stop_timer(endpoint);
    (void)endpoint->plugin->host->loop->timer_start(endpoint->plugin->self,
                                                    (uint64_t)(ns / MS_NS) + 1, 0, on_timer,
                                                    endpoint, &endpoint->timer);
}

static bool must_wait(struct vane_webhook_endpoint *endpoint)
{
    int64_t wait = endpoint->due_ns > 0 ? endpoint->due_ns - vane_webhook_now() : 0;

    if (wait <= 0)
        return false;
    if (vane_breaker_open(&endpoint->breaker) && !endpoint->skipping) {
        endpoint->skipping = true;
        endpoint->circuit_skips++;
    }
    vane_endpoint_wait(endpoint, wait);
    return true;
}

/* Not faster than the disk takes note, unless it takes none at all. */
static bool is_ahead(const struct vane_webhook_plugin *plugin)
{
    return plugin->unnoted >= VANE_UNNOTED && !plugin->failing;
}

static bool can_send(const struct vane_webhook_endpoint *endpoint)
{
    return !endpoint->transfer.active && !endpoint->plugin->closing && endpoint->plugin->opened &&
           !is_ahead(endpoint->plugin) && endpoint->state == VANE_ENDPOINT_ON &&
           vane_endpoint_url(endpoint) && endpoint->window.length > 0;
}

/* ---- beginning ---- */

void vane_endpoint_forget_sending(struct vane_webhook_endpoint *endpoint)
{
    struct vane_webhook_sending *sending = &endpoint->sending;

    if (sending->event)
        endpoint->plugin->host->bus->event_unref(sending->event);
    g_free(sending->id);
    g_free(sending->event_id);
    *sending = (struct vane_webhook_sending){0};
}

/* Nothing is sent of which the gate says no: alone it is a dead letter, else the batch ends before
 * it. */
static int refuse(struct vane_webhook_endpoint *endpoint,
                  const struct vane_webhook_message *message, uint64_t before)
{
    if (before > 0) {
        vane_cuts_shorten(endpoint, before);
        return -EAGAIN;
    }
    vane_endpoint_bury(endpoint, message->position, endpoint->denial);
    return -EACCES;
}

/* Gathers what is to be sent, from the head to `last`. */
static int gather(struct vane_webhook_endpoint *endpoint, uint64_t last)
{
    uint64_t before = 0;

    g_array_set_size(endpoint->texts, 0);
    for (GList *item = endpoint->window.head; item; item = item->next) {
        struct vane_webhook_message *message = item->data;
        struct vane_webhook_text text = {.json = message->json, .length = message->length};

        if (message->position > last)
            break;
        if (!is_permitted(endpoint, message))
            return refuse(endpoint, message, before);
        before = message->position;
        text.id = vane_message_id(endpoint->plugin, message);
        g_array_append_val(endpoint->texts, text);
    }
    return 0;
}

static void note_sending(struct vane_webhook_endpoint *endpoint, uint64_t last)
{
    struct vane_webhook_message *first = g_queue_peek_head(&endpoint->window);

    vane_endpoint_forget_sending(endpoint);
    endpoint->sending = (struct vane_webhook_sending){
        .first = first->position,
        .last = last,
        .count = endpoint->texts->len,
        .event_id = g_strdup(vane_message_id(endpoint->plugin, first)),
        .event = first->event ? endpoint->plugin->host->bus->event_ref(first->event) : NULL,
    };
}

static void on_done(void *user, const struct vane_http_result *result)
{
    struct vane_webhook_endpoint *endpoint = user;

    vane_webhook_mind_clock(endpoint->plugin); /* before the next attempt is put off by it */
    vane_endpoint_answered(endpoint, result);
    vane_endpoint_forget_sending(endpoint);
    vane_endpoint_pump(endpoint);
    vane_webhook_kick(endpoint->plugin);
}

/* -EACCES: what was first is dead now; any other error: not now. */
static int begin(struct vane_webhook_endpoint *endpoint, uint64_t last)
{
    const struct vane_webhook_message *first = g_queue_peek_head(&endpoint->window);
    int r;

    endpoint->head = first->position; /* damage may have left a hole */
    r = gather(endpoint, last);
    if (r < 0)
        return r;
    note_sending(endpoint, last);
    if (vane_endpoint_fill(endpoint,
                           (const struct vane_webhook_text *)(void *)endpoint->texts->data,
                           endpoint->texts->len, &endpoint->transfer, &endpoint->sending.id) < 0) {
        vane_endpoint_bury(endpoint, last, "it is no event");
        return -EACCES;
    }
    endpoint->transfer.done = on_done;
    endpoint->transfer.user = endpoint;
    return vane_http_begin(&endpoint->plugin->http, &endpoint->transfer);
}

void vane_endpoint_pump(struct vane_webhook_endpoint *endpoint)
{
    uint64_t last;
    int r = -EACCES;

    vane_webhook_mind_clock(endpoint->plugin);
    vane_endpoint_limit(endpoint);
    stop_timer(endpoint);
    vane_cuts_make(endpoint);
    while (r == -EACCES && can_send(endpoint) && !must_wait(endpoint) &&
           vane_cuts_next(endpoint, &last))
        r = begin(endpoint, last);
    if (r == -ENOMEM) {
        vane_http_transfer_clear(&endpoint->transfer);
        endpoint->due_ns = vane_webhook_now() + 1000 * MS_NS;
        (void)must_wait(endpoint);
    }
}

void vane_endpoint_hurry(struct vane_webhook_endpoint *endpoint)
{
    endpoint->due_ns = 0;
    endpoint->breaker = (struct vane_breaker){0};
    endpoint->changed = true;
    vane_endpoint_pump(endpoint);
    vane_webhook_kick(endpoint->plugin);
}
