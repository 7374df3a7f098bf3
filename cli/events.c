/* The command "events". See events.h. What one event looks like is event-format.c's business. */
#include "cli/events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/event-format.h"
#include "cli/events-past.h"
#include "cli/pipeline.h"
#include "cli/signals.h"
#include "cli/value.h"
#include "cli/words.h"
#include "lib/cleanup.h"

const struct vane_local_option vane_events_options[] = {
    {"--since", "from the past: a span as 1h, or a time as 2026-01-31T12:00:00Z"},
    {"--topic", "only topics that match a pattern as link.>"},
    {"--interface", "only events of one interface"},
    {"--follow", "with --since: go on with what comes"},
    {"--json", "a line of JSON each"},
    {"--cloudevents", "a line of CloudEvents JSON each"},
    {"PATTERN", "a topic; * is one part, > is all that follows"},
    {NULL, NULL},
};

struct follower {
    struct vane_cli *cli;
    struct vane_events_wanted wanted;
    enum vane_event_format format;
    GQueue held; /* of char *: came while the past was read */
    bool holding;
    char *row;         /* where the journal was left; NULL: there is none */
    uint64_t lost_end; /* came faster than it was read here, up to this number; 0: nothing */
    char *epoch;       /* of the last event that was shown, and its number: what came twice */
    uint64_t seq;      /* is shown once */
};

static void follower_clear(struct follower *follower)
{
    g_ptr_array_unref(follower->wanted.patterns);
    g_queue_clear_full(&follower->held, g_free);
    g_free(follower->epoch);
    g_free(follower->row);
}

/* ---- what is asked for ---- */

static int refuse(const struct vane_cli *cli, const char *word, const char *why)
{
    vane_cli_complain(cli, "unknown command: \"%s\" after \"events\" %s", word, why);
    return VANE_EXIT_NOT_A_COMMAND;
}

static bool read_flag(struct follower *follower, const char *word)
{
    if (g_str_equal(word, "--follow"))
        follower->wanted.follow = true;
    else if (g_str_equal(word, "--json"))
        follower->format = VANE_EVENT_JSON;
    else if (g_str_equal(word, "--cloudevents"))
        follower->format = VANE_EVENT_CLOUDEVENTS;
    else if (g_str_equal(word, "--no-pager"))
        follower->cli->no_pager = true;
    else
        return false;
    return true;
}

static int read_words(struct follower *follower, char *const *words)
{
    struct vane_events_wanted *wanted = &follower->wanted;
    const char *value;

    for (; *words; words++) {
        if (read_flag(follower, *words))
            continue;
        if ((value = vane_cli_value_of("--since", &words)))
            wanted->since = value;
        else if ((value = vane_cli_value_of("--interface", &words)))
            wanted->interface_name = value;
        else if ((value = vane_cli_value_of("--topic", &words)))
            g_ptr_array_add(wanted->patterns, (gpointer)value);
        else if (**words == '-')
            return refuse(follower->cli, *words, "is no option, or its value is missing");
        else
            g_ptr_array_add(wanted->patterns, *words);
    }
    if (wanted->patterns->len == 0)
        g_ptr_array_add(wanted->patterns, (gpointer) ">");
    g_ptr_array_add(wanted->patterns, NULL);
    return VANE_EXIT_DONE;
}

/* ---- what is shown ---- */

/* An event of the past and of the live stream is one; later ones have larger numbers. */
static bool is_news(struct follower *follower, struct vane_json_view event)
{
    g_autofree char *epoch = vane_cli_text(vane_cli_member(event, "epoch"));
    uint64_t seq = 0;

    vane_json_get_uint64(vane_cli_member(event, "seq"), &seq);
    if (g_strcmp0(epoch, follower->epoch) == 0 && seq <= follower->seq)
        return false;
    g_free(follower->epoch);
    follower->epoch = g_steal_pointer(&epoch);
    follower->seq = seq;
    return true;
}

static void show_line(const struct follower *follower, struct vane_json_view event)
{
    g_autofree char *line = vane_event_format(event, follower->format);
    g_autofree char *why = NULL;
    g_autoptr(GString) out = NULL;

    if (!follower->cli->pipeline) {
        puts(line);
    } else {
        out = vane_pipeline_apply(follower->cli->pipeline, line, 1, &why);
        fputs(out ? out->str : "", stdout);
    }
    fflush(stdout);
}

static void show_event(struct follower *follower, const char *json)
{
    struct vane_json_view event = vane_json_root(json, strlen(json));

    if (!vane_cli_scan(json, strlen(json)) || !is_news(follower, event))
        return;
    if (vane_events_of_interface(&follower->wanted, event))
        show_line(follower, event);
}

static void on_past(void *user, struct vane_json_view event)
{
    struct follower *follower = user;

    if (is_news(follower, event))
        show_line(follower, event);
}

static void show_gap(const struct follower *follower, uint64_t first, uint64_t last)
{
    if (follower->format == VANE_EVENT_LINE) {
        vane_cli_complain(follower->cli,
                          "events %" PRIu64 " to %" PRIu64
                          " came faster than they were read here, and are missing",
                          first, last);
    } else {
        printf("{\"lost\":{\"first\":%" PRIu64 ",\"last\":%" PRIu64 "}}\n", first, last);
        fflush(stdout);
    }
}

