/* `policy ...`, and the table of all commands. See policy.h. */
#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "lib/text/number.h"
#include "plugins/policy/policy.h"

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
    return vane_policy_reply(plugin, request, &json);
}

static int refuse(const struct vane_policy_loading *loading, struct vane_request *request)
{
    g_autofree char *text = vane_policy_loading_text(loading);

    return loading->plugin->host->commands->fail(request, loading->result, text);
}

static void on_loaded(struct vane_policy_loading *loading)
{
    const struct vane_policy_plugin *plugin = loading->plugin;

    if (loading->result < 0)
        (void)refuse(loading, loading->user);
    else if (loading->network_id == 0 && plugin->settings.document)
        (void)done(plugin, loading->user, "in force until the next reload, which takes %s",
                   plugin->settings.document);
    else
        (void)done(plugin, loading->user, "in force for network %u", loading->network_id);
}

static int load(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    const char *path = plugin->host->commands->argument(request, "FILE");

    if (path[0] != '/')
        return plugin->host->commands->fail(request, -EINVAL,
                                            "the daemon needs the whole path, from / on");
    if (plugin->loadings.length >= VANE_POLICY_LOADINGS)
        return plugin->host->commands->fail(request, -EAGAIN,
                                            "too many documents wait to be read; try again");
    vane_policy_loading_begin(
        vane_policy_loading_new(plugin, network_of(plugin, request), path, on_loaded, request));
    return -EINPROGRESS;
}

static void on_reread(struct vane_policy_loading *loading)
{
    vane_policy_loading_log(loading);
    if (loading->result < 0)
        (void)refuse(loading, loading->user);
    else
        (void)done(loading->plugin, loading->user, "%s is in force", loading->path);
}

static int reread(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;

    if (!plugin->settings.document)
        return plugin->host->commands->fail(request, -ENOENT,
                                            "Document= is not set in [Plugin policy]");
    if (plugin->loadings.length >= VANE_POLICY_LOADINGS)
        return plugin->host->commands->fail(request, -EAGAIN,
                                            "too many documents wait to be read; try again");
    vane_policy_document_read(plugin, plugin->settings.document, on_reread, request);
    return -EINPROGRESS;
}

static int unload(void *user, struct vane_request *request)
{
    struct vane_policy_plugin *plugin = user;
    uint16_t network_id = network_of(plugin, request);
    struct vane_policy_runner *runner = vane_policy_runner_find(plugin, network_id);

    if (!runner && !vane_policy_is_loading(plugin, network_id))
        return plugin->host->commands->fail(request, -ENOENT, "that network has no policy");
    vane_policy_loadings_cancel(plugin, network_id);
    if (runner)
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
    if (!vane_policy_cycle(runner))
        return plugin->host->commands->fail(request, -EALREADY,
                                            "the cycle before is still under way");
    return done(plugin, request, "cycle %" G_GUINT64_FORMAT, runner->cycles);
}

/* ---- all of them ---- */

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"policy", "rules that decide what may happen"},
    {"rule", "one rule"},
    {"NAME", "the name of a rule"},
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
    {"members", "who is in the networks, who is not, and why"},
    {"evict", "put a machine out of a network"},
    {"readmit", "take an eviction back"},
    {"PEER", "the name or NKey of a machine"},
    {"for", "until that time is over, even if it joins anew"},
    {"TIME", "a span of time, as 1h"},
};

static const struct vane_command_column member_columns[] = {
    {"Network", "network_id"}, {"Name", "name"},   {"Standing", "standing"}, {"Trusted", "trusted"},
    {"Age", "age_s"},          {"Since", "since"}, {"Until", "until"},       {"Rule", "rule"},
    {"Reason", "reason"},      {"Tags", "tags"},   {"NKey", "nkey"},
};

static const struct vane_command_column rule_columns[] = {
    {"Network", "network_id"},
    {"Rule", "rule"},
    {"On", "on"},
    {"Hits", "hits"},
    {"Errors", "errors"},
    {"Mean (ns)", "mean_ns"},
    {"Last match", "last_match"},
};

static const struct vane_command_column explain_columns[] = {
    {"Subject", "subject"}, {"Rule", "rule"}, {"Result", "result"},   {"Because", "because"},
    {"Value", "value"},     {"With", "with"}, {"Verdict", "verdict"},
};

#define COLUMNS(array)                                                                             \
    .columns = (array), .column_size = sizeof((array)[0]), .column_count = ELEMENTS(array)

static const struct vane_command commands[] = {
    {.syntax = "show policy",
     .help = "Show the rules, how often they matched, and what they cost",
     COLUMNS(rule_columns),
     .run = vane_policy_show_rules},
    {.syntax = "show policy rule NAME",
     .help = "Show one rule: what it says, how often it matched, what failed last",
     .run = vane_policy_show_rules,
     .complete = vane_policy_offer_rules},
    {.syntax = "show policy status",
     .help = "Show each network's policy: verdicts, tags, facts",
     .run = vane_policy_show_status},
    {.syntax = "show policy members [network NETWORK:(0-65535)]",
     .help = "Show who is a member of the networks, who is not, and why",
     COLUMNS(member_columns),
     .run = vane_policy_show_members},
    {.flags = VANE_COMMAND_CHANGES,
     .syntax = "policy evict PEER network NETWORK:(0-65535) [for TIME]",
     .help = "Put a machine out of a network, until it joins anew or a time is over",
     .run = vane_policy_evict_command,
     .complete = vane_policy_offer_peers},
    {.flags = VANE_COMMAND_CHANGES,
     .syntax = "policy readmit PEER network NETWORK:(0-65535)",
     .help = "Take an eviction back: the rules on join are asked",
     .run = vane_policy_readmit_command,
     .complete = vane_policy_offer_peers},
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
