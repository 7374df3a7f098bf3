/*
 * The golden plugin of API 1.0: built with the headers beside it, it uses every table a little and
 * says so once all of them have answered. It must load and work in every later host of this major.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <netvane/plugin.h>

/* What has to happen, in any order. */
static const char *const wanted[] = {"config",  "timer",    "watch",   "child line", "child exit",
                                     "post",    "work",     "event",   "links",      "port",
                                     "peer",    "gate",     "service", "command",    "signature",
                                     "unwatch", "log write"};

static struct {
    struct vane_self *self;
    const struct vane_host *host;
    uint32_t seen; /* a bit for each of `wanted` */
    struct vane_timer *timer;
    struct vane_watch *watch;
    struct vane_subscription *subscription;
    struct vane_service *service;
    struct vane_service_watch *service_watch;
    struct vane_port *port;
    struct vane_command_handle *command;
    int pipe[2];
} here;

static const struct vane_option options[] = {
    {.name = "Greeting", .type = VANE_OPTION_STRING, .default_value = "hello", .help = "A word"},
};

static const struct table {
    uint32_t size, version;
    int (*answer)(void *provider);
} service_table;

static void saw(const char *what)
{
    const uint32_t count = sizeof(wanted) / sizeof(wanted[0]);
    const uint32_t before = here.seen;

    for (uint32_t i = 0; i < count; i++)
        if (strcmp(wanted[i], what) == 0)
            here.seen |= 1u << i;
    if (here.seen == before)
        return;
    here.host->log->print(here.self, VANE_LOG_NOTICE, "%s works", what);
    if (here.seen == (1u << count) - 1)
        here.host->log->print(here.self, VANE_LOG_NOTICE, "every table works");
}

static void on_post(void *user)
{
    saw("post");
}

static void on_timer(void *user)
{
    uint64_t now;

    if (here.host->loop->now(&now) < 0 || here.host->loop->post(here.self, on_post, NULL) < 0)
        return;
    if (here.host->loop->timer_stop(here.self, here.timer) == 0)
        saw("timer");
}

static void on_watch(void *user, int fd, uint32_t events)
{
    char byte;

    if ((events & VANE_READABLE) && read(fd, &byte, 1) == 1)
        saw("watch");
    if (here.host->loop->watch_stop(here.self, here.watch) == 0)
        saw("unwatch");
}

static void on_line(void *user, const char *line, size_t length, uint32_t error)
{
    if (length == 6 && memcmp(line, "golden", 6) == 0 && !error)
        saw("child line");
}

static void on_exit_status(void *user, const struct vane_child_status *status)
{
    if (status->exit_status == 3 && status->signal == 0 && !status->timed_out)
        saw("child exit");
}

static void body(void *user)
{
}

static void finished(void *user)
{
    saw("work");
}

static int use_loop(void)
{
    static const char *const arguments[] = {"sh", "-c", "echo golden; exit 3", NULL};
    const struct vane_loop *loop = here.host->loop;
    struct vane_spawn spawn = {.size = sizeof(spawn),
                               .path = "/bin/sh",
                               .arguments = arguments,
                               .timeout_ms = 60000,
                               .output = on_line,
                               .exited = on_exit_status};
    int r = pipe(here.pipe) < 0 || write(here.pipe[1], "x", 1) != 1 ? -errno : 0;

    if (r == 0)
        r = loop->timer_start(here.self, 1, 1, on_timer, NULL, &here.timer);
    if (r == 0)
        r = loop->watch_start(here.self, here.pipe[0], VANE_READABLE, on_watch, NULL, &here.watch);
    if (r == 0)
        r = loop->spawn(here.self, &spawn, NULL);
    return r < 0 ? r : loop->work(here.self, body, finished, NULL);
}

static int use_config(void)
{
    const char *greeting;
    int r = here.host->config->get_string(here.self, NULL, "Greeting", &greeting);

    if (r == 0 && strcmp(greeting, "hello") == 0)
        saw("config");
    return r;
}

static int on_event(void *user, const struct vane_event *event)
{
    const struct vane_bus *bus = here.host->bus;
    const struct vane_payload *payload = bus->event_payload(event);
    const char *word, *text;
    int64_t number;
    size_t length;

    if (bus->get_string(payload, "word", &word) == 0 &&
        bus->get_int64(payload, "number", &number) == 0 && strcmp(word, "one") == 0 &&
        number == 1 && bus->event_json(event, &text, &length) == 0 && length == strlen(text) &&
        bus->event_seq(event) > 0 && strcmp(bus->event_topic(event), "golden.event") == 0)
        saw("event");
    return VANE_OK;
}

static int use_bus(void)
{
    const struct vane_field fields[] = {vane_string("word", "one"), vane_int64("number", 1)};
    const struct vane_fields payload = VANE_FIELDS(fields);
    const struct vane_subscribe subscribe = {.size = sizeof(subscribe), .queue_length = 8};
    const struct vane_bus *bus = here.host->bus;
    int r = bus->subscribe(here.self, "golden.>", &subscribe, on_event, NULL, &here.subscription);

    return r < 0 ? r : bus->publish(here.self, "golden.event", &payload, NULL, NULL);
}

