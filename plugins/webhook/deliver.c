/*
 * One delivery after the other for each endpoint: asking the gate, sending, and what follows from
 * the answer. See webhook.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "lib/array.h"
#include "lib/json/reader.h"
#include "plugins/webhook/sign.h"
#include "plugins/webhook/webhook.h"

#define MS_NS INT64_C(1000000)

static void on_done(void *user, const struct vane_http_result *result);

/* ---- the request ---- */

static void add_header(struct curl_slist **headers, const char *name, const char *value)
{
    g_autofree char *line = g_strdup_printf("%s: %s", name, value);

    *headers = vane_curl.slist_append(*headers, line);
}

static void add_signature(struct vane_webhook_endpoint *endpoint, const char *id,
                          struct vane_http_transfer *transfer, struct curl_slist **headers)
{
    const struct vane_webhook_endpoint_options *options = endpoint->options;
    int64_t timestamp = vane_webhook_now() / 1000000000;
    g_autoptr(GString) value = g_string_new(NULL);
    char seconds[24];

    if (options->format == VANE_WEBHOOK_PILOT) {
        vane_sign_pilot(transfer->body, transfer->length, options->secrets, value);
        if (value->len > 0)
            add_header(headers, "X-Pilot-Signature-256", value->str);
        return;
    }
    g_snprintf(seconds, sizeof(seconds), "%" PRId64, timestamp);
    add_header(headers, "webhook-id", id);
    add_header(headers, "webhook-timestamp", seconds);
    vane_sign_standard(id, timestamp, transfer->body, transfer->length, options->secrets,
                       options->own_key ? endpoint->plugin->keys : NULL, value);
    if (value->len > 0)
        add_header(headers, "webhook-signature", value->str);
}

static char *member(const char *json, size_t length, const char *name)
{
    struct vane_json_view value;
    char *text = NULL;

    if (vane_json_find(vane_json_root(json, length), name, &value))
        (void)vane_json_get_string(value, &text);
    return text;
}

int vane_endpoint_fill(struct vane_webhook_endpoint *endpoint, const char *id, const char *json,
                       size_t length, struct vane_http_transfer *transfer)
{
    const struct vane_webhook_endpoint_options *options = endpoint->options;
    const struct vane_url *url = vane_endpoint_url(endpoint);
    struct curl_slist *headers = NULL;

    transfer->body = vane_webhook_body(options->format, json, length, &endpoint->plugin->sender,
                                       &transfer->length);
    if (!transfer->body)
        return -EBADMSG;
    transfer->url = url->url;
    transfer->socket = url->socket;
    transfer->ca_file = options->ca_file;
    transfer->allowed = options->allowed;
    transfer->timeout_ms = options->timeout_ms;
    add_header(&headers, "Content-Type", vane_webhook_content_type(options->format));
    headers = vane_curl.slist_append(headers, "Expect:");
    add_signature(endpoint, id, transfer, &headers);
    for (char **header = options->headers; header && *header; header++)
        headers = vane_curl.slist_append(headers, *header);
    transfer->headers = headers;
    return 0;
}

/* ---- the gate ---- */

/* Once for each event and URL, before the first attempt. */
static bool may_send(struct vane_webhook_endpoint *endpoint,
                     const struct vane_webhook_message *message, char *reason, size_t reason_size)
{
    const struct vane_webhook_plugin *plugin = endpoint->plugin;
    g_autofree char *topic = message->event
                                 ? g_strdup(plugin->host->bus->event_topic(message->event))
                                 : member(message->json, message->length, "topic");
    const struct vane_field fields[] = {
        vane_string("endpoint", endpoint->options->name),
        vane_string("topic", topic ? topic : ""),
        vane_string("event_id", endpoint->sending_id),
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
        .cause = endpoint->sending_event,
    };
    struct vane_verdict verdict = {.size = sizeof(verdict)};

    if (plugin->host->gate->check(plugin->self, &request, &verdict) > 0) {
        endpoint->permitted = message->position;
        return true;
    }
    g_snprintf(reason, reason_size, "denied by rule %s: %s", verdict.rule, verdict.reason);
    return false;
}

/* ---- what becomes of a message ---- */

static void forget_sending(struct vane_webhook_endpoint *endpoint)
{
    if (endpoint->sending_event)
        endpoint->plugin->host->bus->event_unref(g_steal_pointer(&endpoint->sending_event));
    g_clear_pointer(&endpoint->sending_id, g_free);
}

/* A limit may have taken it off the queue while it was under way. */
static bool is_head(const struct vane_webhook_endpoint *endpoint)
{
    return endpoint->sending == endpoint->head;
}

static void bury(struct vane_webhook_endpoint *endpoint, const char *reason)
{
    const struct vane_outbox_dying dying = {
        .endpoint = endpoint->number,
        .position = endpoint->sending,
        .died_ns = vane_webhook_now(),
        .attempts = endpoint->attempts,
        .reason = g_strdup(reason),
    };

    endpoint->buried++;
    vane_report_exhausted(endpoint, reason);
    g_array_append_val(endpoint->plugin->dying, dying);
    vane_endpoint_advance(endpoint, 1);
}

static int64_t scaled(const struct vane_webhook_endpoint *endpoint, int64_t ms)
{
    return ms * MS_NS / endpoint->plugin->speed;
}

static void postpone(struct vane_webhook_endpoint *endpoint, const struct vane_http_result *result,
                     const char *reason)
{
    int64_t delay =
        vane_retry_delay(endpoint->attempts, result->retry_after_ms, randombytes_random());

    endpoint->due_ns = vane_webhook_now() + scaled(endpoint, delay);
    endpoint->changed = true;
    vane_report_failed(endpoint, reason, delay);
}

