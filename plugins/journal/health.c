/*
 * What is said about a file that cannot be written: one line and one event when it begins, one of
 * each when it is over, and the exact loss, if there was one.
 */
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "plugins/journal/journal.h"

#define RETRY_FIRST_MS 1000u
#define RETRY_MAX_MS   60000u

int64_t vane_journal_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void on_retry(void *user)
{
    struct vane_journal_plugin *journal = user;

    journal->retry_timer = NULL;
    vane_journal_kick(journal);
}

static void retry_later(struct vane_journal_plugin *journal)
{
    if (journal->retry_timer || journal->closing)
        return;
    (void)journal->host->loop->timer_start(journal->self, journal->retry_ms, 0, on_retry, journal,
                                           &journal->retry_timer);
    journal->retry_ms = MIN(journal->retry_ms * 2, RETRY_MAX_MS);
}

static const char *words_for(int error)
{
    switch (-error) {
    case EBUSY:
        return "another program holds a lock on it";
    case EBADMSG:
        return "it is damaged";
    case EROFS:
        return "it is read-only";
    default:
        return g_strerror(-error);
    }
}

static void publish(struct vane_journal_plugin *journal, const char *topic,
                    const struct vane_fields *fields)
{
    (void)journal->host->bus->publish(journal->self, topic, fields, NULL, NULL);
}

static const char *file_of(const struct vane_journal_plugin *journal)
{
    return journal->store.path ? journal->store.path : "the journal";
}

static void tell_failure(struct vane_journal_plugin *journal)
{
    const struct vane_field fields[] = {
        vane_string("file", file_of(journal)),
        vane_string("reason", journal->last_error_text),
    };
    const struct vane_fields payload = VANE_FIELDS(fields);

    journal->host->log->print(journal->self, VANE_LOG_ERROR,
                              "cannot write %s: %s; up to %u events wait in memory until it works "
                              "again",
                              file_of(journal), journal->last_error_text, VANE_PENDING_EVENTS_MAX);
    publish(journal, "journal.failed", &payload);
}

void vane_journal_failed(struct vane_journal_plugin *journal, int error, const char *detail)
{
    bool first = !journal->failing;

    journal->failing = true;
    journal->last_error = error;
    journal->last_error_ns = vane_journal_now();
    g_snprintf(journal->last_error_text, sizeof(journal->last_error_text), "%s%s%s%s",
               words_for(error), detail[0] ? " (" : "", detail, detail[0] ? ")" : "");
    if (first) {
        journal->retry_ms = RETRY_FIRST_MS;
        tell_failure(journal);
    }
    retry_later(journal);
}

static void tell_recovery(struct vane_journal_plugin *journal)
{
    const struct vane_field fields[] = {vane_string("file", file_of(journal))};
    const struct vane_fields payload = VANE_FIELDS(fields);

    journal->host->log->print(journal->self, VANE_LOG_NOTICE, "writing %s works again",
                              file_of(journal));
    publish(journal, "journal.recovered", &payload);
}

static void tell_loss(struct vane_journal_plugin *journal)
{
    struct vane_pending *pending = &journal->pending;
    const struct vane_field fields[] = {
        vane_uint64("first_seq", pending->lost_first),
        vane_uint64("last_seq", pending->lost_last),
        vane_uint64("count", pending->lost_count),
    };
    const struct vane_fields payload = VANE_FIELDS(fields);

    journal->host->log->print(journal->self, VANE_LOG_WARNING,
                              "%" PRIu64 " events between %" PRIu64 " and %" PRIu64
                              " are lost to the journal: they could not be written in time",
                              pending->lost_count, pending->lost_first, pending->lost_last);
    pending->lost_count = 0;
    publish(journal, "journal.loss", &payload);
}

void vane_journal_worked(struct vane_journal_plugin *journal)
{
    bool failed_before = journal->failing;

    journal->failing = false;
    if (failed_before)
        tell_recovery(journal);
    if (journal->pending.lost_count > 0)
        tell_loss(journal);
}

static void tell_set_aside(struct vane_journal_plugin *journal)
{
    struct vane_store *store = &journal->store;
    const struct vane_field fields[] = {
        vane_string("file", store->path),
        vane_string("set_aside", store->set_aside),
        vane_string("reason", store->set_aside_why),
    };
    const struct vane_fields payload = VANE_FIELDS(fields);

    journal->host->log->print(journal->self, VANE_LOG_WARNING,
                              "%s cannot be used: %s; it is now %s, and a new one was begun",
                              store->path, store->set_aside_why, store->set_aside);
    publish(journal, "journal.damaged", &payload);
    store->set_aside[0] = '\0';
}

void vane_journal_tell_damage(struct vane_journal_plugin *journal)
{
    struct vane_store *store = &journal->store;

    if (store->set_aside[0])
        tell_set_aside(journal);
    if (store->damaged > 0 && journal->announced_damage == 0)
        journal->host->log->print(journal->self, VANE_LOG_WARNING,
                                  "%s has records that are not what was written; they are left out",
                                  store->path);
    journal->announced_damage = store->damaged;
}
