/* What waits for an endpoint: the window, the positions, the limits. See webhook.h. */
#include "plugins/webhook/webhook.h"

#include <string.h>
#include <time.h>

int64_t vane_webhook_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct vane_webhook_endpoint *vane_endpoint_new(struct vane_webhook_plugin *plugin,
                                                struct vane_webhook_endpoint_options *options)
{
    struct vane_webhook_endpoint *endpoint = g_new0(struct vane_webhook_endpoint, 1);

    endpoint->plugin = plugin;
    endpoint->options = options;
    endpoint->head = endpoint->next = 1;
    g_queue_init(&endpoint->window);
    endpoint->cuts = vane_cuts_new();
    endpoint->texts = g_array_new(FALSE, FALSE, sizeof(struct vane_webhook_text));
    return endpoint;
}

static void pop(struct vane_webhook_endpoint *endpoint)
{
    struct vane_webhook_message *message = g_queue_pop_head(&endpoint->window);

    endpoint->window_bytes -= message->length;
    vane_message_clear(endpoint->plugin, message);
    g_free(message);
}

void vane_endpoint_free(struct vane_webhook_endpoint *endpoint)
{
    const struct vane_host *host = endpoint->plugin->host;

    vane_http_transfer_clear(&endpoint->transfer);
    vane_endpoint_tell_drops(endpoint);
    if (endpoint->timer)
        (void)host->loop->timer_stop(endpoint->plugin->self, endpoint->timer);
    while (endpoint->window.length > 0)
        pop(endpoint);
    vane_endpoint_forget_sending(endpoint);
    g_array_unref(endpoint->cuts);
    g_array_unref(endpoint->texts);
    g_free(endpoint->denial);
    g_free(endpoint->set_url);
    g_free(endpoint->reason);
    g_free(endpoint);
}

struct vane_webhook_endpoint *vane_endpoint_find(struct vane_webhook_plugin *plugin,
                                                 const char *name)
{
    for (guint i = 0; i < plugin->endpoints->len; i++) {
        struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];

        if (strcmp(endpoint->options->name, name) == 0)
            return endpoint;
    }
    return NULL;
}

struct vane_webhook_endpoint *vane_endpoint_by_number(struct vane_webhook_plugin *plugin,
                                                      int64_t number)
{
    for (guint i = 0; i < plugin->endpoints->len; i++) {
        struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];

        if (endpoint->number == number)
            return endpoint;
    }
    return NULL;
}

const struct vane_url *vane_endpoint_url(const struct vane_webhook_endpoint *endpoint)
{
    return endpoint->options->url.url ? &endpoint->options->url : NULL;
}

uint64_t vane_endpoint_pending(const struct vane_webhook_endpoint *endpoint)
{
    return endpoint->stored + 1 - endpoint->head + endpoint->incoming;
}

static GArray *cuts_of(const struct vane_webhook_endpoint *endpoint)
{
    GArray *positions = g_array_new(FALSE, FALSE, sizeof(uint64_t));

    for (guint i = 0; i < endpoint->cuts->len; i++) {
        const struct vane_webhook_cut *cut =
            &g_array_index(endpoint->cuts, struct vane_webhook_cut, i);

        if (cut->stored)
            g_array_append_val(positions, cut->position);
    }
    return positions;
}

struct vane_outbox_endpoint vane_endpoint_row(const struct vane_webhook_endpoint *endpoint)
{
    return (struct vane_outbox_endpoint){
        .number = endpoint->number,
        .name = g_strdup(endpoint->options->name),
        .state = endpoint->state,
        .attempts = endpoint->attempts,
        .due_ns = endpoint->due_ns,
        .reason = g_strdup(endpoint->reason),
        .url = g_strdup(endpoint->set_url),
        .first = endpoint->head,
        .last = endpoint->stored,
        .cuts = cuts_of(endpoint),
    };
}

bool vane_endpoint_load(struct vane_webhook_endpoint *endpoint,
                        struct vane_webhook_message *message)
{
    if (endpoint->window.length >= VANE_WINDOW_MESSAGES ||
        endpoint->window_bytes >= VANE_WINDOW_BYTES)
        return false;
    if (g_queue_is_empty(&endpoint->window))
        endpoint->head = MAX(endpoint->head, message->position); /* damage leaves gaps */
    endpoint->window_bytes += message->length;
    endpoint->loaded = message->position;
    g_queue_push_tail(&endpoint->window, g_memdup2(message, sizeof(*message)));
    *message = (struct vane_webhook_message){0};
    return true;
}

void vane_endpoint_advance(struct vane_webhook_endpoint *endpoint, uint64_t count)
{
    const struct vane_webhook_message *first;

    endpoint->head += count;
    while ((first = g_queue_peek_head(&endpoint->window)) && first->position < endpoint->head)
        pop(endpoint);
    if (first)
        endpoint->head = first->position;
    endpoint->loaded = MAX(endpoint->loaded, endpoint->head - 1);
    vane_cuts_advance(endpoint, endpoint->head - 1);
    if (endpoint->attempts > 0 || endpoint->due_ns > 0)
        endpoint->changed = true;
    endpoint->attempts = endpoint->patience = 0;
    endpoint->due_ns = 0;
}

uint64_t vane_endpoint_forget(struct vane_webhook_endpoint *endpoint)
{
    uint64_t lost = endpoint->stored - endpoint->loaded;

    endpoint->stored = endpoint->loaded;
    endpoint->changed = true;
    return lost;
}

void vane_endpoint_note_reason(struct vane_webhook_endpoint *endpoint, const char *reason)
{
    char *copy = g_strdup(reason);

    g_free(endpoint->reason);
    endpoint->reason = copy;
    endpoint->changed = true;
}
