/* The commands about endpoints. See webhook.h. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/json/writer.h"
#include "plugins/webhook/webhook.h"

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"webhook", "deliveries of events over HTTP"},
    {"list", "all endpoints"},
    {"pause", "keep events back until it is resumed"},
    {"resume", "go on with a paused, disabled or waiting endpoint at once"},
    {"test", "send an event now, and say what became of it"},
    {"set-url", "exchange the URL of the endpoint \"default\""},
    {"keys", "the public halves of the own signing keys"},
    {"rotate-key", "sign with a new key beside the old ones"},
    {"retire-keys", "sign with the newest key alone"},
    {"dead-letters", "events that could not be delivered"},
    {"replay", "try again"},
    {"delete", "forget them"},
    {"all", "all of them"},
    {"of", "only those of one endpoint"},
    {"NAME", "an endpoint, as in [Webhook NAME]"},
    {"NUMBER", "of a dead letter"},
    {"URL", "http: or https:; left out: none"},
};

static void complete(void *user, const char *parameter, struct vane_completion *completion)
{
    const struct vane_webhook_plugin *plugin = user;

    if (strcmp(parameter, "NAME") != 0)
        return;
    for (guint i = 0; i < plugin->endpoints->len; i++) {
        const struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];
        const struct vane_url *url = vane_endpoint_url(endpoint);

        if (url)
            (void)plugin->host->commands->offer(completion, endpoint->options->name, url->origin);
    }
}

int vane_webhook_command_add(struct vane_webhook_plugin *plugin, const char *syntax,
                             const char *help, uint32_t flags,
                             int (*run)(void *user, struct vane_request *request),
                             const struct vane_command_column *columns, uint32_t column_count)
{
    const struct vane_command command = {
        .size = sizeof(command),
        .flags = flags,
        .syntax = syntax,
        .help = help,
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = ELEMENTS(words),
        .columns = columns,
        .column_size = sizeof(*columns),
        .column_count = column_count,
        .run = run,
        .complete = complete,
        .user = plugin,
    };

    for (size_t i = 0; i < ELEMENTS(plugin->commands); i++)
        if (!plugin->commands[i])
            return plugin->host->commands->add(plugin->self, &command, &plugin->commands[i]);
    return -ENOSPC;
}

void vane_webhook_commands_remove(struct vane_webhook_plugin *plugin)
{
    for (size_t i = 0; i < ELEMENTS(plugin->commands); i++)
        if (plugin->commands[i])
            (void)plugin->host->commands->remove(plugin->self,
                                                 g_steal_pointer(&plugin->commands[i]));
}

struct vane_webhook_endpoint *vane_webhook_named(struct vane_webhook_plugin *plugin,
                                                 struct vane_request *request)
{
    const char *name = plugin->host->commands->argument(request, "NAME");
    struct vane_webhook_endpoint *endpoint = vane_endpoint_find(plugin, name);
    g_autofree char *text = NULL;

    if (endpoint && vane_endpoint_url(endpoint))
        return endpoint;
    text = g_strdup_printf(
        "there is no webhook endpoint %s; \"webhook list\" shows those there are", name);
    (void)plugin->host->commands->fail(request, -ENOENT, text);
    return NULL;
}

static int reply(const struct vane_webhook_plugin *plugin, struct vane_request *request,
                 struct vane_json *json)
{
    size_t length;
    const char *text = vane_json_text(json, &length);

    return plugin->host->commands->reply(request, text, length);
}

/* ---- showing ---- */

static const char *state_word(const struct vane_webhook_endpoint *endpoint)
{
    if (endpoint->state == VANE_ENDPOINT_PAUSED)
        return "paused";
    if (endpoint->state == VANE_ENDPOINT_DISABLED)
        return "disabled";
    if (vane_breaker_open(&endpoint->breaker))
        return "open";
    if (endpoint->patience > 0)
        return "waiting";
    return endpoint->attempts > 0 ? "retrying" : "working";
}

static void member_time(struct vane_json *json, const char *key, int64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / 1000000000);
    char text[32];
    struct tm tm;

    if (time_ns <= 0)
        return;
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
    vane_json_member_string(json, key, text);
}

static void write_state(struct vane_json *json, const struct vane_webhook_endpoint *endpoint)
{
    vane_json_member_string(json, "endpoint", endpoint->options->name);
    vane_json_member_string(json, "origin", vane_endpoint_url(endpoint)->origin);
    vane_json_member_string(json, "state", state_word(endpoint));
    vane_json_member_uint64(json, "pending", vane_endpoint_pending(endpoint));
    vane_json_member_uint64(json, "delivered", endpoint->delivered);
    vane_json_member_uint64(json, "failed", endpoint->failures);
    vane_json_member_uint64(json, "dropped", endpoint->dropped);
    vane_json_member_uint64(json, "dead_letters", endpoint->letters);
}

static int list(void *user, struct vane_request *request)
{
    const struct vane_webhook_plugin *plugin = user;
    _cleanup_(vane_json_clear) struct vane_json json = {0};

    vane_json_array_begin(&json);
    for (guint i = 0; i < plugin->endpoints->len; i++) {
        const struct vane_webhook_endpoint *endpoint = plugin->endpoints->pdata[i];

        if (!vane_endpoint_url(endpoint))
            continue;
        vane_json_object_begin(&json);
        write_state(&json, endpoint);
        vane_json_object_end(&json);
    }
    vane_json_array_end(&json);
    return reply(plugin, request, &json);
}

