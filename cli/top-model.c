/* The data of "top". See top-model.h. */
#include "cli/top-model.h"

#include <string.h>

#include "cli/details.h"
#include "cli/value.h"

#define EVENTS_KEPT 200u

static void link_clear(gpointer data)
{
    struct vane_top_link *link = data;

    g_free(link->name);
    g_free(link->state);
    g_free(link->addresses);
}

static void plugin_clear(gpointer data)
{
    struct vane_top_plugin *plugin = data;

    g_free(plugin->name);
}

void vane_top_init(struct vane_top *top, struct vane_cli *cli)
{
    *top = (struct vane_top){
        .cli = cli,
        .links = g_array_new(FALSE, TRUE, sizeof(struct vane_top_link)),
        .plugins = g_array_new(FALSE, TRUE, sizeof(struct vane_top_plugin)),
        .events = G_QUEUE_INIT,
        .before = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
    };
    g_array_set_clear_func(top->links, link_clear);
    g_array_set_clear_func(top->plugins, plugin_clear);
}

void vane_top_clear(struct vane_top *top)
{
    g_array_unref(top->links);
    g_array_unref(top->plugins);
    g_queue_clear_full(&top->events, g_free);
    g_hash_table_unref(top->before);
    g_free(top->cluster);
    g_free(top->version);
}

/* ---- events ---- */

static void add_event(struct vane_top *top, const char *json)
{
    if (!vane_cli_scan(json, strlen(json)))
        return;
    g_queue_push_head(&top->events, vane_cli_event_line(vane_json_root(json, strlen(json)), false));
    while (g_queue_get_length(&top->events) > EVENTS_KEPT)
        g_free(g_queue_pop_tail(&top->events));
    top->event_count++;
    top->changed = true;
}

static int on_message(sd_bus_message *message, void *user, sd_bus_error *error)
{
    const char *topic, *json;

    if (sd_bus_message_is_signal(message, VANE_CLI_INTERFACE, "Event") > 0 &&
        sd_bus_message_read(message, "ss", &topic, &json) >= 0)
        add_event(user, json);
    return 0;
}

bool vane_top_connect(struct vane_top *top)
{
    char *const all[] = {(char *)">", NULL};

    if (top->connected)
        return true;
    vane_cli_disconnect(top->cli);
    g_free(top->version);
    top->version = vane_cli_daemon_version(top->cli);
    if (!top->version || sd_bus_add_filter(top->cli->bus, NULL, on_message, top) < 0)
        return false;
    top->connected = vane_cli_try(top->cli, "Subscribe", all, -1, NULL, NULL) == VANE_EXIT_DONE;
    g_hash_table_remove_all(top->before);
    return top->connected;
}

/* ---- what is asked ---- */

/* How fast a counter grows; negative when it was not known before, or began anew. */
static double rate(struct vane_top *top, const char *what, const char *name, double value)
{
    g_autofree char *key = g_strdup_printf("%s %s", what, name);
    double *before = g_hash_table_lookup(top->before, key);
    double seconds = (double)(g_get_monotonic_time() - top->asked_us) / G_USEC_PER_SEC;
    double grown = before && seconds > 0 ? (value - *before) / seconds : -1;

    if (!before) {
        before = g_new0(double, 1);
        g_hash_table_insert(top->before, g_steal_pointer(&key), before);
    }
    *before = value;
    return grown;
}

static double number(struct vane_json_view object, const char *member)
{
    double value = 0;

    vane_json_get_double(vane_cli_member(object, member), &value);
    return value;
}

static void add_link(struct vane_top *top, struct vane_json_view object)
{
    struct vane_top_link link = {
        .name = vane_cli_text(vane_cli_member(object, "interface_name")),
        .state = vane_cli_text(vane_cli_member(object, "operational_state")),
        .addresses = vane_cli_text(vane_cli_member(object, "address")),
    };

    link.rx_rate = rate(top, "rx", link.name, number(object, "traffic.rx_bytes"));
    link.tx_rate = rate(top, "tx", link.name, number(object, "traffic.tx_bytes"));
    g_array_append_val(top->links, link);
}

static void add_plugin(struct vane_top *top, struct vane_json_view object)
{
    struct vane_top_plugin plugin = {
        .name = vane_cli_text(vane_cli_member(object, "plugin")),
        .queued = (uint64_t)number(object, "queued"),
        .slowest_us = (uint64_t)number(object, "slowest_us"),
    };

    plugin.calls_rate = rate(top, "calls", plugin.name, number(object, "calls"));
    plugin.busy_rate = rate(top, "busy", plugin.name, number(object, "time_us")) / 10000;
    g_array_append_val(top->plugins, plugin);
}

