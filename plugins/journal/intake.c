/*
 * From the bus into `pending`. The subscription is to everything, whatever is kept, so that the
 * journal knows how far it has come; and it begins where the last one of this process ended.
 */
#include <errno.h>
#include <inttypes.h>

#include "plugins/journal/journal.h"

#define SUBSCRIPTION_QUEUE (1u << 17)

/* The epoch is the process's: a plugin that is restarted goes on behind what it has seen. */
static uint64_t seen_in_this_process;

static int on_event(void *user, const struct vane_event *event)
{
    struct vane_journal_plugin *journal = user;
    const struct vane_bus *bus = journal->host->bus;
    uint64_t seq = bus->event_seq(event);
    const char *json;
    size_t length;

    journal->seen_seq = seen_in_this_process = seq;
    if (vane_journal_keeps(journal, bus->event_topic(event))) {
        if (bus->event_json(event, &json, &length) == 0)
            vane_pending_push(&journal->pending, bus->event_ref(event), seq, length);
        else
            vane_pending_note_loss(&journal->pending, seq, seq, 1);
        vane_journal_arrived(journal);
    }
    if (journal->closing || journal->readings.length > 0)
        vane_journal_kick(journal);
    return VANE_OK;
}

/* Some of them may be of topics that are not kept; all are counted. */
static void on_lost(void *user, uint64_t first, uint64_t last)
{
    struct vane_journal_plugin *journal = user;

    journal->host->log->print(journal->self, VANE_LOG_WARNING,
                              "events %" PRIu64 " to %" PRIu64
                              " came faster than they could be taken, and are not kept",
                              first, last);
    vane_pending_note_loss(&journal->pending, first, last, last - first + 1);
    journal->seen_seq = seen_in_this_process = last;
    vane_journal_arrived(journal);
}

int vane_journal_intake_start(struct vane_journal_plugin *journal)
{
    struct vane_subscribe subscribe = {
        .size = sizeof(subscribe),
        .flags = VANE_SUBSCRIBE_REPLAY,
        .queue_length = SUBSCRIPTION_QUEUE,
        .since = seen_in_this_process,
        .lost = on_lost,
    };
    uint64_t next;
    int r = journal->host->bus->position(journal->self, &next, &journal->epoch);

    if (r < 0)
        return r;
    if (subscribe.since >= next) /* another engine in the same process */
        subscribe.since = 0;
    journal->seen_seq = subscribe.since;
    return journal->host->bus->subscribe(journal->self, ">", &subscribe, on_event, journal,
                                         &journal->subscription);
}

void vane_journal_intake_stop(struct vane_journal_plugin *journal)
{
    if (journal->subscription)
        (void)journal->host->bus->unsubscribe(journal->self, journal->subscription);
    journal->subscription = NULL;
}
