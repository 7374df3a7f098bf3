/* Asks the gate every millisecond from its start on, before others are ready; tells who decided. */
#include <stdio.h>
#include <string.h>

#include "plugin.h"

static struct vane_self *self_;
static const struct vane_host *host_;
static struct vane_timer *timer;
static unsigned turns, allowed, starting, by_default;

static void on_time(void *user)
{
    struct vane_verdict verdict = {.size = sizeof(verdict)};
    const struct vane_gate_request question = {
        .size = sizeof(question), .access = VANE_ACCESS_CHANGE, .action = "test.early"};

    allowed += host_->gate->check(self_, &question, &verdict) == 1;
    starting += strcmp(verdict.rule, "starting") == 0;
    by_default += strcmp(verdict.rule, "default") == 0;
    turns++;
    if (by_default > 0)
        (void)host_->loop->timer_stop(self_, timer);
}

static int tell(void *user, struct vane_request *request)
{
    char text[128];

    snprintf(text, sizeof(text), "{\"turns\":%u,\"allowed\":%u,\"starting\":%u,\"default\":%u}",
             turns, allowed, starting, by_default);
    return host_->commands->reply(request, text, strlen(text));
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    static const struct vane_command_word words[] = {{"early", "what was answered"}};
    const struct vane_command command = {
        .size = sizeof(command),
        .syntax = "early",
        .help = "A test's",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = 1,
        .run = tell,
    };

    self_ = self;
    host_ = host;
    if (host->commands->add(self, &command, NULL) < 0)
        return -EIO;
    return host->loop->timer_start(self, 1, 1, on_time, NULL, &timer);
}

static int shutdown(struct vane_self *self)
{
    return 0;
}

TEST_PLUGIN(.init = init, .shutdown = shutdown)
