/*
 * Batches: which messages go together in one request. A batch ends when it has as many as
 * BatchSize= or BatchBytes= allow, or when its first has waited for BatchDelay= and nothing is
 * under way. See webhook.h.
 */
#include "plugins/webhook/webhook.h"

#define AHEAD 4u /* batches whose ends are noted while one is under way */

GArray *vane_cuts_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(struct vane_webhook_cut));
}

static bool are_wanted(const struct vane_webhook_endpoint *endpoint)
{
    return endpoint->options->batch_size > 1;
}

static struct vane_webhook_cut *cut_at(const struct vane_webhook_endpoint *endpoint, guint index)
{
    return &g_array_index(endpoint->cuts, struct vane_webhook_cut, index);
}

static uint64_t last_cut(const struct vane_webhook_endpoint *endpoint)
{
    guint count = endpoint->cuts->len;

    return count > 0 ? cut_at(endpoint, count - 1)->position : 0;
}

static void add(struct vane_webhook_endpoint *endpoint, uint64_t position)
{
    const struct vane_webhook_cut cut = {.position = position};

    g_array_append_val(endpoint->cuts, cut);
}

/* ---- making them ---- */

/* `all`: what is left makes a batch, too. */
static void cut(struct vane_webhook_endpoint *endpoint, bool all)
{
    const struct vane_webhook_endpoint_options *options = endpoint->options;
    uint64_t from = last_cut(endpoint), last = 0;
    unsigned count = 0;
    size_t bytes = 0;

    for (GList *item = endpoint->window.head; item && endpoint->cuts->len < AHEAD;
         item = item->next) {
        const struct vane_webhook_message *message = item->data;

        if (message->position <= from)
            continue;
        if (count > 0 && bytes + message->length > options->batch_bytes) {
            add(endpoint, last);
            count = 0;
            bytes = 0;
        }
        last = message->position;
        bytes += message->length;
        if (++count < options->batch_size)
            continue;
        add(endpoint, last);
        count = 0;
        bytes = 0;
    }
    if (all && count > 0)
        add(endpoint, last);
}

void vane_cuts_make(struct vane_webhook_endpoint *endpoint)
{
    if (are_wanted(endpoint) && endpoint->state == VANE_ENDPOINT_ON && vane_endpoint_url(endpoint))
        cut(endpoint, false);
}

/* Rather than a part of what is on the disk all of it: the rest is being read. */
static void cut_in_time(struct vane_webhook_endpoint *endpoint)
{
    const struct vane_webhook_message *first = g_queue_peek_head(&endpoint->window);
    int64_t wait = first->time_ns + endpoint->options->batch_delay_ns - vane_webhook_now();

    if (endpoint->loaded < endpoint->stored)
        return;
    if (wait <= 0)
        cut(endpoint, true);
    else
        vane_endpoint_wait(endpoint, MIN(wait, endpoint->options->batch_delay_ns));
}

/* With a disk that takes no notes it is sent all the same: then it is gone, and makes room. */
bool vane_cuts_next(struct vane_webhook_endpoint *endpoint, uint64_t *last)
{
    const struct vane_webhook_message *first = g_queue_peek_head(&endpoint->window);
    const struct vane_webhook_cut *next;

    *last = first->position;
    if (!are_wanted(endpoint))
        return true;
    vane_cuts_advance(endpoint, first->position - 1); /* damage may have left a hole */
    if (endpoint->cuts->len == 0)
        cut_in_time(endpoint);
    if (endpoint->cuts->len == 0)
        return false;
    next = cut_at(endpoint, 0);
    *last = next->position;
    return (next->stored || endpoint->plugin->failing) && endpoint->loaded >= next->position;
}

/* ---- changing them ---- */

void vane_cuts_shorten(struct vane_webhook_endpoint *endpoint, uint64_t last)
{
    const struct vane_webhook_cut cut = {.position = last};

    g_array_prepend_val(endpoint->cuts, cut);
}

void vane_cuts_advance(struct vane_webhook_endpoint *endpoint, uint64_t position)
{
    guint count = 0;

    while (count < endpoint->cuts->len && cut_at(endpoint, count)->position <= position)
        count++;
    if (count > 0)
        g_array_remove_range(endpoint->cuts, 0, count);
}

void vane_cuts_check(struct vane_webhook_endpoint *endpoint)
{
    uint64_t before = endpoint->head - 1, longest = 0;

    for (guint i = 0; i < endpoint->cuts->len; i++) {
        longest = MAX(longest, cut_at(endpoint, i)->position - before);
        before = cut_at(endpoint, i)->position;
    }
    if (longest == 0 || (are_wanted(endpoint) && longest <= endpoint->options->batch_size))
        return;
    g_array_set_size(endpoint->cuts, 0);
    endpoint->uncut = true;
}

/* ---- noting them ---- */

bool vane_cuts_new_ones(const struct vane_webhook_endpoint *endpoint)
{
    for (guint i = 0; i < endpoint->cuts->len; i++)
        if (!cut_at(endpoint, i)->stored)
            return true;
    return endpoint->uncut;
}

void vane_cuts_stored(struct vane_webhook_endpoint *endpoint, uint64_t position)
{
    for (guint i = 0; i < endpoint->cuts->len; i++)
        if (cut_at(endpoint, i)->position == position)
            cut_at(endpoint, i)->stored = true;
}
