/* Asks what it is told to: the gate, and the service of the policies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netvane/services/policy.h>

#include "plugin.h"

#define FACTS_MAX 16

static struct vane_self *self_;
static const struct vane_host *host_;
static const struct vane_policy_manager *manager;
static void *provider;

/* "name=text name=7": cut in place. */
static uint32_t read_facts(char *text, struct vane_field *fields)
{
    uint32_t count = 0;
    char *rest = NULL;

    for (char *word = strtok_r(text, " ", &rest); word && count < FACTS_MAX;
         word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');

        if (!value)
            continue;
        *value++ = '\0';
        fields[count++] = value[0] && value[strspn(value, "0123456789")] == '\0'
                              ? vane_int64(word, strtoll(value, NULL, 10))
                              : vane_string(word, value);
    }
    return count;
}

static int reply(struct vane_request *request, const char *text)
{
    return host_->commands->reply(request, text, strlen(text));
}

/* With "times" the last answer counts. */
static int ask(void *user, struct vane_request *request)
{
    const char *facts_text = host_->commands->argument(request, "FACTS");
    char *copy = strdup(facts_text ? facts_text : "");
    struct vane_field fields[FACTS_MAX];
    const struct vane_fields facts = {sizeof(fields[0]), read_facts(copy, fields), fields};
    const char *origin = host_->commands->argument(request, "ORIGIN");
    struct vane_verdict verdict = {.size = sizeof(verdict)};
    const struct vane_gate_request question = {
        .size = sizeof(question),
        .origin = strcmp(origin, "remote") == 0 ? VANE_ORIGIN_REMOTE : VANE_ORIGIN_LOCAL,
        .access = VANE_ACCESS_CHANGE,
        .action = host_->commands->argument(request, "ACTION"),
        .facts = &facts,
    };
    char text[512];
    int r = host_->gate->check(self_, &question, &verdict);

    free(copy);
    snprintf(text, sizeof(text), "{\"allowed\":%d,\"rule\":\"%s\",\"reason\":\"%s\"}", r,
             verdict.rule, verdict.reason);
    return reply(request, text);
}

/* The mean nanoseconds of many questions that are one, asked because of an event as scripts do. */
static int measure(void *user, struct vane_request *request)
{
    const struct vane_field fields[] = {
        vane_string("script", "/etc/netvane/routable.d/50-hello"),
        vane_string("state", "routable"),
        vane_string("interface_name", "eth0"),
        vane_int64("interface_index", 2),
    };
    const struct vane_fields facts = VANE_FIELDS(fields);
    struct vane_gate_request question = {.size = sizeof(question),
                                         .access = VANE_ACCESS_CHANGE,
                                         .action = "script.run",
                                         .facts = &facts};
    const struct vane_event *event = NULL;
    uint64_t count = strtoull(host_->commands->argument(request, "COUNT"), NULL, 10), before, after;
    char text[64];
    int r = host_->bus->publish(self_, "asks.cause", &facts, NULL, &event);

    if (r < 0)
        return r;
    question.cause = event;
    (void)host_->loop->now(&before);
    for (uint64_t i = 0; i < count; i++)
        (void)host_->gate->check(self_, &question, NULL);
    (void)host_->loop->now(&after);
    host_->bus->event_unref(event);
    snprintf(text, sizeof(text), "{\"ns\":%.1f}", (double)(after - before) / (double)count);
    return reply(request, text);
}

static int publish(void *user, struct vane_request *request)
{
    const char *facts_text = host_->commands->argument(request, "FACTS");
    char *copy = strdup(facts_text ? facts_text : "");
    struct vane_field fields[FACTS_MAX];
    const struct vane_fields facts = {sizeof(fields[0]), read_facts(copy, fields), fields};
    const struct vane_event *event = NULL;
    char text[128] = "{}";
    int r = host_->bus->publish(self_, host_->commands->argument(request, "TOPIC"), &facts, NULL,
                                &event);

    free(copy);
    if (r < 0)
        return r;
    snprintf(text, sizeof(text), "{\"id\":\"%s\"}", host_->bus->event_id(event));
    host_->bus->event_unref(event);
    return reply(request, text);
}

static void on_problem(void *user, const char *rule, uint64_t line, uint64_t column,
                       const char *message)
{
    ++*(unsigned *)user;
}