/* The answer, of which `result` is a part, to be freed; NULL: there is none. */
static char *answer_to(struct vane_top *top, char *const *words, struct vane_json_view *result)
{
    g_autofree char *text = NULL;

    if (vane_cli_try(top->cli, "Execute", words, -1, &text, NULL) != VANE_EXIT_DONE || !text ||
        !vane_cli_scan(text, strlen(text)))
        return NULL;
    *result = vane_cli_member(vane_json_root(text, strlen(text)), "result");
    return g_steal_pointer(&text);
}

static bool ask(struct vane_top *top, char *const *words, GArray *list,
                void (*add)(struct vane_top *top, struct vane_json_view object))
{
    struct vane_json_view result, element;
    g_autofree char *text = answer_to(top, words, &result);
    struct vane_json_cursor cursor;

    if (!text)
        return false;
    g_array_set_size(list, 0);
    cursor = vane_json_walk(result);
    while (vane_json_next_element(&cursor, &element))
        add(top, element);
    return true;
}

static void append_names(GString *out, struct vane_json_view rows, const char *state)
{
    struct vane_json_cursor cursor = vane_json_walk(rows);
    struct vane_json_view row;
    bool some = false;

    while (vane_json_next_element(&cursor, &row)) {
        g_autofree char *name = vane_cli_text(vane_cli_member(row, "name"));

        if (!vane_json_equals(vane_cli_member(row, "state"), state))
            continue;
        g_string_append_printf(out, "%s%s", some ? ", " : "", name);
        some = true;
    }
}

static void append_gone(GString *out, struct vane_json_view rows, const char *state)
{
    g_autoptr(GString) names = g_string_new(NULL);

    append_names(names, rows, state);
    if (names->len > 0)
        g_string_append_printf(out, "   %s: %s", state, names->str);
}

/* What has to be mended comes first. */
static void append_troubles(GString *out, struct vane_json_view shown)
{
    static const struct {
        const char *name, *text;
    } troubles[] = {
        {"problem", "no connection: "},
        {"refused_by_server", "the server refuses something: "},
        {"key_also_of", "this machine's key is also of "},
        {"clock_differs_from", "the clock differs from "},
        {"event_stream_problem", "events wait: "},
        {"event_outbox_problem", "the outbox of events: "},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(troubles); i++) {
        g_autofree char *value = vane_cli_text(vane_cli_member(shown, troubles[i].name));

        if (*value)
            g_string_append_printf(out, "%s%s   ", troubles[i].text, value);
    }
}

char *vane_top_cluster_line(struct vane_json_view rows, struct vane_json_view shown)
{
    struct vane_json_cursor cursor = vane_json_walk(rows);
    struct vane_json_view row;
    guint count = 0, here = 0;
    GString *out;

    for (; vane_json_next_element(&cursor, &row); count++)
        here += vane_json_equals(vane_cli_member(row, "state"), "here");
    out = g_string_new(NULL);
    if (vane_cli_member(shown, "nkey").len > 0) /* without servers there is nothing to mend */
        append_troubles(out, shown);
    if (count == 0 && out->len == 0) {
        g_string_free(out, TRUE);
        return NULL;
    }
    g_string_append_printf(out, "%u here", here);
    append_gone(out, rows, "silent");
    append_gone(out, rows, "left");
    return g_string_free(out, FALSE);
}

/* Without the plugin there is no such command. */
static void ask_for_cluster(struct vane_top *top)
{
    char *const words[] = {(char *)"show", (char *)"cluster", (char *)"nodes", NULL};
    struct vane_json_view rows, shown;
    g_autofree char *text = answer_to(top, words, &rows);
    g_autofree char *link =
        text ? answer_to(top, (char *const[]){words[0], words[1], NULL}, &shown) : NULL;

    g_free(top->cluster);
    top->cluster = text ? vane_top_cluster_line(rows, link ? shown : rows) : NULL;
}

bool vane_top_ask(struct vane_top *top)
{
    char *const links[] = {(char *)"show", (char *)"interfaces", (char *)"detail", NULL};
    char *const loop[] = {(char *)"show", (char *)"loop", NULL};

    top->connected =
        ask(top, links, top->links, add_link) && ask(top, loop, top->plugins, add_plugin);
    top->asked_us = g_get_monotonic_time();
    if (top->connected)
        ask_for_cluster(top);
    return top->connected;
}
