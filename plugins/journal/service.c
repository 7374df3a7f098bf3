/* The `journal` service: questions are checked and begun here. See services/journal.h. */
#include <errno.h>
#include <string.h>

#include "lib/text/hex.h"
#include "lib/text/number.h"
#include "plugins/journal/readings.h"

#define READINGS_MAX 64u
#define PAGE_DEFAULT 128u

static int parse_epoch(const char *text, char epoch[VANE_STORE_EPOCH_LENGTH + 1])
{
    uint8_t bytes[VANE_STORE_EPOCH_LENGTH / 2];

    if (vane_text_unhex(text, bytes, sizeof(bytes)) < 0)
        return -EINVAL;
    vane_text_hex(bytes, sizeof(bytes), epoch);
    return 0;
}

static int parse_id(const char *id, char epoch[VANE_STORE_EPOCH_LENGTH + 1], uint64_t *seq)
{
    g_autofree char *name = NULL;

    if (!id || strlen(id) <= VANE_STORE_EPOCH_LENGTH || id[VANE_STORE_EPOCH_LENGTH] != '-')
        return -EINVAL;
    name = g_strndup(id, VANE_STORE_EPOCH_LENGTH);
    if (vane_text_parse_uint64(id + VANE_STORE_EPOCH_LENGTH + 1, 1, INT64_MAX, seq) < 0)
        return -EINVAL;
    return parse_epoch(name, epoch);
}

static int admit(const struct vane_journal_plugin *journal)
{
    if (journal->closing)
        return -ESHUTDOWN;
    return journal->readings.length < READINGS_MAX ? 0 : -EAGAIN;
}

static void copy_reader(struct vane_journal_reading *reading,
                        const struct vane_journal_reader *reader)
{
    memcpy(&reading->reader, reader, MIN(reader->size, sizeof(*reader)));
}

static int read_identity(const struct vane_journal_query *asked, struct vane_store_query *query)
{
    uint64_t seq;
    int r;

    query->after_seq = asked->after_seq;
    query->before_seq = asked->before_seq;
    if (!asked->id && !asked->epoch)
        return asked->after_seq > 0 || asked->before_seq > 0 ? -EINVAL : 0;
    if (!asked->id)
        return parse_epoch(asked->epoch, query->epoch);
    r = asked->epoch ? -EINVAL : parse_id(asked->id, query->epoch, &seq);
    if (r < 0)
        return r;
    query->after_seq = seq - 1;
    query->before_seq = seq + 1;
    return 0;
}

static uint32_t page_size(uint32_t asked)
{
    return asked == 0 ? PAGE_DEFAULT : MIN(asked, VANE_PAGE_RECORDS_MAX);
}

static int query(void *provider, const struct vane_journal_query *asked,
                 const struct vane_journal_reader *reader, void *user,
                 struct vane_journal_reading **result)
{
    struct vane_journal_plugin *journal = provider;
    struct vane_journal_query copy = {0};
    struct vane_store_query parsed = {.match = journal->host->bus->match};
    struct vane_journal_reading *reading;
    int r = admit(journal);

    if (r < 0)
        return r;
    memcpy(&copy, asked, MIN(asked->size, sizeof(copy)));
    r = read_identity(&copy, &parsed);
    if (r < 0 || (copy.topics && journal->host->bus->match(copy.topics, "any") < 0))
        return -EINVAL;
    parsed.since_ns = copy.since_ns;
    parsed.until_ns = copy.until_ns;
    parsed.after_row = copy.after_row;
    parsed.before_row = copy.before_row;
    parsed.topics = g_strdup(copy.topics);
    parsed.interface_name = g_strdup(copy.interface_name);
    parsed.limit = copy.limit > 0 ? copy.limit : UINT64_MAX;
    parsed.page = page_size(copy.page);
    parsed.backward = (copy.flags & VANE_JOURNAL_BACKWARD) != 0;
    reading = vane_reading_new(journal, VANE_READING_QUERY, user);
    reading->query = parsed;
    copy_reader(reading, reader);
    vane_reading_begin(reading, result);
    return 0;
}

static int story(void *provider, const char *id, uint32_t page,
                 const struct vane_journal_reader *reader, void *user,
                 struct vane_journal_reading **result)
{
    struct vane_store_story parsed = {.page = page_size(page)};
    struct vane_journal_reading *reading;
    int r = admit(provider);

    if (r == 0)
        r = parse_id(id, parsed.epoch, &parsed.seq);
    if (r < 0)
        return r;
    reading = vane_reading_new(provider, VANE_READING_STORY, user);
    reading->story = parsed;
    copy_reader(reading, reader);
    vane_reading_begin(reading, result);
    return 0;
}

static int position(void *provider, const char *id,
                    void (*found)(void *user, int error,
                                  const struct vane_journal_position *position),
                    void *user, struct vane_journal_reading **result)
{
    struct vane_store_story parsed = {0};
    struct vane_journal_reading *reading;
    int r = admit(provider);

    if (r == 0 && parse_id(id, parsed.epoch, &parsed.seq) < 0)
        r = id ? parse_epoch(id, parsed.epoch) : -EINVAL;
    if (r < 0)
        return r;
    reading = vane_reading_new(provider, VANE_READING_POSITION, user);
    reading->story = parsed;
    reading->found = found;
    vane_reading_begin(reading, result);
    return 0;
}

static int resume(void *provider, struct vane_journal_reading *reading)
{
    reading->paused = false;
    if (!reading->calling)
        vane_journal_kick(provider);
    return 0;
}

static int cancel(void *provider, struct vane_journal_reading *reading)
{
    if (reading && !reading->cancelled)
        vane_reading_drop(reading);
    return 0;
}

static int state(void *provider, struct vane_journal_state *state)
{
    const struct vane_journal_plugin *journal = provider;
    uint64_t seen = journal->seen_seq, written = seen;
    struct vane_journal_state full = {
        .size = MIN(state->size, (uint32_t)sizeof(full)),
        .working = !journal->failing,
        .seen_seq = seen,
        .pending = vane_journal_waiting(journal),
        .lost = journal->pending.dropped,
    };

    if (journal->write.batch->len > 0)
        written = g_array_index(journal->write.batch, struct vane_pending_event, 0).seq - 1;
    else if (journal->pending.count > 0)
        written = journal->pending.ring[journal->pending.first].seq - 1;
    full.written_seq = written;
    memcpy(state, &full, full.size);
    return 0;
}

const struct vane_journal vane_journal_table = {
    .size = sizeof(vane_journal_table),
    .version = VANE_JOURNAL_VERSION,
    .query = query,
    .story = story,
    .position = position,
    .resume = resume,
    .cancel = cancel,
    .state = state,
};
