/* What follows from an answer, or from none: delivered, again later, dead, disabled. See webhook.h.
 */
#include <sodium.h>

#include "plugins/webhook/webhook.h"

#define MS_NS INT64_C(1000000)

/* A limit may have taken all of it off the queue while it was under way. */
static bool still_waits(const struct vane_webhook_endpoint *endpoint)
{
    return endpoint->head <= endpoint->sending.last;
}

static void take_off(struct vane_webhook_endpoint *endpoint, uint64_t last)
{
    if (endpoint->head <= last)
        vane_endpoint_advance(endpoint, last + 1 - endpoint->head);
}

void vane_endpoint_bury(struct vane_webhook_endpoint *endpoint, uint64_t last, const char *reason)
{
    g_autofree char *first = NULL;
    uint64_t count = 0;

    for (GList *item = endpoint->window.head; item; item = item->next, count++) {
        struct vane_webhook_message *message = item->data;
        const struct vane_outbox_dying dying = {
            .endpoint = endpoint->number,
            .position = message->position,
            .died_ns = vane_webhook_now(),
            .attempts = endpoint->attempts,
            .reason = message->position <= last ? g_strdup(reason) : NULL,
        };

        if (message->position > last)
            break;
        if (count == 0)
            first = g_strdup(vane_message_id(endpoint->plugin, message));
        vane_report_exhausted(endpoint, message, reason);
        g_array_append_val(endpoint->plugin->dying, dying);
    }
    endpoint->buried += count;
    vane_report_buried(endpoint, count, first, reason);
    take_off(endpoint, last);
}

static int64_t scaled(const struct vane_webhook_endpoint *endpoint, int64_t ms)
{
    return ms * MS_NS / endpoint->plugin->speed;
}

static void postpone(struct vane_webhook_endpoint *endpoint, int64_t delay_ms)
{
    endpoint->due_ns = vane_webhook_now() + scaled(endpoint, delay_ms);
    endpoint->changed = true;
}

/* Who asks for it without saying how long is asked again soon, and then every few minutes. */
static void be_patient(struct vane_webhook_endpoint *endpoint,
                       const struct vane_http_result *result, const char *reason)
{
    int64_t delay;

    endpoint->patience++;
    delay = vane_retry_patience(endpoint->patience, result->retry_after_ms, randombytes_random());
    postpone(endpoint, delay);
    vane_report_patience(endpoint, reason, delay);
}

static void retry(struct vane_webhook_endpoint *endpoint, const struct vane_http_result *result,
                  const char *reason)
{
    int64_t delay;

    endpoint->attempts++;
    if (endpoint->attempts >= endpoint->options->max_attempts) {
        vane_endpoint_bury(endpoint, endpoint->sending.last, reason);
        return;
    }
    delay = vane_retry_delay(endpoint->attempts, result->retry_after_ms, randombytes_random());
    postpone(endpoint, delay);
    vane_report_failed(endpoint, reason, delay);
}

static void disable(struct vane_webhook_endpoint *endpoint)
{
    endpoint->state = VANE_ENDPOINT_DISABLED;
    endpoint->changed = true;
    vane_report_state(endpoint, "webhook.disabled", "the receiver answered 410 Gone",
                      "is disabled, and accepts nothing until \"netvane webhook resume\"");
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
                          open ? reason : NULL,
                          open ? "has failed five times in a row, and is tried once in 30 s"
                               : "works again");
}

static void delivered(struct vane_webhook_endpoint *endpoint, const struct vane_http_result *result)
{
    endpoint->delivered += endpoint->sending.count;
    endpoint->plugin->unnoted += endpoint->sending.count;
    endpoint->last_delivery_ns = vane_webhook_now();
    vane_report_delivered(endpoint, result);
    if (endpoint->attempts > 0 && !vane_breaker_open(&endpoint->breaker))
        vane_report_works_again(endpoint);
    take_off(endpoint, endpoint->sending.last);
    note_health(endpoint, true, NULL);
}

/* So much at once is too much for the receiver, which is otherwise well: half of it is tried. */
static bool halve(struct vane_webhook_endpoint *endpoint)
{
    uint64_t count = 0, middle = 0;

    for (GList *item = endpoint->window.head; item; item = item->next, count++)
        if (((struct vane_webhook_message *)item->data)->position > endpoint->sending.last)
            break;
    if (count < 2)
        return false;
    middle =
        ((struct vane_webhook_message *)g_queue_peek_nth(&endpoint->window, (guint)(count / 2) - 1))
            ->position;
    vane_cuts_shorten(endpoint, middle);
    vane_report_halved(endpoint, (unsigned)count);
    return true;
}

static void go_on(struct vane_webhook_endpoint *endpoint, enum vane_verdict_kind verdict,
                  const struct vane_http_result *result, const char *reason)
{
    switch (verdict) {
    case VANE_RETRY:
        retry(endpoint, result, reason);
        break;
    case VANE_PATIENCE:
        be_patient(endpoint, result, reason);
        break;
    case VANE_TOO_LARGE:
    case VANE_DEAD:
        endpoint->attempts++;
        vane_endpoint_bury(endpoint, endpoint->sending.last, reason);
        break;
    case VANE_GONE:
        disable(endpoint);
        break;
    case VANE_DELIVERED:
        break;
    }
}

static void failed(struct vane_webhook_endpoint *endpoint, enum vane_verdict_kind verdict,
                   const struct vane_http_result *result)
{
    char reason[CURL_ERROR_SIZE + 32];

    vane_result_words(result, reason, sizeof(reason));
    endpoint->failures++;
    vane_endpoint_note_reason(endpoint, reason);
    if (verdict == VANE_TOO_LARGE && halve(endpoint))
        return;
    if (still_waits(endpoint))
        go_on(endpoint, verdict, result, reason);
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

void vane_endpoint_answered(struct vane_webhook_endpoint *endpoint,
                            const struct vane_http_result *result)
{
    enum vane_verdict_kind verdict = vane_retry_verdict(result->status);

    endpoint->requests++;
    endpoint->last_status = result->status;
    endpoint->last_duration_ns = result->duration_ns;
    if (verdict == VANE_DELIVERED)
        delivered(endpoint, result);
    else
        failed(endpoint, verdict, result);
}
