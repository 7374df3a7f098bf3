/*
 * Questions under way. Each takes its steps on the thread pool, one after the other's, and hands
 * the records on here, on the loop. See readings.h.
 */
#include "plugins/journal/readings.h"

#include <errno.h>

static void release(struct vane_journal_reading *reading)
{
    g_queue_unlink(&reading->journal->readings, &reading->link);
    vane_store_query_clear(&reading->query);
    vane_store_story_clear(&reading->story);
    vane_store_page_clear(&reading->page);
    g_free(reading);
}

static void end(struct vane_journal_reading *reading, int error)
{
    struct vane_journal_reader reader = reading->reader;
    void (*found)(void *, int, const struct vane_journal_position *) = reading->found;
    void *user = reading->user;

    release(reading);
    if (found)
        found(user, error, NULL);
    else
        reader.ended(user, error);
}

/* ---- on the pool ---- */

static int take_step(struct vane_store *store, struct vane_journal_reading *reading)
{
    switch (reading->kind) {
    case VANE_READING_QUERY:
        return vane_store_query_step(store, &reading->query, &reading->page, &reading->finished);
    case VANE_READING_STORY:
        return vane_store_story_step(store, &reading->story, &reading->page, &reading->finished);
    case VANE_READING_POSITION:
        reading->finished = true;
        return vane_store_position(store, reading->story.epoch, reading->story.seq,
                                   &reading->position);
    }
    return -EINVAL;
}

static void body(void *user)
{
    struct vane_journal_plugin *journal = user;
    struct vane_journal_reading *reading = journal->reading;

    reading->result = vane_store_open(&journal->store);
    if (reading->result == 0)
        reading->result = take_step(&journal->store, reading);
}

/* ---- on the loop ---- */

/* False: the reading is gone. */
static bool hand_on_page(struct vane_journal_reading *reading)
{
    const struct vane_journal_page page = {
        .size = sizeof(page),
        .record_size = sizeof(struct vane_journal_record),
        .count = reading->page.records->len,
        .records = (const struct vane_journal_record *)(void *)reading->page.records->data,
    };
    int r;

    reading->calling = reading->paused = true;
    r = reading->reader.page(reading->user, &page);
    reading->calling = false;
    if (reading->cancelled) {
        release(reading);
        return false;
    }
    if (r < 0) {
        end(reading, r);
        return false;
    }
    if (r != VANE_BUSY)
        reading->paused = false;
    return true;
}

static void hand_on_position(struct vane_journal_reading *reading)
{
    struct vane_journal_position position = reading->position;
    void (*found)(void *, int, const struct vane_journal_position *) = reading->found;
    void *user = reading->user;

    position.size = sizeof(position);
    release(reading);
    found(user, 0, &position);
}

/* A paused one that has given its last page takes an empty step when it is resumed. */
static void hand_on(struct vane_journal_reading *reading)
{
    if (reading->cancelled)
        release(reading);
    else if (reading->result < 0)
        end(reading, reading->result);
    else if (reading->kind == VANE_READING_POSITION)
        hand_on_position(reading);
    else if (reading->page.records->len > 0 && !hand_on_page(reading))
        return;
    else if (reading->finished && !reading->paused)
        end(reading, 0);
    else
        vane_store_page_clear(&reading->page);
}

static void finished(void *user)
{
    struct vane_journal_plugin *journal = user;
    struct vane_journal_reading *reading = g_steal_pointer(&journal->reading);

    journal->job = VANE_JOURNAL_IDLE;
    hand_on(reading);
    vane_journal_job_ended(journal);
}

void vane_journal_readings_mark(struct vane_journal_plugin *journal)
{
    for (GList *at = journal->readings.head; at; at = at->next) {
        struct vane_journal_reading *reading = at->data;

        if (reading->marked || journal->seen_seq < reading->after_seq)
            continue;
        reading->marked = true;
        reading->barrier = journal->flush_to = journal->pending.pushed;
    }
}

static bool can_step(const struct vane_journal_plugin *journal,
                     const struct vane_journal_reading *reading)
{
    return !reading->paused && !reading->cancelled && reading->marked &&
           (journal->failing || vane_journal_settled(journal) >= reading->barrier);
}

bool vane_journal_read_start(struct vane_journal_plugin *journal)
{
    struct vane_journal_reading *reading = NULL;

    for (GList *at = journal->readings.head; at && !reading; at = at->next)
        if (can_step(journal, at->data))
            reading = at->data;
    if (!reading)
        return false;
    g_queue_unlink(&journal->readings, &reading->link);
    g_queue_push_tail_link(&journal->readings, &reading->link);
    vane_store_page_clear(&reading->page);
    vane_store_page_init(&reading->page);
    reading->finished = false;
    journal->reading = reading;
    journal->job = VANE_JOURNAL_READS;
    if (journal->host->loop->work(journal->self, body, finished, journal) == 0)
        return true;
    journal->job = VANE_JOURNAL_IDLE;
    journal->reading = NULL;
    return false;
}

void vane_reading_drop(struct vane_journal_reading *reading)
{
    reading->cancelled = true;
    if (!reading->calling && reading != reading->journal->reading)
        release(reading);
}

static struct vane_journal_reading *first_alive(const struct vane_journal_plugin *journal)
{
    for (GList *at = journal->readings.head; at; at = at->next)
        if (!((struct vane_journal_reading *)at->data)->cancelled)
            return at->data;
    return NULL;
}

/* Whoever is told may cancel others. */
void vane_journal_readings_end(struct vane_journal_plugin *journal)
{
    struct vane_journal_reading *reading;

    while ((reading = first_alive(journal))) {
        struct vane_journal_reader reader = reading->reader;
        void (*found)(void *, int, const struct vane_journal_position *) = reading->found;
        void *user = reading->user;

        vane_reading_drop(reading);
        if (found)
            found(user, -ESHUTDOWN, NULL);
        else
            reader.ended(user, -ESHUTDOWN);
    }
}

struct vane_journal_reading *vane_reading_new(struct vane_journal_plugin *journal,
                                              enum vane_reading_kind kind, void *user)
{
    struct vane_journal_reading *reading = g_new0(struct vane_journal_reading, 1);
    uint64_t next = 1;

    (void)journal->host->bus->position(journal->self, &next, NULL);
    reading->journal = journal;
    reading->kind = kind;
    reading->user = user;
    reading->after_seq = next - 1;
    reading->link.data = reading;
    g_queue_push_tail_link(&journal->readings, &reading->link);
    return reading;
}

void vane_reading_begin(struct vane_journal_reading *reading, struct vane_journal_reading **result)
{
    if (result)
        *result = reading;
    vane_journal_kick(reading->journal);
}
