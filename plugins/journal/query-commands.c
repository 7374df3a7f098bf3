/*
 * The commands that read events: `show journal events`, `show journal event ID`, `journal query`.
 * They use the service like anybody else. Who is not privileged gets what the kernel would show.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/json/writer.h"
#include "plugins/journal/journal.h"

#define PUBLIC_TOPICS "link.> address.> route.> wifi.>"
#define SHOWN_DEFAULT 20u
#define QUERY_DEFAULT 256u
#define ANSWER_BYTES  (512u << 10)
#define ENOUGH        (-ECANCELED) /* ends a reading that has given what was wanted */

/* One command that waits for its reading. */
struct question {
    struct vane_journal_plugin *journal;
    struct vane_request *request;
    enum {
        ANSWER_NEWEST, /* as many as asked for, read backward */
        ANSWER_PAGE,   /* an object that says where to go on; each event has its row */
        ANSWER_STORY,  /* each event has its depth */
    } kind;
    bool privileged, more;
    uint64_t wanted, last_row;
    size_t bytes;
    GPtrArray *events; /* JSON texts */
};

static void question_free(struct question *question)
{
    g_ptr_array_unref(question->events);
    g_free(question);
}

static const char *argument(const struct question *question, const char *name)
{
    return question->journal->host->commands->argument(question->request, name);
}

static bool may_see(const struct question *question, const struct vane_journal_record *record)
{
    return question->privileged ||
           question->journal->host->bus->match(PUBLIC_TOPICS, record->topic) > 0;
}

/* The event as it was published, with one member more: its JSON begins with a brace. */
static char *event_text(const struct question *question, const struct vane_journal_record *record)
{
    switch (question->kind) {
    case ANSWER_NEWEST:
        return g_strdup(record->json);
    case ANSWER_PAGE:
        return g_strdup_printf("{\"row\":%" PRIu64 ",%s", record->row, record->json + 1);
    case ANSWER_STORY:
        return g_strdup_printf("{\"depth\":%d,%s", record->depth, record->json + 1);
    }
    return NULL;
}

static int on_page(void *user, const struct vane_journal_page *page)
{
    struct question *question = user;

    for (uint32_t i = 0; i < page->count; i++) {
        const struct vane_journal_record *record = vane_journal_record_at(page, i);

        if (!may_see(question, record)) {
            if (question->kind == ANSWER_STORY && record->depth == 0)
                return -ENOENT;
            continue;
        }
        if (question->events->len == question->wanted || question->bytes >= ANSWER_BYTES) {
            question->more = true;
            return ENOUGH;
        }
        question->last_row = record->row;
        question->bytes += record->json_length;
        g_ptr_array_add(question->events, event_text(question, record));
    }
    return VANE_OK;
}

static void write_events(const struct question *question, struct vane_json *json)
{
    const GPtrArray *events = question->events;

    vane_json_array_begin(json);
    for (guint i = 0; i < events->len; i++) {
        guint index = question->kind == ANSWER_NEWEST ? events->len - 1 - i : i;
        const char *text = g_ptr_array_index(events, index);

        vane_json_raw(json, text, strlen(text));
    }
    vane_json_array_end(json);
}

static void answer(const struct question *question)
{
    struct vane_json json = {0};
    const char *text;
    size_t length;

    if (question->kind == ANSWER_PAGE) {
        vane_json_object_begin(&json);
        vane_json_member_bool(&json, "more", question->more);
        vane_json_member_uint64(&json, "last_row", question->last_row);
        vane_json_key(&json, "events");
    }
    write_events(question, &json);
    if (question->kind == ANSWER_PAGE)
        vane_json_object_end(&json);
    text = vane_json_text(&json, &length);
    (void)question->journal->host->commands->reply(question->request, text, length);
    vane_json_clear(&json);
}

static void on_ended(void *user, int error)
{
    struct question *question = user;
    const struct vane_commands *commands = question->journal->host->commands;

    if (error == -ENOENT)
        (void)commands->fail(question->request, -ENOENT,
                             "the journal does not hold that event (see \"show journal events\")");
    else if (error < 0 && error != ENOUGH)
        (void)commands->fail(question->request, error,
                             error == -ESHUTDOWN ? "the journal is being stopped"
                                                 : "the journal cannot be read (see \"show "
                                                   "journal\")");
    else
        answer(question);
    question_free(question);
}

static const struct vane_journal_reader reader = {
    .size = sizeof(reader),
    .page = on_page,
    .ended = on_ended,
};

static struct question *question_new(struct vane_journal_plugin *journal,
                                     struct vane_request *request)
{
    struct question *question = g_new0(struct question, 1);

    question->journal = journal;
    question->request = request;
    question->privileged = journal->host->commands->privileged(request) > 0;
    question->events = g_ptr_array_new_with_free_func(g_free);
    return question;
}

static int refuse(struct question *question, int error, const char *message)
{
    int r = question->journal->host->commands->fail(question->request, error, message);

    question_free(question);
    return r;
}

