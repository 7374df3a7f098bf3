/* show events, and show event: what one event led to. */
#include <stdlib.h>

#include "engine/commands/builtin_internal.h"
#include "engine/control/access.h"
#include "lib/topic.h"
#include "lib/cleanup.h"
#include "lib/text/span.h"

#define LAST_DEFAULT 20u
#define NS           INT64_C(1000000000)

/* Answers wait in memory until they are read, one for each client that does not read. */
#define ANSWER_BYTES (512u << 10)

static bool may_see(const struct vane_request *request, const struct vane_event *event)
{
    return vane_commands_table.privileged(request) > 0 || vane_access_public_topic(event->topic);
}

static void write_event(struct vane_json *json, const struct vane_event *event)
{
    const char *text;
    size_t length;

    if (vane_event_json(event, &text, &length) >= 0)
        vane_json_raw(json, text, length);
}

static size_t size_of(const struct vane_event *event)
{
    const char *text;
    size_t length;

    return vane_event_json(event, &text, &length) >= 0 ? length + 1 : 0;
}

/* What is asked for; zero or NULL: no such condition. */
struct conditions {
    const struct vane_request *request;
    int64_t since_ns;
    const char *topics;
    const char *interface_name;
};

/* "1h", or a time as ISO 8601 writes it. */
static int parse_since(const char *text, int64_t *since_ns)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = NULL;
    uint64_t usec;

    if (vane_text_parse_span(text, &usec) == 0 && usec < INT64_MAX / 1000) {
        *since_ns = (g_get_real_time() - (int64_t)usec) * 1000;
        return 0;
    }
    time = g_date_time_new_from_iso8601(text, utc);
    if (!time)
        return -EINVAL;
    *since_ns = CLAMP(g_date_time_to_unix(time), INT64_MIN / NS, INT64_MAX / NS) * NS;
    return 0;
}

/* NULL, or what is wrong. */
static const char *read_conditions(struct conditions *conditions)
{
    const char *since = vane_builtin_argument(conditions->request, "SINCE");

    conditions->topics = vane_builtin_argument(conditions->request, "PATTERN");
    conditions->interface_name = vane_builtin_argument(conditions->request, "NAME");
    if (since && parse_since(since, &conditions->since_ns) < 0)
        return "that is no time, which looks like 2h (ago) or 2026-01-31T12:00:00Z";
    if (conditions->topics && !vane_patterns_valid(conditions->topics))
        return "that is no topic pattern, which looks like \"link.*\"";
    return NULL;
}

static bool is_of(const struct vane_event *event, const char *interface_name)
{
    const char *name = NULL;

    vane_bus_table.get_string(event->payload, "interface_name", &name);
    return g_strcmp0(name, interface_name) == 0;
}

static bool is_wanted(const struct conditions *conditions, const struct vane_event *event)
{
    if (event->time_ns < conditions->since_ns || !may_see(conditions->request, event))
        return false;
    if (conditions->topics && !vane_patterns_match(conditions->topics, event->topic))
        return false;
    return !conditions->interface_name || is_of(event, conditions->interface_name);
}

/* The seq of the oldest of the last `count` events that are wanted and fit into an answer; how many
 * more do not fit. */
static uint64_t beginning(const struct conditions *conditions, const struct vane_event_bus *bus,
                          unsigned long count, unsigned *omitted)
{
    uint64_t oldest = vane_event_bus_oldest_seq(bus);
    uint64_t seq = vane_event_bus_next_seq(bus), first = seq;
    size_t bytes = 0;

    for (*omitted = 0; count > 0 && seq > oldest;) {
        const struct vane_event *event = vane_event_bus_at(bus, --seq);

        if (!event || !is_wanted(conditions, event))
            continue;
        count--;
        bytes += size_of(event);
        if (bytes <= ANSWER_BYTES)
            first = seq;
        else
            ++*omitted;
    }
    return first;
}

static int show_events(void *user, struct vane_request *request)
{
    const struct vane_event_bus *bus = ((const struct vane_builtin *)user)->engine->bus;
    const char *count = vane_builtin_argument(request, "COUNT");
    struct conditions conditions = {.request = request};
    const char *mistake = read_conditions(&conditions);
    struct vane_json json = {0};
    unsigned omitted;
    uint64_t seq;

    if (mistake)
        return vane_request_failf(request, -EINVAL, "%s", mistake);
    seq = beginning(&conditions, bus, count ? strtoul(count, NULL, 10) : LAST_DEFAULT, &omitted);
    if (omitted > 0)
        vane_request_note(request,
                          "%u older events do not fit into one answer (choose with \"topic\" or "
                          "\"interface\"; with a journal, \"events --since\" reads them all)",
                          omitted);
    vane_json_array_begin(&json);
    for (; seq < vane_event_bus_next_seq(bus); seq++) {
        const struct vane_event *event = vane_event_bus_at(bus, seq);

        if (event && is_wanted(&conditions, event))
            write_event(&json, event);
    }
    vane_json_array_end(&json);
    return vane_builtin_reply(request, &json);
}