/* Every function of the service, in a life of network 7. */
static int service(void *user, struct vane_request *request)
{
    static const char good[] =
        "{\"version\":1,\"rules\":[{\"name\":\"ssh\",\"on\":\"connect\",\"match\":"
        "\"port == 22 && has_tag(peer_tags, 'ops')\",\"actions\":[{\"type\":\"allow\"}]},"
        "{\"name\":\"rest\",\"on\":\"connect\",\"actions\":[{\"type\":\"deny\"}]},"
        "{\"name\":\"in\",\"on\":\"join\",\"actions\":[{\"type\":\"tag\",\"params\":"
        "{\"target\":\"peer\",\"add\":[\"ops\"]}},{\"type\":\"evict\"}]}]}";
    static const char bad[] = "{\"version\":1,\"rules\":[{},{}]}";
    const struct vane_field joined[] = {vane_int64("peer_id", 9)};
    const struct vane_fields facts = VANE_FIELDS(joined);
    struct vane_policy_port port = {
        .size = sizeof(port), .port = 22, .event_type = VANE_POLICY_EVENT_CONNECT, .peer_id = 9};
    struct vane_policy_runner *runner = NULL;
    unsigned problems = 0;
    const char *json;
    char text[256];
    size_t length;
    int before, after, found;

    if (!manager)
        return -ENOENT;
    if (manager->start(provider, 7, good, strlen(good), NULL, NULL, &runner) < 0)
        return -EIO;
    before = manager->evaluate_port_gate(runner, &port);
    (void)manager->evaluate_actions(runner, VANE_POLICY_EVENT_JOIN, &facts);
    after = manager->evaluate_port_gate(runner, &port);
    if (manager->start(provider, 7, bad, strlen(bad), on_problem, &problems, &runner) != -EINVAL ||
        manager->policy_json(runner, &json, &length) < 0 || strcmp(json, good) != 0 ||
        manager->network_id(runner) != 7 || manager->has_member(runner, 9) != 0 ||
        manager->force_cycle(runner) < 0 || manager->reconcile_now(runner) < 0 ||
        manager->peer_list(runner, &json, &length) < 0 ||
        manager->status(runner, &json, &length) < 0)
        return -EIO;
    found = manager->all(provider, 0, &runner) == 0;
    snprintf(text, sizeof(text),
             "{\"before\":%d,\"after\":%d,\"problems\":%u,\"found\":%d,\"cycles\":%d}", before,
             after, problems, found, strstr(json, "\"cycles\":1") != NULL);
    return reply(request, text);
}

/* What the service says of a machine in a network: {"member","passes","peers"}. */
static int runner(void *user, struct vane_request *request)
{
    struct vane_policy_port port = {
        .size = sizeof(port),
        .port = 80,
        .event_type = VANE_POLICY_EVENT_CONNECT,
        .peer_id = (uint32_t)strtoul(host_->commands->argument(request, "PEER"), NULL, 10),
    };
    struct vane_policy_runner *found = NULL;
    const char *json;
    size_t length;
    char text[8192];
    int member;

    if (!manager || manager->get(provider, 7, &found) < 0)
        return -ENOENT;
    member = manager->has_member(found, port.peer_id);
    if (manager->reconcile_now(found) < 0 || manager->force_cycle(found) < 0 ||
        manager->peer_list(found, &json, &length) < 0)
        return -EIO;
    snprintf(text, sizeof(text), "{\"member\":%d,\"passes\":%d,\"peers\":%s}", member,
             manager->evaluate_port_gate(found, &port), json);
    return reply(request, text);
}

static void on_service(void *user, const void *table, void *theirs)
{
    manager = table;
    provider = theirs;
}

static const struct vane_command_word words[] = {
    {"ask", "ask"},      {"gate", "the gate"},          {"publish", "an event"},
    {"service", "life"}, {"measure", "mean"},           {"runner", "of network 7"},
    {"PEER", "its id"},  {"ORIGIN", "local or remote"}, {"ACTION", "of the gate"},
    {"TOPIC", "topic"},  {"COUNT", "how often"},        {"FACTS", "name=value"},
};

static int add(const char *syntax, int (*run)(void *user, struct vane_request *request))
{
    const struct vane_command command = {
        .size = sizeof(command),
        .syntax = syntax,
        .help = "A test's",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = sizeof(words) / sizeof(words[0]),
        .run = run,
    };

    return host_->commands->add(self_, &command, NULL);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_service_watch *watch;

    self_ = self;
    host_ = host;
    if (add("ask gate ORIGIN ACTION [FACTS...]", ask) < 0 ||
        add("ask publish TOPIC [FACTS...]", publish) < 0 || add("ask measure COUNT", measure) < 0 ||
        add("ask service", service) < 0 || add("ask runner PEER", runner) < 0)
        return -EIO;
    return host->services->watch(self, VANE_POLICY_SERVICE, VANE_POLICY_VERSION, on_service, NULL,
                                 &watch);
}

static int shutdown(struct vane_self *self)
{
    return 0;
}

TEST_PLUGIN(.init = init, .shutdown = shutdown)
