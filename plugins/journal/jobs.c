/* What runs next on the thread pool: writing and reading take turns. See journal.h. */
#include "plugins/journal/jobs.h"

#include "plugins/journal/journal.h"

uint64_t vane_journal_waiting(const struct vane_journal_plugin *journal)
{
    return (uint64_t)journal->pending.count + journal->write.batch->len;
}

uint64_t vane_journal_settled(const struct vane_journal_plugin *journal)
{
    return journal->pending.pushed - vane_journal_waiting(journal);
}

static void on_commit_timer(void *user)
{
    struct vane_journal_plugin *journal = user;

    journal->commit_timer = NULL;
    vane_journal_flush(journal);
}

/* Only while something waits: an idle daemon sleeps. */
static void keep_commit_timer(struct vane_journal_plugin *journal)
{
    if (journal->commit_timer || journal->pending.count == 0 || journal->failing ||
        journal->closing || journal->flush_to == journal->pending.pushed)
        return;
    (void)journal->host->loop->timer_start(journal->self, journal->options.commit_ms, 0,
                                           on_commit_timer, journal, &journal->commit_timer);
}

void vane_journal_arrived(struct vane_journal_plugin *journal)
{
    keep_commit_timer(journal);
    if (journal->pending.count >= VANE_BATCH_EVENTS || journal->pending.bytes >= VANE_BATCH_BYTES)
        vane_journal_kick(journal);
}

void vane_journal_flush(struct vane_journal_plugin *journal)
{
    journal->flush_to = journal->pending.pushed;
    vane_journal_kick(journal);
}

void vane_journal_kick(struct vane_journal_plugin *journal)
{
    if (journal->job != VANE_JOURNAL_IDLE || journal->closed)
        return;
    vane_journal_readings_mark(journal);
    if (journal->readers_turn && vane_journal_read_start(journal)) {
        journal->readers_turn = false;
        return;
    }
    journal->readers_turn = true;
    if (!vane_journal_prune_start(journal) && !vane_journal_write_start(journal))
        (void)vane_journal_read_start(journal);
}

void vane_journal_job_ended(struct vane_journal_plugin *journal)
{
    vane_journal_tell_damage(journal);
    if (journal->closed) {
        vane_journal_closed(journal);
        return;
    }
    keep_commit_timer(journal);
    vane_journal_expiry_schedule(journal);
    vane_journal_kick(journal);
}

static void stop_timer(struct vane_journal_plugin *journal, struct vane_timer **timer)
{
    if (*timer)
        (void)journal->host->loop->timer_stop(journal->self, g_steal_pointer(timer));
}

void vane_journal_close(struct vane_journal_plugin *journal)
{
    uint64_t next = 1;

    stop_timer(journal, &journal->commit_timer);
    stop_timer(journal, &journal->retry_timer);
    stop_timer(journal, &journal->expiry_timer);
    (void)journal->host->bus->position(journal->self, &next, NULL);
    journal->stop_seq = next - 1;
    journal->closing = true;
    vane_journal_readings_end(journal);
    if (journal->service)
        (void)journal->host->services->withdraw(journal->self, g_steal_pointer(&journal->service));
    vane_journal_flush(journal);
}