/*
 * A cause always has a smaller seq than what it led to, so one pass over what is kept finds all
 * that follows from an event, however long the chain.
 */
static void write_story(struct vane_json *json, struct vane_request *request,
                        const struct vane_event_bus *bus, const struct vane_event *root)
{
    g_autoptr(GHashTable) story = g_hash_table_new(g_str_hash, g_str_equal);
    size_t bytes = size_of(root);
    unsigned omitted = 0;

    g_hash_table_add(story, (gpointer)root->id);
    write_event(json, root);
    for (uint64_t seq = root->seq + 1; seq < vane_event_bus_next_seq(bus); seq++) {
        const struct vane_event *event = vane_event_bus_at(bus, seq);

        if (!event || !event->cause[0] || !g_hash_table_contains(story, event->cause))
            continue;
        g_hash_table_add(story, (gpointer)event->id);
        if (!may_see(request, event))
            continue;
        bytes += size_of(event);
        if (bytes <= ANSWER_BYTES)
            write_event(json, event);
        else
            omitted++;
    }
    if (omitted > 0)
        vane_request_note(request, "%u later events do not fit into one answer", omitted);
}

static int show_event(void *user, struct vane_request *request)
{
    const struct vane_event_bus *bus = ((const struct vane_builtin *)user)->engine->bus;
    const char *id = vane_builtin_argument(request, "ID");
    _cleanup_(vane_event_cleanup) const struct vane_event *root = vane_event_bus_find(bus, id);
    struct vane_json json = {0};

    if (!root || !may_see(request, root))
        return vane_request_failf(
            request, -ENOENT, "event %s is not kept (see \"show events\" for those that are)", id);
    vane_json_array_begin(&json);
    write_story(&json, request, bus, root);
    vane_json_array_end(&json);
    return vane_builtin_reply(request, &json);
}

/* Ids: those of the last events, the newest first. */
static void offer_ids(const struct vane_event_bus *bus, struct vane_completion *completion)
{
    uint64_t oldest = vane_event_bus_oldest_seq(bus), seq = vane_event_bus_next_seq(bus);

    for (unsigned i = 0; i < LAST_DEFAULT && seq > oldest; i++) {
        const struct vane_event *event = vane_event_bus_at(bus, --seq);

        if (event && vane_access_public_topic(event->topic))
            vane_commands_table.offer(completion, event->id, event->topic);
    }
}

static void complete(void *user, const char *parameter, struct vane_completion *completion)
{
    if (g_str_equal(parameter, "NAME"))
        vane_builtin_offer_links(user, parameter, completion);
    else if (g_str_equal(parameter, "ID"))
        offer_ids(((const struct vane_builtin *)user)->engine->bus, completion);
}

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"events", "the latest events, oldest first"},
    {"since", "only events from this time on"},
    {"SINCE", "2h (ago), 2026-01-31T12:00:00Z"},
    {"topic", "only events of these topics"},
    {"PATTERN", "a topic; * is one part, > is all that follows"},
    {"interface", "only events of one interface"},
    {"NAME", "the name of an interface"},
    {"last", "how many of them"},
    {"(1-10000)", "a number of events; without it the last 20"},
    {"event", "one event and everything that it led to"},
    {"ID", "the id of an event, as \"show events\" prints it"},
};

static const struct vane_command_column columns[] = {
    {"Time", "time"},       {"Event", "id"},
    {"Topic", "topic"},     {"Interface", "payload.interface_name"},
    {"Details", "payload"},
};

static const struct vane_command_column story_columns[] = {
    {"Time", "time"},
    {"Event", "id"},
    {"Cause", "cause"},
    {"Topic", "topic"},
    {"Interface", "payload.interface_name"},
    {"Details", "payload"},
};

const struct vane_command vane_builtin_events[] = {
    {
        .syntax = "show events [since SINCE] [topic PATTERN] [interface NAME] "
                  "[last COUNT:(1-10000)]",
        .help = "Show the latest events",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(columns),
        .run = show_events,
        .complete = complete,
    },
    {
        .syntax = "show event ID",
        .help = "Show an event and everything that it led to",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(story_columns),
        .run = show_event,
        .complete = complete,
    },
};
const unsigned vane_builtin_events_count = ELEMENTS(vane_builtin_events);
