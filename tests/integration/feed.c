/*
 * A plugin for tests and benchmarks that publishes events on command, in bursts or in a stream, and
 * writes down each one as it was published, so that a killed daemon's journal can be compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <netvane/host.h>
#include <netvane/plugin.h>
#include <netvane/services/journal.h>

#define PACE 20000u /* events that may wait in the journal when the stream is paced */

static const struct vane_host *host;
static struct vane_self *me;
static int record = -1;
static uint64_t left, number, turn;
static struct vane_request *waiting;
static struct vane_command_handle *handles[2];
static struct vane_service_watch *watch;
static const struct vane_journal *journal;
static void *journal_provider;
static int paced;
static struct vane_timer *timer;

static const struct vane_option options[] = {
    {.name = "Record", .type = VANE_OPTION_PATH, .help = "Where each event is written down"},
    {.name = "Pour", .type = VANE_OPTION_BOOL, .default_value = "no", .help = "Never stop"},
};

static void write_down(const struct vane_event *event)
{
    struct iovec parts[2] = {{NULL, 0}, {(char *)"\n", 1}};
    const char *json;

    if (record < 0 || host->bus->event_json(event, &json, &parts[0].iov_len) < 0)
        return;
    parts[0].iov_base = (void *)json;
    if (writev(record, parts, 2) < 0)
        abort();
}

static const struct vane_event *publish(const char *topic, const struct vane_event *cause)
{
    char name[16], text[300];
    const struct vane_event *event = NULL;

    snprintf(name, sizeof(name), "feed%d", (int)(number % 4));
    memset(text, 'a' + (int)(number % 26), sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    {
        const struct vane_field fields[] = {vane_string("interface_name", name),
                                            vane_uint64("number", number++),
                                            vane_string("text", text)};
        const struct vane_fields payload = VANE_FIELDS(fields);

        if (host->bus->publish(me, topic, &payload, cause, &event) < 0)
            return NULL;
    }
    write_down(event);
    return event;
}

static void publish_some(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        const struct vane_event *event = publish("feed.tick", NULL);

        if (event)
            host->bus->event_unref(event);
    }
}

static void on_journal(void *user, const void *table, void *provider)
{
    journal = table;
    journal_provider = provider;
}

static int journal_is_behind(void)
{
    struct vane_journal_state state = {.size = sizeof(state)};

    return paced && journal && journal->state(journal_provider, &state) == 0 &&
           state.pending > PACE;
}

static void on_turn(void *user)
{
    uint64_t now = left < turn ? left : turn;

    if (journal_is_behind()) {
        host->loop->timer_start(me, 1, 0, on_turn, NULL, NULL);
        return;
    }
    publish_some(now);
    left -= now;
    if (left > 0) {
        host->loop->post(me, on_turn, NULL);
    } else if (waiting) {
        host->commands->reply(waiting, "{}", 2);
        waiting = NULL;
    }
}

/* All at once, or so many a turn of the loop, or no faster than the journal writes. */
static int feed(void *user, struct vane_request *request)
{
    const char *each = host->commands->argument(request, "EACH");

    left = strtoull(host->commands->argument(request, "COUNT"), NULL, 10);
    turn = each ? strtoull(each, NULL, 10) : left;
    paced = host->commands->argument(request, "paced") != NULL;
    waiting = request;
    host->loop->post(me, on_turn, NULL);
    return -EINPROGRESS;
}

/* A root, three that it led to, and two that each of those led to. */
static int story(void *user, struct vane_request *request)
{
    const struct vane_event *root = publish("feed.root", NULL);
    char reply[128];

    for (int i = 0; i < 3; i++) {
        const struct vane_event *child = publish("feed.child", root);

        for (int j = 0; j < 2; j++)
            host->bus->event_unref(publish("feed.grandchild", child));
        host->bus->event_unref(child);
    }
    snprintf(reply, sizeof(reply), "{\"id\":\"%s\"}", host->bus->event_id(root));
    host->bus->event_unref(root);
    return host->commands->reply(request, reply, strlen(reply));
}

static void on_pour(void *user)
{
    publish_some(8);
}

static int init(struct vane_self *self, const struct vane_host *tables)
{
    static const struct vane_command_word words[] = {{"feed", "Publish events"},
                                                     {"(1-100000000)", "How many"},
                                                     {"each", "A turn of the loop"},
                                                     {"(1-100000)", "How many"},
                                                     {"story", "Some that cause each other"},
                                                     {"paced", "As fast as the journal"}};
    struct vane_command command = {.size = sizeof(command),
                                   .syntax =
                                       "feed COUNT:(1-100000000) [each EACH:(1-100000) [paced]]",
                                   .help = "Publish events",
                                   .words = words,
                                   .word_size = sizeof(words[0]),
                                   .word_count = 6,
                                   .run = feed};
    const char *path;
    uint32_t pours = 0;
    int r;

    me = self;
    host = tables;
    if (host->config->get_string(self, NULL, "Record", &path) == 0)
        record = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    r = host->commands->add(self, &command, &handles[0]);
    command.syntax = "feed story";
    command.run = story;
    if (r == 0)
        r = host->commands->add(self, &command, &handles[1]);
    (void)host->config->get_bool(self, NULL, "Pour", &pours);
    if (r == 0)
        r = host->services->watch(self, VANE_JOURNAL_SERVICE, VANE_JOURNAL_VERSION, on_journal,
                                  NULL, &watch);
    if (r == 0 && pours)
        r = host->loop->timer_start(self, 1, 1, on_pour, NULL, &timer);
    return r;
}

static int shutdown(struct vane_self *self)
{
    if (timer)
        host->loop->timer_stop(self, timer);
    timer = NULL;
    host->services->unwatch(self, watch);
    host->commands->remove(self, handles[0]);
    host->commands->remove(self, handles[1]);
    if (record >= 0)
        close(record);
    record = -1;
    return 0;
}

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD("feed", "1.0"),
    .description = "Publishes events for tests",
    .licence = "MIT",
    VANE_PLUGIN_OPTIONS(options),
    .init = init,
    .shutdown = shutdown,
};
VANE_PLUGIN(plugin)
