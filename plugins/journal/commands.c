/* `show journal` and `journal prune`. See journal.h. */
#include <errno.h>

#include "lib/array.h"
#include "lib/json/writer.h"
#include "plugins/journal/journal.h"

static void member_time(struct vane_json *json, const char *key, int64_t time_ns)
{
    g_autofree char *text = time_ns > 0 ? vane_journal_format_time(time_ns) : NULL;

    if (text)
        vane_json_member_string(json, key, text);
}

static void write_limits(struct vane_json *json, const struct vane_store_limits *limits)
{
    if (limits->age_ns < INT64_MAX)
        vane_json_member_int64(json, "max_age_seconds", limits->age_ns / 1000000000);
    vane_json_member_uint64(json, "max_events", limits->events);
    vane_json_member_uint64(json, "max_size", limits->size);
}

static int show_journal(void *user, struct vane_request *request)
{
    struct vane_journal_plugin *journal = user;
    const struct vane_store_facts *facts = &journal->facts;
    struct vane_json json = {0};
    const char *text;
    size_t length;
    int r;

    vane_json_object_begin(&json);
    vane_json_member_string(&json, "file", journal->store.path);
    vane_json_member_string(&json, "state",
                            journal->failing  ? "failing"
                            : journal->opened ? "working"
                                              : "opening");
    vane_json_member_uint64(&json, "size", facts->size);
    vane_json_member_uint64(&json, "events", facts->events);
    member_time(&json, "oldest", facts->oldest_ns);
    member_time(&json, "newest", facts->newest_ns);
    vane_json_member_uint64(&json, "pending", vane_journal_waiting(journal));
    vane_json_member_uint64(&json, "written", journal->written);
    vane_json_member_uint64(&json, "lost", journal->pending.dropped);
    vane_json_member_uint64(&json, "damaged", journal->announced_damage);
    write_limits(&json, &journal->options.limits);
    vane_json_member_string(&json, "topics", journal->options.include);
    if (journal->options.exclude)
        vane_json_member_string(&json, "excluded_topics", journal->options.exclude);
    if (journal->last_error < 0) {
        vane_json_member_string(&json, "last_error", journal->last_error_text);
        member_time(&json, "last_error_time", journal->last_error_ns);
    }
    vane_json_object_end(&json);
    text = vane_json_text(&json, &length);
    r = journal->host->commands->reply(request, text, length);
    vane_json_clear(&json);
    return r;
}

static int prune(void *user, struct vane_request *request)
{
    struct vane_journal_plugin *journal = user;
    const struct vane_commands *commands = journal->host->commands;
    const char *time = commands->argument(request, "TIME");
    int64_t before = INT64_MAX;

    if (time && vane_journal_parse_time(time, vane_journal_now(), &before) < 0)
        return commands->fail(request, -EINVAL,
                              "that is no time, which looks like 2h (ago) or 2026-01-31T12:00:00Z");
    if (journal->prune.request || journal->closing)
        return commands->fail(request, -EBUSY, "the journal is being pruned already");
    journal->prune = (struct vane_journal_prune){.request = request, .before_ns = before};
    vane_journal_kick(journal);
    return -EINPROGRESS;
}

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"journal", "the events that are remembered"},
    {"prune", "remove events from the journal"},
    {"all", "all of them"},
    {"before", "those that are older"},
    {"TIME", "2h (ago), 2026-01-31, 2026-01-31T12:00:00Z"},
};

int vane_journal_command_add(struct vane_journal_plugin *journal,
                             const struct vane_command *command)
{
    for (size_t i = 0; i < ELEMENTS(journal->commands); i++)
        if (!journal->commands[i])
            return journal->host->commands->add(journal->self, command, &journal->commands[i]);
    return -ENOSPC;
}

void vane_journal_commands_remove(struct vane_journal_plugin *journal)
{
    for (size_t i = 0; i < ELEMENTS(journal->commands); i++)
        if (journal->commands[i])
            (void)journal->host->commands->remove(journal->self,
                                                  g_steal_pointer(&journal->commands[i]));
}

int vane_journal_commands_add(struct vane_journal_plugin *journal)
{
    const struct vane_command show = {
        .size = sizeof(show),
        .syntax = "show journal",
        .help = "Show the journal's file, its size and its state",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = ELEMENTS(words),
        .run = show_journal,
        .user = journal,
    };
    struct vane_command pruning = show;
    int r = vane_journal_command_add(journal, &show);

    if (r < 0)
        return r;
    pruning.syntax = "journal prune <all|before TIME>";
    pruning.help = "Remove events from the journal for good";
    pruning.flags = VANE_COMMAND_CHANGES;
    pruning.run = prune;
    return vane_journal_command_add(journal, &pruning);
}
