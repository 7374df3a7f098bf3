/* `show policy` and `policy ...`. See policy.h. */
#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "lib/text/number.h"
#include "plugins/policy/policy.h"

#define ROWS_MAX 2000u /* of a table of rules */

/* ---- what there is ---- */

static char *format_time(int64_t ns)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(ns / 1000000000);
    g_autofree char *seconds = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");

    return g_strdup_printf("%s.%03dZ", seconds, (int)(ns / 1000000 % 1000));
}

static void member_time(struct vane_json *json, const char *key, int64_t ns)
{
    g_autofree char *text = ns > 0 ? format_time(ns) : NULL;

    if (text)
        vane_json_member_string(json, key, text);
}

static void write_rule(struct vane_json *json, const struct vane_policy_runner *runner,
                       const struct vane_policy_rule *rule)
{
    const struct vane_policy_statistics *statistics =
        vane_policy_state_statistics(runner->state, rule);

    vane_json_object_begin(json);
    vane_json_member_uint64(json, "network_id", runner->network_id);
    vane_json_member_string(json, "rule", rule->name);
    vane_json_member_string(json, "on", rule->on);
    vane_json_member_uint64(json, "hits", statistics->hits);
    vane_json_member_uint64(json, "errors", statistics->errors);
    vane_json_member_uint64(json, "evaluations", statistics->evaluations);
    if (statistics->sampled > 0)
        vane_json_member_uint64(json, "mean_ns", statistics->sampled_ns / statistics->sampled);
    member_time(json, "last_match", statistics->last_match_ns);
    vane_json_object_end(json);
}

static void write_counters(struct vane_json *json, const struct vane_policy_counters *counters)
{
    vane_json_member_uint64(json, "allowed", counters->allowed);
    vane_json_member_uint64(json, "denied", counters->denied);
    vane_json_member_uint64(json, "would_deny", counters->would_deny);
    vane_json_member_uint64(json, "no_rule_decided", counters->unanswered);
    vane_json_member_uint64(json, "failed_actions", counters->failed_actions);
    vane_json_member_uint64(json, "dropped_actions", counters->dropped_actions);
}

static const char *default_word(enum vane_policy_default verdict)
{
    switch (verdict) {
    case VANE_POLICY_GATES_OWN:
        return "none";
    case VANE_POLICY_DEFAULT_ALLOW:
        return "allow";
    case VANE_POLICY_DEFAULT_DENY:
        return "deny";
    }
    return "none";
}

static void write_tags(struct vane_json *json, const GPtrArray *tags)
{
    vane_json_key(json, "local_tags");
    vane_json_array_begin(json);
    for (guint i = 0; i < tags->len; i++)
        vane_json_string(json, tags->pdata[i]);
    vane_json_array_end(json);
}

void vane_policy_write_status(struct vane_json *json, const struct vane_policy_runner *runner)
{
    const struct vane_policy *policy = vane_policy_state_policy(runner->state);

    vane_json_object_begin(json);
    vane_json_member_uint64(json, "network_id", runner->network_id);
    vane_json_member_string(json, "file", runner->origin ? runner->origin : "");
    member_time(json, "since", runner->since_ns);
    vane_json_member_uint64(json, "rules", policy->rules->len);
    vane_json_member_string(json, "default_verdict", default_word(policy->default_verdict));
    vane_json_member_bool(json, "fail_closed", policy->fail_closed);
    vane_json_member_bool(json, "dry_run", runner->plugin->dry_run);
    vane_json_member_uint64(json, "cycles", runner->cycles);
    vane_json_member_uint64(json, "members", 0);
    write_counters(json, &runner->counters);
    write_tags(json, vane_policy_state_tags(runner->state, NULL));
    vane_json_key(json, "facts");
    vane_policy_state_write_facts(runner->state, json);
    vane_json_object_end(json);
}

static int reply(const struct vane_policy_plugin *plugin, struct vane_request *request,
                 struct vane_json *json)
{
    size_t length;
    const char *text = vane_json_text(json, &length);
    int r = plugin->host->commands->reply(request, text, length);

    vane_json_clear(json);
    return r;
}