static void write_more(struct vane_json *json, const struct vane_webhook_endpoint *endpoint)
{
    const struct vane_webhook_endpoint_options *options = endpoint->options;
    const struct vane_webhook_message *first = g_queue_peek_head((GQueue *)&endpoint->window);

    vane_json_member_uint64(json, "accepted", endpoint->accepted);
    vane_json_member_uint64(json, "requests", endpoint->requests);
    vane_json_member_uint64(json, "exhausted", endpoint->buried);
    vane_json_member_uint64(json, "circuit_skips", endpoint->circuit_skips);
    if (endpoint->options->where)
        vane_json_member_uint64(json, "where_errors", endpoint->where_errors);
    vane_json_member_uint64(json, "attempts", endpoint->attempts);
    if (first)
        member_time(json, "oldest", first->time_ns);
    member_time(json, "next_attempt", endpoint->due_ns);
    member_time(json, "last_delivery", endpoint->last_delivery_ns);
    vane_json_member_uint64(json, "last_duration_ms", endpoint->last_duration_ns / 1000000);
    vane_json_member_int64(json, "last_status", endpoint->last_status);
    if (endpoint->reason)
        vane_json_member_string(json, "last_failure", endpoint->reason);
    vane_json_member_string(json, "format", vane_webhook_format_word(options->format));
    if (options->batch_size > 1)
        vane_json_member_uint64(json, "batch_size", options->batch_size);
    vane_json_member_string(json, "topics", options->topics);
    vane_json_member_uint64(json, "secrets", options->secrets->len);
    vane_json_member_bool(json, "own_key", options->own_key);
    if (endpoint->plugin->failing)
        vane_json_member_string(json, "outbox", endpoint->plugin->last_error);
    vane_json_member_uint64(json, "outbox_size", endpoint->plugin->facts.size);
}

static int show(void *user, struct vane_request *request)
{
    struct vane_webhook_plugin *plugin = user;
    const struct vane_webhook_endpoint *endpoint = vane_webhook_named(plugin, request);
    _cleanup_(vane_json_clear) struct vane_json json = {0};

    if (!endpoint)
        return 0;
    vane_json_object_begin(&json);
    write_state(&json, endpoint);
    write_more(&json, endpoint);
    vane_json_object_end(&json);
    return reply(plugin, request, &json);
}

/* ---- changing ---- */

static int done(const struct vane_webhook_plugin *plugin, struct vane_request *request)
{
    return plugin->host->commands->reply(request, "{}", 2);
}

static int pause_endpoint(void *user, struct vane_request *request)
{
    struct vane_webhook_plugin *plugin = user;
    struct vane_webhook_endpoint *endpoint = vane_webhook_named(plugin, request);

    if (!endpoint)
        return 0;
    endpoint->state = VANE_ENDPOINT_PAUSED;
    endpoint->changed = true;
    vane_report_state(endpoint, "webhook.paused", NULL,
                      "is paused, and keeps events until \"netvane webhook resume\"");
    vane_endpoint_pump(endpoint);
    vane_webhook_kick(plugin);
    return done(plugin, request);
}

static int resume(void *user, struct vane_request *request)
{
    struct vane_webhook_plugin *plugin = user;
    struct vane_webhook_endpoint *endpoint = vane_webhook_named(plugin, request);

    if (!endpoint)
        return 0;
    endpoint->state = VANE_ENDPOINT_ON;
    vane_report_state(endpoint, "webhook.resumed", NULL, "is resumed");
    vane_endpoint_hurry(endpoint);
    return done(plugin, request);
}

static int set_url(void *user, struct vane_request *request)
{
    struct vane_webhook_plugin *plugin = user;
    const char *url = plugin->host->commands->argument(request, "URL"), *why;
    g_autofree char *text = NULL;
    int r = vane_webhook_set_url(plugin, url ? url : "", &why);

    if (r == 0)
        return done(plugin, request);
    text = g_strdup_printf("the URL cannot be used: %s", why);
    return plugin->host->commands->fail(request, r, text);
}

static const struct vane_command_column columns[] = {
    {"Endpoint", "endpoint"},   {"Where", "origin"},
    {"State", "state"},         {"Pending", "pending"},
    {"Delivered", "delivered"}, {"Failed", "failed"},
    {"Dropped", "dropped"},     {"Dead letters", "dead_letters"},
};

int vane_webhook_commands_add(struct vane_webhook_plugin *plugin)
{
    const struct {
        const char *syntax, *help;
        uint32_t flags;
        int (*run)(void *user, struct vane_request *request);
        const struct vane_command_column *columns;
        uint32_t column_count;
    } commands[] = {
        {"webhook list", "Show where events are delivered to", 0, list, columns, ELEMENTS(columns)},
        {"show webhook NAME", "Show an endpoint and how its deliveries go", 0, show, NULL, 0},
        {"webhook pause NAME", "Keep events back until the endpoint is resumed",
         VANE_COMMAND_CHANGES, pause_endpoint, NULL, 0},
        {"webhook resume NAME", "Go on with an endpoint, at once", VANE_COMMAND_CHANGES, resume,
         NULL, 0},
        {"webhook set-url [URL]", "Exchange the URL of the endpoint \"default\"",
         VANE_COMMAND_CHANGES, set_url, NULL, 0},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < ELEMENTS(commands); i++)
        r = vane_webhook_command_add(plugin, commands[i].syntax, commands[i].help,
                                     commands[i].flags, commands[i].run, commands[i].columns,
                                     commands[i].column_count);
    return r;
}