static void retry(struct vane_webhook_endpoint *endpoint, const struct vane_http_result *result,
                  const char *reason)
{
    endpoint->attempts++;
    if (endpoint->attempts >= endpoint->options->max_attempts)
        bury(endpoint, reason);
    else
        postpone(endpoint, result, reason);
}

static void disable(struct vane_webhook_endpoint *endpoint)
{
    endpoint->state = VANE_ENDPOINT_DISABLED;
    endpoint->changed = true;
    vane_report_state(endpoint, "webhook.disabled", "the receiver answered 410 Gone");
}

static void note_health(struct vane_webhook_endpoint *endpoint, bool worked, const char *reason)
{
    bool was_open = vane_breaker_open(&endpoint->breaker), open;

    open = vane_breaker_note(&endpoint->breaker, worked);
    endpoint->skipping = false;
    if (open)
        endpoint->due_ns =
            MAX(endpoint->due_ns, vane_webhook_now() + scaled(endpoint, VANE_BREAKER_OPEN_MS));
    if (open != was_open)
        vane_report_state(endpoint, open ? "webhook.circuit.opened" : "webhook.circuit.closed",
                          open ? reason : NULL);
}

static void delivered(struct vane_webhook_endpoint *endpoint, const struct vane_http_result *result)
{
    endpoint->delivered++;
    endpoint->plugin->unnoted++;
    endpoint->last_delivery_ns = vane_webhook_now();
    vane_report_delivered(endpoint, result);
    if (is_head(endpoint))
        vane_endpoint_advance(endpoint, 1);
    note_health(endpoint, true, NULL);
}

static void failed(struct vane_webhook_endpoint *endpoint, enum vane_verdict_kind verdict,
                   const struct vane_http_result *result)
{
    char reason[CURL_ERROR_SIZE + 32];

    vane_result_words(result, reason, sizeof(reason));
    endpoint->failures++;
    vane_endpoint_note_reason(endpoint, reason);
    if (is_head(endpoint)) {
        if (verdict == VANE_RETRY) {
            retry(endpoint, result, reason);
        } else if (verdict == VANE_PATIENCE) {
            postpone(endpoint, result, reason);
        } else if (verdict == VANE_DEAD) {
            endpoint->attempts++;
            bury(endpoint, reason);
        } else {
            disable(endpoint);
        }
    }
    if (verdict != VANE_PATIENCE)
        note_health(endpoint, false, reason);
}

void vane_result_words(const struct vane_http_result *result, char *words, size_t size)
{
    if (result->error)
        g_strlcpy(words, result->error, size);
    else
        g_snprintf(words, size, "status %ld", result->status);
}

static void on_done(void *user, const struct vane_http_result *result)
{
    struct vane_webhook_endpoint *endpoint = user;
    enum vane_verdict_kind verdict = vane_retry_verdict(result->status);

    endpoint->last_status = result->status;
    endpoint->last_duration_ns = result->duration_ns;
    if (verdict == VANE_DELIVERED)
        delivered(endpoint, result);
    else
        failed(endpoint, verdict, result);
    forget_sending(endpoint);
    vane_endpoint_pump(endpoint);
    vane_webhook_kick(endpoint->plugin);
}

/* ---- beginning ---- */

static void on_timer(void *user)
{
    struct vane_webhook_endpoint *endpoint = user;

    endpoint->timer = NULL;
    vane_endpoint_pump(endpoint);
}

static void stop_timer(struct vane_webhook_endpoint *endpoint)
{
    if (endpoint->timer)
        (void)endpoint->plugin->host->loop->timer_stop(endpoint->plugin->self,
                                                       g_steal_pointer(&endpoint->timer));
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
    (void)endpoint->plugin->host->loop->timer_start(endpoint->plugin->self,
                                                    (uint64_t)(wait / MS_NS) + 1, 0, on_timer,
                                                    endpoint, &endpoint->timer);
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

/* -EACCES: the message is not to be sent; any other error: not now. */
static int begin(struct vane_webhook_endpoint *endpoint, const struct vane_webhook_message *message)
{
    const struct vane_bus *bus = endpoint->plugin->host->bus;
    char reason[300] = "it is no event";
    int r = 0;

    forget_sending(endpoint);
    endpoint->sending = endpoint->head = message->position; /* damage may have left a hole */
    if (message->event) {                                   /* spares reading it from the text */
        endpoint->sending_event = bus->event_ref(message->event);
        endpoint->sending_id = g_strdup(bus->event_id(message->event));
    } else {
        endpoint->sending_id = member(message->json, message->length, "id");
    }
    if (!endpoint->sending_id || (endpoint->permitted != message->position &&
                                  !may_send(endpoint, message, reason, sizeof(reason))))
        r = -EACCES;
    if (r == 0 && vane_endpoint_fill(endpoint, endpoint->sending_id, message->json, message->length,
                                     &endpoint->transfer) < 0)
        r = -EACCES;
    if (r < 0) {
        bury(endpoint, reason);
        return r;
    }
    endpoint->transfer.done = on_done;
    endpoint->transfer.user = endpoint;
    return vane_http_begin(&endpoint->plugin->http, &endpoint->transfer);
}

void vane_endpoint_pump(struct vane_webhook_endpoint *endpoint)
{
    int r = -EACCES;

    vane_endpoint_limit(endpoint);
    stop_timer(endpoint);
    while (r == -EACCES && can_send(endpoint) && !must_wait(endpoint))
        r = begin(endpoint, g_queue_peek_head(&endpoint->window));
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