/* What was lost is in the past by now, as is all that is held. */
static void fall_behind(struct follower *follower, uint64_t last)
{
    follower->holding = true;
    follower->lost_end = last;
    g_queue_clear_full(&follower->held, g_free);
}

static int on_message(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct follower *follower = userdata;
    const char *topic, *json;
    uint64_t first, last;

    if (sd_bus_message_is_signal(message, VANE_CLI_INTERFACE, "Event") > 0 &&
        sd_bus_message_read(message, "ss", &topic, &json) >= 0) {
        if (follower->holding)
            g_queue_push_tail(&follower->held, g_strdup(json));
        else
            show_event(follower, json);
    }
    if (sd_bus_message_is_signal(message, VANE_CLI_INTERFACE, "Lost") > 0 &&
        sd_bus_message_read(message, "tt", &first, &last) >= 0) {
        if (follower->row || follower->holding)
            fall_behind(follower, last);
        else
            show_gap(follower, first, last);
    }
    return 0;
}

/* ---- from the past to the present ---- */

static void show_held(struct follower *follower)
{
    char *json;

    follower->holding = false;
    while ((json = g_queue_pop_head(&follower->held))) {
        show_event(follower, json);
        g_free(json);
    }
}

/* Reads the past until nothing of it was lost while it was read. Without a journal the daemon's
 * history is all there is, and it is read once. */
static int catch_up(struct follower *follower)
{
    int status;

    do {
        follower->lost_end = 0;
        status =
            vane_events_past(follower->cli, &follower->wanted, &follower->row, on_past, follower);
    } while (status == VANE_EXIT_DONE && follower->lost_end > 0 && follower->row);
    if (status != VANE_EXIT_DONE)
        return status;
    if (follower->lost_end > follower->seq)
        show_gap(follower, follower->seq + 1, follower->lost_end);
    show_held(follower);
    return status;
}

static int follow(struct follower *follower)
{
    struct vane_cli *cli = follower->cli;
    int r = 0, status;

    while (r >= 0) {
        r = vane_cli_wait(cli, -1, -1);
        if (follower->holding && (status = catch_up(follower)) != VANE_EXIT_DONE)
            return status;
        if (r == -EINTR && (vane_signals_interrupted() || vane_signals_ending()))
            return VANE_EXIT_DONE;
        if (r == -EINTR) {
            vane_signals_resized();
            r = 0;
        }
    }
    vane_cli_disconnect(cli);
    vane_cli_complain(cli, "netvaned on %s has gone; start this command again when it is back",
                      cli->socket);
    return VANE_EXIT_NO_DAEMON;
}

static int unsubscribe(struct vane_cli *cli)
{
    char *const none[] = {NULL};

    return cli->bus ? vane_cli_try(cli, "Subscribe", none, -1, NULL, NULL) : 0;
}

static void unref_slot(sd_bus_slot **slot)
{
    sd_bus_slot_unref(*slot);
}

static int run_live(struct follower *follower)
{
    _cleanup_(unref_slot) sd_bus_slot *slot = NULL;
    struct vane_cli *cli = follower->cli;
    int status;

    sd_bus_add_filter(cli->bus, &slot, on_message, follower);
    follower->holding = follower->wanted.since;
    status = vane_cli_call(cli, "Subscribe", (char **)follower->wanted.patterns->pdata, -1, NULL);
    if (status == VANE_EXIT_DONE && follower->wanted.since)
        status = catch_up(follower);
    if (status != VANE_EXIT_DONE)
        return status;
    status = follow(follower);
    unsubscribe(cli);
    return status;
}

static bool can_filter(const struct vane_cli *cli)
{
    if (!cli->pipeline || !(vane_pipeline_has(cli->pipeline, VANE_FILTER_BEGIN) ||
                            vane_pipeline_has(cli->pipeline, VANE_FILTER_COUNT)))
        return true;
    vane_cli_complain(cli, "\"| begin\" and \"| count\" need an end; the events of the past "
                           "(\"show events\") have one");
    return false;
}

int vane_cli_events(struct vane_cli *cli, char *const *words)
{
    _cleanup_(follower_clear) struct follower follower = {
        .cli = cli,
        .wanted = {.patterns = g_ptr_array_new()},
        .format = cli->json ? VANE_EVENT_JSON : VANE_EVENT_LINE,
        .held = G_QUEUE_INIT,
    };
    int status = read_words(&follower, words);

    if (status == VANE_EXIT_DONE && !can_filter(cli))
        status = VANE_EXIT_NOT_A_COMMAND;
    if (status == VANE_EXIT_DONE && cli->pipeline &&
        vane_pipeline_has(cli->pipeline, VANE_FILTER_JSON))
        follower.format = VANE_EVENT_JSON;
    if (status == VANE_EXIT_DONE)
        status = vane_cli_connect(cli);
    if (status != VANE_EXIT_DONE)
        return status;
    if (follower.wanted.since && !follower.wanted.follow)
        return vane_events_past(cli, &follower.wanted, &follower.row, on_past, &follower);
    return run_live(&follower);
}
