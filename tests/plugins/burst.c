/*
 * Publishes events on command, for tests of whoever has to hand them on: `burst COUNT` all at once,
 * `burst COUNT EVERY` so many each millisecond, or each
 * INTERVAL of them.
 */
#include <stdlib.h>
#include <string.h>

#include <netvane/plugin.h>

static struct {
    struct vane_self *self;
    const struct vane_host *host;
    struct vane_timer *timer;
    uint64_t next, last, every;
} state;

static void publish(uint64_t count)
{
    static const char padding[] =
        "a payload is about as long as that of a link with two addresses, "
        "a gateway and a name server, which makes it some hundred bytes; "
        "this text takes the place of all of them, and says nothing else";

    for (; count > 0 && state.next <= state.last; count--, state.next++) {
        const struct vane_field fields[] = {
            vane_string("interface_name", state.next % 2 ? "odd" : "even"),
            vane_uint64("n", state.next),
            vane_string("padding", padding),
        };
        const struct vane_fields payload = VANE_FIELDS(fields);

        (void)state.host->bus->publish(state.self, "burst.event", &payload, NULL, NULL);
    }
}

static void on_timer(void *user)
{
    publish(state.every);
    if (state.next <= state.last || !state.timer)
        return;
    (void)state.host->loop->timer_stop(state.self, state.timer);
    state.timer = NULL;
}

static int run(void *user, struct vane_request *request)
{
    const char *count = state.host->commands->argument(request, "COUNT");
    const char *every = state.host->commands->argument(request, "EVERY");
    const char *interval = state.host->commands->argument(request, "INTERVAL");
    uint64_t period = interval ? strtoull(interval, NULL, 10) : 1;

    state.last = state.next - 1 + strtoull(count, NULL, 10);
    state.every = every ? strtoull(every, NULL, 10) : 0;
    if (state.every == 0)
        publish(UINT64_MAX);
    else if (!state.timer)
        (void)state.host->loop->timer_start(state.self, period, period, on_timer, NULL,
                                            &state.timer);
    return state.host->commands->reply(request, "{}", 2);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    static const struct vane_command_word words[] = {
        {"burst", "Publish events"},
        {"COUNT", "How many"},
        {"EVERY", "How many at a time"},
        {"INTERVAL", "Milliseconds in between; otherwise 1"},
    };
    const struct vane_command command = {
        .size = sizeof(command),
        .syntax = "burst COUNT [EVERY] [INTERVAL]",
        .help = "Publish events",
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = 4,
        .run = run,
    };

    memset(&state, 0, sizeof(state));
    state.self = self;
    state.host = host;
    state.next = 1;
    return host->commands->add(self, &command, NULL);
}

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD(PLUGIN_NAME, "1.0"),
    .description = "Publishes events on command",
    .licence = "MIT",
    .init = init,
};
VANE_PLUGIN(plugin)
