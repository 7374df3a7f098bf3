/*
 * The write job: a batch, then the limits. A batch that could not be written stays until it can be,
 * while new events wait behind it.
 */
#include <errno.h>

#include "plugins/journal/jobs.h"
#include "plugins/journal/journal.h"

/* ---- on the pool ---- */

static int write_and_tidy(struct vane_journal_plugin *journal)
{
    struct vane_journal_write *write = &journal->write;
    int r = vane_store_open(&journal->store);

    if (r == 0 && (write->entries->len > 0 || write->last))
        r = vane_store_write(&journal->store, journal->epoch,
                             (const struct vane_store_entry *)(void *)write->entries->data,
                             write->entries->len, write->newest_seq, write->last);
    if (r == 0) {
        write->stored = true;
        r = vane_store_retain(&journal->store, &write->limits, vane_journal_now(), &write->more);
    }
    return r == 0 ? vane_store_facts(&journal->store, &write->facts) : r;
}

/* Damage that shows in writing is beyond doubt: begin anew at once, with this same batch. */
static void body(void *user)
{
    struct vane_journal_plugin *journal = user;
    struct vane_journal_write *write = &journal->write;

    write->stored = write->more = false;
    write->result = write_and_tidy(journal);
    if (write->result == -EBADMSG) {
        vane_store_close(&journal->store, false);
        write->result = vane_store_set_aside(&journal->store, journal->store.detail);
        if (write->result == 0)
            write->result = write_and_tidy(journal);
    }
    if (write->last)
        vane_store_close(&journal->store, write->result == 0);
}

/* ---- on the loop ---- */

static void release_batch(struct vane_journal_plugin *journal)
{
    GArray *batch = journal->write.batch;

    for (guint i = 0; i < batch->len; i++)
        journal->host->bus->event_unref(g_array_index(batch, struct vane_pending_event, i).event);
    g_array_set_size(batch, 0);
    g_array_set_size(journal->write.entries, 0);
}

void vane_journal_write_release(struct vane_journal_plugin *journal)
{
    release_batch(journal);
    g_clear_pointer(&journal->write.batch, g_array_unref);
    g_clear_pointer(&journal->write.entries, g_array_unref);
}

/* At the end, what could not be written is lost. */
static void give_up(struct vane_journal_plugin *journal)
{
    uint64_t waiting = vane_journal_waiting(journal);

    if (waiting > 0)
        journal->host->log->print(journal->self, VANE_LOG_WARNING,
                                  "%" G_GUINT64_FORMAT " events could not be written and are lost",
                                  waiting);
    release_batch(journal);
    vane_pending_clear(&journal->pending);
}

static void finished(void *user)
{
    struct vane_journal_plugin *journal = user;
    struct vane_journal_write *write = &journal->write;

    journal->job = VANE_JOURNAL_IDLE;
    journal->more = write->more;
    if (write->stored) {
        journal->written += write->batch->len;
        release_batch(journal);
    }
    if (write->result == 0) {
        journal->opened = true;
        journal->facts = write->facts;
        vane_journal_worked(journal);
    } else {
        vane_journal_failed(journal, write->result, journal->store.detail);
    }
    if (write->last) {
        give_up(journal);
        journal->closed = true;
    }
    vane_journal_job_ended(journal);
}

static const char *interface_of(const struct vane_bus *bus, const struct vane_event *event)
{
    const char *name;

    return bus->get_string(bus->event_payload(event), "interface_name", &name) == 0 && name[0]
               ? name
               : NULL;
}

static void add_entry(struct vane_journal_plugin *journal, const struct vane_event *event)
{
    const struct vane_bus *bus = journal->host->bus;
    struct vane_store_entry entry = {
        .seq = bus->event_seq(event),
        .time_ns = bus->event_time(event),
        .id = bus->event_id(event),
        .topic = bus->event_topic(event),
        .cause = bus->event_cause(event),
        .interface_name = interface_of(bus, event),
    };

    if (bus->event_json(event, &entry.json, &entry.json_length) == 0)
        g_array_append_val(journal->write.entries, entry);
}

static void fill(struct vane_journal_plugin *journal)
{
    struct vane_journal_write *write = &journal->write;

    if (write->batch->len > 0) /* what could not be written before */
        return;
    vane_pending_take(&journal->pending, VANE_BATCH_EVENTS, VANE_BATCH_BYTES, write->batch);
    for (guint i = 0; i < write->batch->len; i++)
        add_entry(journal, g_array_index(write->batch, struct vane_pending_event, i).event);
    write->newest_seq =
        write->batch->len > 0
            ? g_array_index(write->batch, struct vane_pending_event, write->batch->len - 1).seq
            : journal->seen_seq;
}

static bool drained(const struct vane_journal_plugin *journal)
{
    return journal->seen_seq >= journal->stop_seq;
}

static bool is_due(const struct vane_journal_plugin *journal)
{
    const struct vane_pending *pending = &journal->pending;

    if (journal->closing && drained(journal))
        return true;
    if (journal->retry_timer)
        return false;
    return !journal->opened || journal->more || journal->write.batch->len > 0 ||
           (pending->count > 0 && vane_journal_settled(journal) < journal->flush_to) ||
           pending->count >= VANE_BATCH_EVENTS || pending->bytes >= VANE_BATCH_BYTES;
}

/* The state directory may come later, as the disk may. */
static bool locate(struct vane_journal_plugin *journal)
{
    const char *directory;
    int r;

    if (journal->store.path)
        return true;
    r = journal->host->config->state_directory(journal->self, &directory);
    if (r == 0)
        journal->store.path = g_build_filename(directory, "events.sqlite", NULL);
    else
        vane_journal_failed(journal, r, "its state directory");
    return r == 0;
}

/* There is no file, and there will be none. */
static bool end_without_file(struct vane_journal_plugin *journal)
{
    if (journal->closing) {
        vane_journal_intake_stop(journal);
        give_up(journal);
        journal->closed = true;
        vane_journal_job_ended(journal);
    }
    return false;
}

bool vane_journal_write_start(struct vane_journal_plugin *journal)
{
    struct vane_journal_write *write = &journal->write;

    if (!is_due(journal))
        return false;
    if (!locate(journal))
        return end_without_file(journal);
    fill(journal);
    write->limits = journal->options.limits;
    write->last =
        journal->closing && drained(journal) && (journal->pending.count == 0 || journal->failing);
    if (write->last) {
        vane_journal_intake_stop(journal);
        write->newest_seq = journal->seen_seq;
    }
    journal->job = VANE_JOURNAL_WRITES;
    if (journal->host->loop->work(journal->self, body, finished, journal) < 0)
        journal->job = VANE_JOURNAL_IDLE;
    return journal->job != VANE_JOURNAL_IDLE;
}