static int show_rules(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    struct vane_json json = {0};
    unsigned rows = 0;

    vane_json_array_begin(&json);
    for (guint i = 0; i < plugin->runners->len; i++) {
        const struct vane_policy_runner *runner = g_ptr_array_index(plugin->runners, i);
        const struct vane_policy *policy = vane_policy_state_policy(runner->state);

        for (guint n = 0; n < policy->rules->len && rows++ < ROWS_MAX; n++)
            write_rule(&json, runner, vane_policy_rule_at(policy, n));
    }
    vane_json_array_end(&json);
    return reply(plugin, request, &json);
}

static int show_status(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    struct vane_json json = {0};

    if (plugin->runners->len == 0)
        return plugin->host->commands->fail(request, -ENOENT, "there is no policy in force");
    vane_json_array_begin(&json);
    for (guint i = 0; i < plugin->runners->len; i++)
        vane_policy_write_status(&json, g_ptr_array_index(plugin->runners, i));
    vane_json_array_end(&json);
    return reply(plugin, request, &json);
}

/* ---- changes ---- */

static uint16_t network_of(const struct vane_policy_plugin *plugin,
                           const struct vane_request *request)
{
    const char *text = plugin->host->commands->argument(request, "NETWORK");
    uint64_t number = 0;

    if (text)
        (void)vane_text_parse_uint64(text, 0, UINT16_MAX, &number);
    return (uint16_t)number;
}

static int done(const struct vane_policy_plugin *plugin, struct vane_request *request,
                const char *format, ...) __attribute__((format(printf, 3, 4)));

static int done(const struct vane_policy_plugin *plugin, struct vane_request *request,
                const char *format, ...)
{
    g_autofree char *message = NULL;
    struct vane_json json = {0};
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "result", message);
    vane_json_object_end(&json);
    return reply(plugin, request, &json);
}

/* Every mistake is in the answer, as far as one answer goes. */
static int refuse(const struct vane_policy_plugin *plugin, struct vane_request *request, int error,
                  const char *file, const struct vane_policy_problems *problems)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; problems->list && i < problems->list->len && text->len < 65536; i++) {
        g_autofree char *line = vane_policy_problem_line(problems->list->pdata[i], file);

        g_string_append_printf(text, "%s%s", i ? "; " : "", line);
    }
    if (text->len == 0)
        g_string_printf(text, "%s cannot be put in force: %s", file, g_strerror(-error));
    return plugin->host->commands->fail(request, error, text->str);
}

static int load(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    const char *path = plugin->host->commands->argument(request, "FILE");
    uint16_t network_id = network_of(plugin, request);
    g_autofree char *text = NULL, *why = NULL;
    struct vane_policy_problems problems = {0};
    size_t length = 0;
    int r;

    if (path[0] != '/')
        return plugin->host->commands->fail(request, -EINVAL,
                                            "the daemon needs the whole path, from / on");
    r = vane_policy_file_read(path, &text, &length, &why);
    if (r < 0)
        return plugin->host->commands->fail(request, r, why);
    r = vane_policy_runner_start(plugin, network_id, text, length, NULL, &problems, NULL);
    r = r < 0 ? refuse(plugin, request, r, path, &problems)
        : network_id == 0 && plugin->document
            ? done(plugin, request, "in force until the next reload, which takes %s",
                   plugin->document)
            : done(plugin, request, "in force for network %u", network_id);
    vane_policy_problems_clear(&problems);
    return r;
}

static int reread(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    int r;

    if (!plugin->document)
        return plugin->host->commands->fail(request, -ENOENT,
                                            "Document= is not set in [Plugin policy]");
    r = vane_policy_document_read(plugin);
    if (r < 0)
        return plugin->host->commands->fail(request, r,
                                            "the document is refused and the old one stays (the "
                                            "log says why, as does \"netvane policy check\")");
    return done(plugin, request, "%s is in force", plugin->document);
}

static int unload(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    uint16_t network_id = network_of(plugin, request);
    struct vane_policy_runner *runner = vane_policy_runner_find(plugin, network_id);

    if (!runner)
        return plugin->host->commands->fail(request, -ENOENT, "that network has no policy");
    vane_policy_runner_stop(runner, true);
    return done(plugin, request, "network %u has no policy any more", network_id);
}

