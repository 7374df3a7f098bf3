/* Loads policies that are long through the service, and counts the turns of the loop meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netvane/services/policy.h>

#include "plugin.h"

#define ROOM (4u << 20)
#define HEAD "{\"version\":1,\"rules\":["

static struct vane_self *self_;
static const struct vane_host *host_;
static const struct vane_policy_manager *manager;
static void *provider;
static struct vane_request *asked;
static unsigned turns, problems;

/* Rules of which, with "bad", each has a mistake. */
static size_t write_document(char *text, unsigned rules, int bad)
{
    size_t length = (size_t)sprintf(text, HEAD);

    for (unsigned i = 0; i < rules; i++)
        length +=
            (size_t)sprintf(text + length,
                            "%s{\"name\":\"r%u\",\"on\":\"script.run\",\"match\":\"%s == 'eth%u'\","
                            "\"actions\":[{\"type\":\"deny\"}]}",
                            i ? "," : "", i, bad ? "interface_nam" : "interface_name", i);
    return length + (size_t)sprintf(text + length, "]}");
}

static void on_turn(void *user)
{
    turns++;
    if (asked)
        (void)host_->loop->post(self_, on_turn, NULL);
}

static void on_problem(void *user, const char *rule, uint64_t line, uint64_t column,
                       const char *message)
{
    if (rule && line == 1 && column > 1 && strstr(message, "did you mean \"interface_name\""))
        problems++;
}

static void on_ended(void *user, int error, struct vane_policy_runner *runner)
{
    struct vane_request *request = asked;
    char text[128];

    asked = NULL;
    snprintf(text, sizeof(text), "{\"error\":%d,\"turns\":%u,\"problems\":%u,\"runs\":%d}", error,
             turns, problems, runner && manager->network_id(runner) == 7);
    (void)host_->commands->reply(request, text, strlen(text));
}

static int load_many(struct vane_request *request, int bad)
{
    const struct vane_policy_waiter how = {
        .size = sizeof(how), .problem = on_problem, .ended = on_ended};
    unsigned rules = (unsigned)atoi(host_->commands->argument(request, "RULES"));
    char *text = malloc(ROOM);
    size_t length = write_document(text, rules, bad);
    int r = -EIO;

    turns = problems = 0;
    asked = request;
    if (manager->start(provider, 7, text, length, on_problem, NULL, NULL) == -EFBIG)
        r = manager->load(provider, 7, text, length, &how, NULL, NULL);
    free(text);
    if (r < 0)
        return r;
    (void)host_->loop->post(self_, on_turn, NULL);
    return -EINPROGRESS;
}

static int good(void *user, struct vane_request *request)
{
    return load_many(request, 0);
}

static int bad(void *user, struct vane_request *request)
{
    return load_many(request, 1);
}

/* Stopped before it is in force; and one that nobody waits for. */
static int dropped(void *user, struct vane_request *request)
{
    const struct vane_policy_waiter how = {.size = sizeof(how), .ended = on_ended};
    struct vane_policy_loading *loading;
    char text[256];
    size_t length = write_document(text, 1, 0);

    turns = problems = 0;
    asked = request;
    if (manager->load(provider, 8, text, length, &how, NULL, &loading) < 0 ||
        manager->leave(loading) < 0 ||
        manager->load(provider, 7, text, length, &how, NULL, NULL) < 0 ||
        manager->start(provider, 7, text, length, NULL, NULL, NULL) != -EBUSY ||
        manager->stop(provider, 7) < 0)
        return -EIO;
    return -EINPROGRESS;
}

static void on_service(void *user, const void *table, void *theirs)
{
    manager = table;
    provider = theirs;
}

static const struct vane_command_word words[] = {
    {"load", "load"}, {"good", "a sound one"},        {"bad", "a broken one"},
    {"RULES", "n"},   {"dropped", "stopped at once"},
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
    if (add("load good RULES", good) < 0 || add("load bad RULES", bad) < 0 ||
        add("load dropped", dropped) < 0)
        return -EIO;
    return host->services->watch(self, VANE_POLICY_SERVICE, VANE_POLICY_VERSION, on_service, NULL,
                                 &watch);
}

static int shutdown(struct vane_self *self)
{
    return 0;
}

TEST_PLUGIN(.init = init, .shutdown = shutdown)
