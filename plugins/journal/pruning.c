/* "journal prune", and the timer for what gets too old while nothing happens. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "plugins/journal/journal.h"

#define EXPIRY_FRACTION 64 /* of the age: how much too old an event may become */

static void body(void *user)
{
    struct vane_journal_plugin *journal = user;
    struct vane_journal_prune *prune = &journal->prune;

    prune->result = vane_store_open(&journal->store);
    if (prune->result == 0)
        prune->result = vane_store_prune(&journal->store, prune->before_ns, &prune->removed);
    if (prune->result == 0)
        prune->result = vane_store_facts(&journal->store, &prune->facts);
}

static void answer(struct vane_journal_plugin *journal)
{
    struct vane_journal_prune *prune = &journal->prune;
    struct vane_request *request = g_steal_pointer(&prune->request);
    char text[64];
    int length;

    if (prune->result < 0) {
        (void)journal->host->commands->fail(request, prune->result, journal->store.detail);
        return;
    }
    length = snprintf(text, sizeof(text), "{\"removed\":%" PRIu64 "}", prune->removed);
    (void)journal->host->commands->reply(request, text, (size_t)length);
}

static void finished(void *user)
{
    struct vane_journal_plugin *journal = user;

    journal->job = VANE_JOURNAL_IDLE;
    if (journal->prune.result == 0)
        journal->facts = journal->prune.facts;
    answer(journal);
    vane_journal_job_ended(journal);
}

bool vane_journal_prune_start(struct vane_journal_plugin *journal)
{
    if (!journal->prune.request)
        return false;
    journal->job = VANE_JOURNAL_PRUNES;
    if (journal->host->loop->work(journal->self, body, finished, journal) == 0)
        return true;
    journal->job = VANE_JOURNAL_IDLE;
    return false;
}

/* ---- age ---- */

static void on_expiry(void *user)
{
    struct vane_journal_plugin *journal = user;

    journal->expiry_timer = NULL;
    journal->more = true;
    vane_journal_kick(journal);
}

void vane_journal_expiry_schedule(struct vane_journal_plugin *journal)
{
    int64_t age = journal->options.limits.age_ns, now = vane_journal_now(), left;

    if (journal->expiry_timer || age == INT64_MAX || journal->facts.events == 0 || journal->closing)
        return;
    left = MAX(journal->facts.oldest_ns + age - now, age / EXPIRY_FRACTION);
    (void)journal->host->loop->timer_start(journal->self, (uint64_t)left / 1000000 + 1, 0,
                                           on_expiry, journal, &journal->expiry_timer);
}