static int cycle(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    struct vane_policy_runner *runner =
        vane_policy_runner_find(plugin, network_of(plugin, request));

    if (!runner)
        return plugin->host->commands->fail(request, -ENOENT, "that network has no policy");
    (void)vane_policy_manager_table.force_cycle(runner);
    return done(plugin, request, "cycle %" G_GUINT64_FORMAT, runner->cycles);
}

/* ---- all of them ---- */

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"policy", "rules that decide what may happen"},
    {"status", "each network's policy as a whole"},
    {"explain", "which rules matched, which did not, and why"},
    {"load", "put a document in force"},
    {"reload", "read Document= anew"},
    {"unload", "end a policy"},
    {"cycle", "have the rules on \"cycle\" run now"},
    {"network", "of another network than this machine"},
    {"ID", "the id of an event, or of a policy.denied"},
    {"FILE", "the whole path of a policy"},
    {"NETWORK", "the number of a network; 0 is this machine"},
    {"(0-65535)", "the number of a network; 0 is this machine"},
};

static const struct vane_command_column rule_columns[] = {
    {"NET", "network_id"},
    {"RULE", "rule"},
    {"ON", "on"},
    {"HITS", "hits"},
    {"ERRORS", "errors"},
    {"MEAN NS", "mean_ns"},
    {"LAST MATCH", "last_match"},
};

static const struct vane_command_column explain_columns[] = {
    {"SUBJECT", "subject"}, {"RULE", "rule"},   {"RESULT", "result"},
    {"BECAUSE", "because"}, {"VALUE", "value"}, {"VERDICT", "verdict"},
};

#define COLUMNS(array)                                                                             \
    .columns = (array), .column_size = sizeof((array)[0]), .column_count = ELEMENTS(array)

static const struct vane_command commands[] = {
    {.syntax = "show policy",
     .help = "Show the rules, how often they matched, and what they cost",
     COLUMNS(rule_columns),
     .run = show_rules},
    {.syntax = "show policy status",
     .help = "Show each network's policy: verdicts, tags, facts",
     .run = show_status},
    {.flags = VANE_COMMAND_PRIVILEGED,
     .syntax = "policy explain ID",
     .help = "Explain what the rules say to an event, and said when it led to something",
     COLUMNS(explain_columns),
     .run = vane_policy_explain_command},
    {.flags = VANE_COMMAND_CHANGES,
     .syntax = "policy load FILE [network NETWORK:(0-65535)]",
     .help = "Put a policy in force in the place of the one before",
     .run = load},
    {.flags = VANE_COMMAND_CHANGES,
     .syntax = "policy reload",
     .help = "Read the machine's own policy anew",
     .run = reread},
    {.flags = VANE_COMMAND_CHANGES,
     .syntax = "policy unload [network NETWORK:(0-65535)]",
     .help = "End a policy and forget its document",
     .run = unload},
    {.flags = VANE_COMMAND_CHANGES,
     .syntax = "policy cycle [network NETWORK:(0-65535)]",
     .help = "Have the rules on cycle run now",
     .run = cycle},
};

int vane_policy_commands_add(struct vane_policy_plugin *plugin)
{
    G_STATIC_ASSERT(ELEMENTS(commands) <= VANE_POLICY_COMMANDS);
    for (size_t i = 0; i < ELEMENTS(commands); i++) {
        struct vane_command command = commands[i];
        int r;

        command.size = sizeof(command);
        command.words = words;
        command.word_size = sizeof(words[0]);
        command.word_count = ELEMENTS(words);
        command.user = plugin;
        r = plugin->host->commands->add(plugin->self, &command, &plugin->commands[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

void vane_policy_commands_remove(struct vane_policy_plugin *plugin)
{
    for (size_t i = 0; i < VANE_POLICY_COMMANDS; i++)
        if (plugin->commands[i])
            (void)plugin->host->commands->remove(plugin->self,
                                                 g_steal_pointer(&plugin->commands[i]));
}
