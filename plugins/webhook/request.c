/* What is sent to an endpoint: the body, the headers, the signatures. See webhook.h. */
#include <errno.h>
#include <inttypes.h>

#include "plugins/webhook/sign.h"
#include "plugins/webhook/webhook.h"

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

/* With BatchSize= a single event is a batch, too: receivers find one form. */
static char *render(const struct vane_webhook_endpoint *endpoint,
                    const struct vane_webhook_text *events, size_t count, size_t *length)
{
    const struct vane_webhook_endpoint_options *options = endpoint->options;
    const struct vane_webhook_sender *sender = &endpoint->plugin->sender;

    return options->batch_size > 1
               ? vane_webhook_batch(options->format, events, count, sender, length)
               : vane_webhook_body(options->format, events->json, events->length, sender, length);
}

int vane_endpoint_fill(struct vane_webhook_endpoint *endpoint,
                       const struct vane_webhook_text *events, size_t count,
                       struct vane_http_transfer *transfer, char **id)
{
    const struct vane_webhook_endpoint_options *options = endpoint->options;
    const struct vane_url *url = vane_endpoint_url(endpoint);
    bool batch = options->batch_size > 1;
    struct curl_slist *headers = NULL;

    transfer->body = render(endpoint, events, count, &transfer->length);
    if (!transfer->body)
        return -EBADMSG;
    transfer->url = url->url;
    transfer->socket = url->socket;
    transfer->ca_file = options->ca_file;
    transfer->allowed = options->allowed;
    transfer->guarded = options->guarded;
    transfer->timeout_ms = options->timeout_ms;
    *id = batch ? vane_webhook_batch_id(events, count) : g_strdup(events->id);
    add_header(&headers, "Content-Type", vane_webhook_content_type(options->format, batch));
    headers = vane_curl.slist_append(headers, "Expect:");
    add_signature(endpoint, *id, transfer, &headers);
    for (guint i = 0; i < options->headers->len; i++)
        headers = vane_curl.slist_append(headers, options->headers->pdata[i]);
    transfer->headers = headers;
    return 0;
}
