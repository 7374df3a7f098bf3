/*
 * The script runner: a drop-in replacement of networkd-dispatcher, with directories for addresses
 * and for any other event. This file is the plugin's life: its options, and events into triggers.
 */
#include "plugins/scripts/scripts.h"

#include <errno.h>
#include <string.h>

#include <netvane/plugin.h>

#include "lib/array.h"
#include "plugins/scripts/facts.h"
#include "plugins/scripts/options.h"
#include "plugins/scripts/refusals.h"
#include "plugins/scripts/runner.h"
#include "plugins/scripts/show.h"

#define SUBSCRIPTION_QUEUE 65536u

static struct vane_scripts plugin_state;

/* ---- options ---- */

static const struct vane_option options[] = {
    {
        .name = "ScriptDirectory",
        .type = VANE_OPTION_PATH_LIST,
        .default_value = NETVANE_SYSCONFDIR "/netvane/scripts:/etc/networkd-dispatcher:"
                                            "/usr/lib/networkd-dispatcher",
        .help = "Directories with STATE.d and TOPIC.d subdirectories; an earlier one overrides",
        .long_option = "script-dir",
        .letter = 'S',
    },
    {
        .name = "StartupTriggers",
        .type = VANE_OPTION_BOOL,
        .default_value = "no",
        .help = "Run the scripts for the states that links have when the daemon starts",
        .long_option = "run-startup-triggers",
        .letter = 'T',
    },
    {
        .name = "MaxParallel",
        .type = VANE_OPTION_INTEGER,
        .default_value = "8",
        .minimum = 1,
        .maximum = 1024,
        .help = "How many interfaces may have a script running at the same time",
    },
    {
        .name = "Timeout",
        .type = VANE_OPTION_TIME,
        .default_value = "90s",
        .help = "How long a script may run: then SIGTERM to its process group, 5 s later SIGKILL; "
                "0 or infinity: no limit",
    },
    {
        .name = "Coalesce",
        .type = VANE_OPTION_BOOL,
        .default_value = "no",
        .help = "Drop waiting triggers that a newer one of the same interface supersedes",
    },
    {
        .name = "Debounce",
        .type = VANE_OPTION_TIME,
        .default_value = "0",
        .help = "Wait until an interface has been quiet for so long before its scripts run",
    },
    {
        .name = "QueueLength",
        .type = VANE_OPTION_INTEGER,
        .default_value = "1024",
        .minimum = 1,
        .maximum = 1048576,
        .help = "How many triggers may wait for the scripts of one interface; over that the oldest "
                "are dropped",
    },
};

/* ---- events ---- */

static void push_all(struct vane_scripts *scripts, struct vane_occurrence *occurrence,
                     GPtrArray *triggers)
{
    for (guint i = 0; i < triggers->len; i++)
        vane_runner_push(scripts, occurrence, g_ptr_array_index(triggers, i));
}

/* The snapshot that the event carries, else (addresses, routes) that of this moment. With a
 * reference; NULL when the event is about no link, or about one that is gone. */
static const struct vane_payload *link_of(const struct vane_scripts *scripts,
                                          const struct vane_event *event)
{
    const struct vane_bus *bus = scripts->host->bus;
    const struct vane_payload *payload = bus->event_payload(event);
    const struct vane_payload *link = scripts->host->links->of_event(event);
    uint64_t ifindex;

    if (link)
        return bus->payload_ref(link);
    if (!payload || bus->get_uint64(payload, "interface_index", &ifindex) < 0 ||
        scripts->host->links->get(scripts->self, (uint32_t)ifindex, &link) < 0)
        return NULL;
    return link;
}

static const char *text_of(const struct vane_scripts *scripts, const struct vane_payload *payload,
                           const char *name)
{
    const char *text;

    return payload && scripts->host->bus->get_string(payload, name, &text) == 0 ? text : NULL;
}

/* Does the "changed" of a link.state name this state? */
static bool changed(const struct vane_scripts *scripts, const struct vane_payload *payload,
                    const char *state)
{
    const char *const *names;
    uint32_t count;

    if (!payload || scripts->host->bus->get_strings(payload, "changed", &names, &count) < 0)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(names[i], state) == 0)
            return true;
    return false;
}

/* What of the event matters to triggers; the texts are the event's. */
static struct vane_trigger_facts facts_of(const struct vane_scripts *scripts,
                                          const struct vane_event *event)
{
    const struct vane_payload *payload = scripts->host->bus->event_payload(event);
    const struct vane_payload *link = scripts->host->links->of_event(event);

    return (struct vane_trigger_facts){
        .topic = scripts->host->bus->event_topic(event),
        .administrative = text_of(scripts, link, "administrative_state"),
        .operational = text_of(scripts, link, "operational_state"),
        .administrative_changed = changed(scripts, payload, "administrative"),
        .operational_changed = changed(scripts, payload, "operational"),
        .from_networkd = g_strcmp0(text_of(scripts, link, "source"), "networkd") == 0,
        .address = link ? NULL : text_of(scripts, payload, "address"),
    };
}

