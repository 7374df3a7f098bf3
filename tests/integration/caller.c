/* A plugin for tests that uses the service of webhooks: sets the URL, and answers what it counts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <netvane/host.h>
#include <netvane/plugin.h>
#include <netvane/services/webhook.h>

static const struct vane_host *host;
static struct vane_command_handle *handle;
static struct vane_service_watch *watch;
static const struct vane_webhook *webhook;
static void *provider;

static void on_service(void *user, const void *table, void *given)
{
    webhook = table;
    provider = given;
}

static int call(void *user, struct vane_request *request)
{
    struct vane_webhook_stats stats = {.size = sizeof(stats)};
    int result = webhook->set_url(provider, host->commands->argument(request, "URL"));
    char reply[256];

    webhook->stats(provider, &stats);
    snprintf(reply, sizeof(reply),
             "{\"result\":%d,\"endpoints\":%" PRIu32 ",\"accepted\":%" PRIu64
             ",\"delivered\":%" PRIu64 ",\"failed\":%" PRIu64 "}",
             result, stats.endpoints, stats.accepted, stats.delivered, stats.failed);
    return host->commands->reply(request, reply, strlen(reply));
}

static int init(struct vane_self *self, const struct vane_host *tables)
{
    static const struct vane_command_word words[] = {{"caller", "Call the webhook service"},
                                                     {"URL", "Where events go"}};
    const struct vane_command command = {.size = sizeof(command),
                                         .syntax = "caller [URL]",
                                         .help = "Set the URL",
                                         .words = words,
                                         .word_size = sizeof(words[0]),
                                         .word_count = 2,
                                         .run = call};
    int r;

    host = tables;
    r = host->commands->add(self, &command, &handle);
    return r < 0 ? r
                 : host->services->watch(self, VANE_WEBHOOK_SERVICE, VANE_WEBHOOK_VERSION,
                                         on_service, NULL, &watch);
}

static int shutdown(struct vane_self *self)
{
    host->services->unwatch(self, watch);
    return host->commands->remove(self, handle);
}

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD("caller", "1.0"),
    .description = "Uses the service of webhooks",
    .licence = "MIT",
    .init = init,
    .shutdown = shutdown,
};
VANE_PLUGIN(plugin)