static int use_log(void)
{
    const struct vane_field fields[] = {vane_string("interface_name", "lo")};
    const struct vane_fields list = VANE_FIELDS(fields);

    if (here.host->log->enabled(here.self, VANE_LOG_ERROR) == 1 &&
        here.host->log->write(here.self, VANE_LOG_NOTICE, "greets", &list) == 0)
        saw("log write");
    return 0;
}

static int use_links(void)
{
    const struct vane_payload *link;
    const char *name;
    uint32_t index;

    if (here.host->links->get_by_name(here.self, "lo", &link) < 0)
        return 0;
    if (here.host->bus->get_string(link, "interface_name", &name) == 0 && strcmp(name, "lo") == 0 &&
        here.host->links->index_of(here.self, "lo", -1, &index) == 0)
        saw("links");
    here.host->bus->payload_unref(link);
    return 0;
}

static void on_bytes(void *user, struct vane_connection *connection, const void *data,
                     size_t length)
{
    struct vane_connection_info info = {.size = sizeof(info)};

    if (here.host->ports->info(here.self, connection, &info) == 0 && info.pid == getpid() &&
        length == 4)
        saw("peer");
    here.host->ports->close(here.self, connection, 0);
}

static void on_connected(void *user, struct vane_connection *connection, int error)
{
    if (error == 0 && here.host->ports->send(here.self, connection, "ping", 4) == 0)
        saw("port");
}

static int use_ports(void)
{
    const struct vane_ports *ports = here.host->ports;
    const struct vane_port_events server = {.size = sizeof(server), .received = on_bytes};
    const struct vane_port_events client = {.size = sizeof(client), .connected = on_connected};
    const struct vane_port_options port = {.size = sizeof(port), .mode = 0600};
    struct vane_connection *connection;
    const char *directory;
    char address[256];
    int r = here.host->config->runtime_directory(here.self, &directory);

    if (r < 0)
        return r;
    snprintf(address, sizeof(address), "unix:%s/golden-1-0", directory);
    r = ports->listen(here.self, address, &port, &server, NULL, &here.port);
    return r < 0 ? r : ports->dial(here.self, address, NULL, &client, NULL, &connection);
}

static int use_gate(void)
{
    const struct vane_gate_request request = {.size = sizeof(request),
                                              .origin = VANE_ORIGIN_LOCAL,
                                              .access = VANE_ACCESS_READ,
                                              .action = "golden.look"};
    struct vane_verdict verdict = {.size = sizeof(verdict)};

    if (here.host->gate->check(here.self, &request, &verdict) == 1 && verdict.allowed)
        saw("gate");
    return 0;
}

static void on_service(void *user, const void *table, void *provider)
{
    if (table == &service_table && provider == &here)
        saw("service");
}

static int use_services(void)
{
    const struct vane_services *services = here.host->services;
    int r = services->watch(here.self, "golden", 1, on_service, NULL, &here.service_watch);

    return r < 0 ? r
                 : services->offer(here.self, "golden", 1, &service_table, &here, &here.service);
}

static int run(void *user, struct vane_request *request)
{
    return here.host->commands->reply(request, "{\"golden\":true}", 15);
}

static void on_result(void *user, int error, const char *text, size_t length)
{
    if (error == 0 && length > 0 && strstr(text, "golden"))
        saw("command");
}

static int use_commands(void)
{
    static const struct vane_command_word help[] = {{"golden-1-0", "The golden plugin"}};
    const struct vane_command command = {.size = sizeof(command),
                                         .syntax = "show golden-1-0",
                                         .help = "Shows that the golden plugin is there",
                                         .words = help,
                                         .word_size = sizeof(help[0]),
                                         .word_count = 1,
                                         .run = run};
    const char *const words[] = {"show", "golden-1-0"};
    int r = here.host->commands->add(here.self, &command, &here.command);

    return r < 0 ? r
                 : here.host->commands->execute(here.self, words, 2, 0, 1, NULL, on_result, NULL);
}

static int use_identity(void)
{
    const struct vane_identity *identity = here.host->identity;
    uint8_t signature[VANE_SIGNATURE_SIZE];
    uint32_t id = 0;

    if (identity->node_id(here.self, &id) == 0 && id != 0 && identity->host_version()[0] &&
        identity->sign(here.self, "golden", "data", 4, signature) == 0)
        saw("signature");
    return 0;
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    static int (*const steps[])(void) = {use_config,   use_log,     use_loop, use_bus,
                                         use_links,    use_ports,   use_gate, use_services,
                                         use_commands, use_identity};

    here.self = self;
    here.host = host;
    here.seen = 0;
    for (uint32_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int r = steps[i]();

        if (r < 0) {
            host->log->print(self, VANE_LOG_ERROR, "step %u fails", i);
            return r;
        }
    }
    return 0;
}

static int reload(struct vane_self *self)
{
    return 0;
}

static int shutdown(struct vane_self *self)
{
    here.host->bus->unsubscribe(self, here.subscription);
    here.host->services->unwatch(self, here.service_watch);
    here.host->services->withdraw(self, here.service);
    here.host->ports->unbind(self, here.port);
    here.host->commands->remove(self, here.command);
    close(here.pipe[0]);
    close(here.pipe[1]);
    return 0;
}

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD("golden-1-0", "1.0"),
    .description = "Uses every table of API 1.0",
    .licence = "MIT",
    VANE_PLUGIN_OPTIONS(options),
    .init = init,
    .reload = reload,
    .shutdown = shutdown,
};
VANE_PLUGIN(plugin)
