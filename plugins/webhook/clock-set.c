/* The wall clock was set: what waits ages no more and no less than it would have. See webhook.h. */
#include <inttypes.h>
#include <time.h>

#include "plugins/webhook/webhook.h"

#define SECOND_NS INT64_C(1000000000)

/* Of this process: those of others may have been accepted under another clock. */
static bool is_own(const struct vane_webhook_endpoint *endpoint, uint64_t position)
{
    return position > endpoint->inherited;
}

static void move_messages(struct vane_webhook_endpoint *endpoint, int64_t jump)
{
    for (GList *item = endpoint->window.head; item; item = item->next) {
        struct vane_webhook_message *message = item->data;

        if (is_own(endpoint, message->position))
            message->time_ns += jump;
    }
}

static void move_entries(GArray *entries, int64_t jump)
{
    for (guint i = 0; i < entries->len; i++)
        g_array_index(entries, struct vane_webhook_entry, i).message.time_ns += jump;
}

static void move_endpoint(struct vane_webhook_endpoint *endpoint, int64_t jump)
{
    move_messages(endpoint, jump);
    if (endpoint->due_ns > 0) {
        endpoint->due_ns += jump;
        endpoint->changed = true;
    }
    if (endpoint->last_delivery_ns > 0)
        endpoint->last_delivery_ns += jump;
    if (endpoint->next <= endpoint->inherited + 1)
        return;
    endpoint->moved_ns += jump;
    endpoint->moved_to = endpoint->next - 1;
}

void vane_webhook_mind_clock(struct vane_webhook_plugin *plugin)
{
    struct timespec since_boot;
    int64_t jump;

    clock_gettime(CLOCK_BOOTTIME, &since_boot);
    jump = vane_clock_jump(&plugin->clock, vane_webhook_now(),
                           since_boot.tv_sec * SECOND_NS + since_boot.tv_nsec);
    if (jump == 0)
        return;
    plugin->host->log->print(plugin->self, VANE_LOG_NOTICE,
                             "the clock was set by %" PRId64 " s; events that wait and the next "
                             "attempts are moved with it",
                             jump / SECOND_NS);
    move_entries(plugin->intake, jump);
    move_entries(plugin->job.entries, jump);
    for (guint i = 0; i < plugin->endpoints->len; i++)
        move_endpoint(plugin->endpoints->pdata[i], jump);
}

int64_t vane_endpoint_read_time(const struct vane_webhook_endpoint *endpoint, uint64_t position,
                                int64_t time_ns)
{
    bool is_moved = is_own(endpoint, position) && position <= endpoint->moved_to;

    return is_moved ? time_ns + endpoint->moved_ns : time_ns;
}

void vane_endpoint_moved(struct vane_webhook_endpoint *endpoint, int64_t ns)
{
    endpoint->moved_ns -= ns;
}