static int on_event(void *user, const struct vane_event *event)
{
    struct vane_scripts *scripts = user;
    const struct vane_trigger_facts facts = facts_of(scripts, event);
    g_autoptr(GPtrArray) triggers = vane_triggers_of(&facts);
    const struct vane_payload *link;
    struct vane_occurrence *occurrence;

    if (triggers->len == 0)
        return VANE_OK;
    link = link_of(scripts, event);
    occurrence = vane_occurrence_new(scripts, event, link);
    push_all(scripts, occurrence, triggers);
    vane_occurrence_unref(occurrence);
    if (link)
        scripts->host->bus->payload_unref(link);
    vane_runner_go_on(scripts);
    return VANE_OK;
}

static void on_lost(void *user, uint64_t first, uint64_t last)
{
    const struct vane_scripts *scripts = user;

    scripts->host->log->print(scripts->self, VANE_LOG_WARNING,
                              "events %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                              " came faster than they could be handled and ran no scripts",
                              first, last);
}

/* ---- life ---- */

static void push_startup(struct vane_scripts *scripts, const struct vane_payload *link,
                         const char *administrative, const char *operational)
{
    g_autoptr(GPtrArray) triggers = vane_triggers_of_start(administrative, operational);
    struct vane_occurrence *occurrence = vane_occurrence_new(scripts, NULL, link);

    push_all(scripts, occurrence, triggers);
    vane_occurrence_unref(occurrence);
}

/* By index, as the links came into being. */
static void push_all_links(struct vane_scripts *scripts)
{
    const struct vane_bus *bus = scripts->host->bus;
    const struct vane_payload *link;
    uint64_t ifindex = 0;

    while (scripts->host->links->next(scripts->self, (uint32_t)ifindex, &link) == 0) {
        int r = bus->get_uint64(link, "interface_index", &ifindex);

        push_startup(scripts, link, text_of(scripts, link, "administrative_state"),
                     text_of(scripts, link, "operational_state"));
        bus->payload_unref(link);
        if (r < 0)
            return;
    }
}

static void unpause(struct vane_scripts *scripts)
{
    scripts->paused = false;
    vane_runner_go_on(scripts);
}

/* All plugins are up, and the daemon has said that it is ready. */
static int on_ready(void *user, const struct vane_event *event)
{
    (void)event;
    unpause(user);
    return VANE_OK;
}

/* The plugin was started long after the daemon. */
static void on_ready_long_ago(void *user, uint64_t first, uint64_t last)
{
    (void)first, (void)last;
    unpause(user);
}

static int wait_for_ready(struct vane_scripts *scripts)
{
    const struct vane_subscribe subscribe = {
        .size = sizeof(subscribe), .flags = VANE_SUBSCRIBE_REPLAY, .lost = on_ready_long_ago};

    return scripts->host->bus->subscribe(scripts->self, "engine.ready", &subscribe, on_ready,
                                         scripts, &scripts->ready_subscription);
}

static int begin(struct vane_scripts *scripts)
{
    const struct vane_subscribe subscribe = {
        .size = sizeof(subscribe), .queue_length = SUBSCRIPTION_QUEUE, .lost = on_lost};
    int r = vane_show_add(scripts);

    if (r < 0)
        return r;
    r = scripts->host->bus->subscribe(scripts->self, ">", &subscribe, on_event, scripts,
                                      &scripts->subscription);
    if (r < 0)
        return r;
    if (scripts->options.startup)
        push_all_links(scripts);
    return wait_for_ready(scripts);
}

static void release(struct vane_scripts *scripts)
{
    vane_lanes_clear(&scripts->lanes);
    g_clear_pointer(&scripts->refusals, g_hash_table_unref);
    g_clear_pointer(&scripts->options.directories, g_strfreev);
    vane_facts_release();
}

/* After the last script, when some still ran at the shutdown. */
static void on_idle(struct vane_scripts *scripts)
{
    release(scripts);
    (void)scripts->host->loop->done(scripts->self, 0);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_scripts *scripts = &plugin_state;
    int r;

    *scripts = (struct vane_scripts){.self = self, .host = host, .paused = true, .idle = on_idle};
    scripts->refusals = vane_refusals_new();
    vane_runner_init(scripts);
    vane_script_options_read(scripts);
    vane_occurrence_sweep(scripts);
    r = begin(scripts);
    if (r < 0)
        release(scripts);
    return r;
}

/* What waits, waits on, and runs with the new options. */
static int reload(struct vane_self *self)
{
    struct vane_scripts *scripts = &plugin_state;

    vane_script_options_read(scripts);
    vane_runner_go_on(scripts);
    return 0;
}

static int shutdown(struct vane_self *self)
{
    struct vane_scripts *scripts = &plugin_state;
    int r;

    (void)scripts->host->bus->unsubscribe(scripts->self, scripts->subscription);
    (void)scripts->host->bus->unsubscribe(scripts->self, scripts->ready_subscription);
    vane_show_remove(scripts);
    r = vane_runner_stop(scripts);
    if (r == 0)
        release(scripts);
    return r;
}

static const struct vane_plugin plugin = {
    VANE_PLUGIN_HEAD("scripts", "1.0"),
    .description = "Runs scripts when the network changes, as networkd-dispatcher does",
    .licence = "MIT",
    VANE_PLUGIN_OPTIONS(options),
    .init = init,
    .reload = reload,
    .shutdown = shutdown,
};
VANE_PLUGIN(plugin)