static uint64_t number_argument(const struct question *question, const char *name,
                                uint64_t otherwise)
{
    const char *text = argument(question, name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

/* The conditions that both commands know. */
static const char *read_conditions(const struct question *question,
                                   struct vane_journal_query *query)
{
    const char *since = argument(question, "SINCE"), *until = argument(question, "UNTIL");
    const char *topic = argument(question, "PATTERN");
    int64_t now = vane_journal_now();

    if ((since && vane_journal_parse_time(since, now, &query->since_ns) < 0) ||
        (until && vane_journal_parse_time(until, now, &query->until_ns) < 0))
        return "that is no time, which looks like 2h (ago) or 2026-01-31T12:00:00Z";
    if (topic && question->journal->host->bus->match(topic, "any") < 0)
        return "that is no topic pattern, which looks like \"link.*\"";
    query->topics = topic ? topic : question->privileged ? NULL : PUBLIC_TOPICS;
    query->interface_name = argument(question, "NAME");
    return NULL;
}

static int ask(struct question *question, struct vane_journal_query *query)
{
    const char *mistake = read_conditions(question, query);
    int r;

    if (mistake)
        return refuse(question, -EINVAL, mistake);
    r = vane_journal_table.query(question->journal, query, &reader, question, NULL);
    return r < 0 ? refuse(question, r, "the journal cannot be asked now") : -EINPROGRESS;
}

static int show_events(void *user, struct vane_request *request)
{
    struct question *question = question_new(user, request);
    struct vane_journal_query query = {.size = sizeof(query), .flags = VANE_JOURNAL_BACKWARD};

    question->kind = ANSWER_NEWEST;
    question->wanted = number_argument(question, "COUNT", SHOWN_DEFAULT);
    return ask(question, &query);
}

static int query_events(void *user, struct vane_request *request)
{
    struct question *question = question_new(user, request);
    struct vane_journal_query query = {.size = sizeof(query)};

    question->kind = ANSWER_PAGE;
    question->wanted = number_argument(question, "LIMIT", QUERY_DEFAULT);
    question->last_row = query.after_row = number_argument(question, "ROW", 0);
    return ask(question, &query);
}

/* What may not be seen is left out, and the event itself is then as if it were not there. */
static int show_event(void *user, struct vane_request *request)
{
    struct question *question = question_new(user, request);
    int r;

    question->kind = ANSWER_STORY;
    question->wanted = VANE_STORY_EVENTS_MAX;
    r = vane_journal_table.story(question->journal, argument(question, "ID"), 0, &reader, question,
                                 NULL);
    if (r == -EINVAL)
        return refuse(question, r, "that is no id of an event (see \"show journal events\")");
    return r < 0 ? refuse(question, r, "the journal cannot be asked now") : -EINPROGRESS;
}

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"journal", "the events that are remembered"},
    {"events", "events, oldest first"},
    {"event", "one event, what led to it and what it led to"},
    {"ID", "the id of an event, as \"show journal events\" prints it"},
    {"query", "read events page by page, for programs"},
    {"after", "only events behind this one"},
    {"ROW", "the row of an event, as the last answer gave it"},
    {"since", "only events from this time on"},
    {"SINCE", "2h (ago), 2026-01-31, 2026-01-31T12:00:00Z"},
    {"until", "only events before this time"},
    {"UNTIL", "2h (ago), 2026-01-31, 2026-01-31T12:00:00Z"},
    {"topic", "only events of these topics"},
    {"PATTERN", "a topic; * is one part, > is all that follows"},
    {"interface", "only events of one interface"},
    {"NAME", "the name of an interface"},
    {"last", "how many of them, counted from the newest"},
    {"(1-100000)", "a number of events; without it the last 20"},
    {"limit", "how many events in one answer"},
    {"(1-1000)", "a number of events"},
};

static const struct vane_command_column event_columns[] = {
    {"Time", "time"},       {"Event", "id"},
    {"Topic", "topic"},     {"Interface", "payload.interface_name"},
    {"Details", "payload"},
};

static const struct vane_command_column story_columns[] = {
    {"Time", "time"},       {"Depth", "depth"}, {"Event", "id"},
    {"Cause", "cause"},     {"Topic", "topic"}, {"Interface", "payload.interface_name"},
    {"Details", "payload"},
};

#define CONDITIONS "[since SINCE] [until UNTIL] [topic PATTERN] [interface NAME]"

static const struct {
    const char *syntax, *help;
    const struct vane_command_column *columns;
    uint32_t count;
    int (*run)(void *user, struct vane_request *request);
} commands[] = {
    {"show journal events " CONDITIONS " [last COUNT:(1-100000)]",
     "Show events that are remembered, also of earlier runs of the daemon", event_columns,
     ELEMENTS(event_columns), show_events},
    {"show journal event ID", "Show an event, what led to it and all that it led to", story_columns,
     ELEMENTS(story_columns), show_event},
    {"journal query [after ROW] " CONDITIONS " [limit LIMIT:(1-1000)]",
     "Read remembered events page by page", NULL, 0, query_events},
};

int vane_journal_query_commands_add(struct vane_journal_plugin *journal)
{
    for (size_t i = 0; i < ELEMENTS(commands); i++) {
        const struct vane_command command = {
            .size = sizeof(command),
            .syntax = commands[i].syntax,
            .help = commands[i].help,
            .words = words,
            .word_size = sizeof(words[0]),
            .word_count = ELEMENTS(words),
            .columns = commands[i].columns,
            .column_size = sizeof(event_columns[0]),
            .column_count = commands[i].count,
            .run = commands[i].run,
            .user = journal,
        };
        int r = vane_journal_command_add(journal, &command);

        if (r < 0)
            return r;
    }
    return 0;
}
