/* Events of the past. See events-past.h. */
#include "cli/events-past.h"

#include <string.h>

#include "cli/value.h"

bool vane_events_of_interface(const struct vane_events_wanted *wanted, struct vane_json_view event)
{
    struct vane_json_view name = vane_cli_member(event, "payload.interface_name");

    return !wanted->interface_name || vane_json_equals(name, wanted->interface_name);
}

static void add(GPtrArray *words, const char *word)
{
    g_ptr_array_add(words, g_strdup(word));
}

static void add_conditions(GPtrArray *words, const struct vane_events_wanted *wanted)
{
    g_autofree char *patterns = g_strjoinv(" ", (char **)wanted->patterns->pdata);

    if (strcmp(patterns, ">") != 0) {
        add(words, "topic");
        add(words, patterns);
    }
    if (wanted->interface_name) {
        add(words, "interface");
        add(words, wanted->interface_name);
    }
}

static GPtrArray *words_new(const char *first, const char *second, const char *option,
                            const char *value)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

    add(words, first);
    add(words, second);
    add(words, option);
    add(words, value);
    return words;
}

static void tell(struct vane_json_view events,
                 void (*each)(void *user, struct vane_json_view event), void *user)
{
    struct vane_json_cursor cursor = vane_json_walk(events);
    struct vane_json_view event;

    while (vane_json_next_element(&cursor, &event))
        each(user, event);
}

static int ask(struct vane_cli *cli, GPtrArray *words, char **text, char **why)
{
    int status;

    g_ptr_array_add(words, NULL);
    status = vane_cli_try(cli, "Execute", (char **)words->pdata, -1, text, why);
    if (status == VANE_EXIT_DONE && (!*text || !vane_cli_scan(*text, strlen(*text)))) {
        *why = g_strdup("netvaned answered with something that is not JSON");
        status = VANE_EXIT_FAILED;
    }
    return status;
}

/* One page of the journal. A span counts from the first page only: whoever reads slowly would lose
 * what grows too old meanwhile. */
static int read_page(struct vane_cli *cli, const struct vane_events_wanted *wanted, char **row,
                     bool *more, char **why, void (*each)(void *user, struct vane_json_view event),
                     void *user)
{
    g_autoptr(GPtrArray) words =
        words_new("journal", "query", *row ? "after" : "since", *row ? *row : wanted->since);
    g_autofree char *text = NULL;
    struct vane_json_view result;
    int status;

    *more = false;
    add_conditions(words, wanted);
    add(words, "limit");
    add(words, "1000");
    status = ask(cli, words, &text, why);
    if (status != VANE_EXIT_DONE)
        return status;
    result = vane_cli_member(vane_json_root(text, strlen(text)), "result");
    tell(vane_cli_member(result, "events"), each, user);
    vane_json_get_bool(vane_cli_member(result, "more"), more);
    g_free(*row);
    *row = vane_cli_text(vane_cli_member(result, "last_row"));
    return VANE_EXIT_DONE;
}

static int read_kept(struct vane_cli *cli, const struct vane_events_wanted *wanted, char **why,
                     void (*each)(void *user, struct vane_json_view event), void *user)
{
    g_autoptr(GPtrArray) words = words_new("show", "events", "since", wanted->since);
    g_autofree char *text = NULL, *note = NULL;
    struct vane_json_view answer;
    int status;

    add_conditions(words, wanted);
    add(words, "last");
    add(words, "10000");
    status = ask(cli, words, &text, why);
    if (status != VANE_EXIT_DONE)
        return status;
    answer = vane_json_root(text, strlen(text));
    note = vane_cli_text(vane_cli_member(answer, "note"));
    if (note && *note)
        vane_cli_complain(cli, "%s", note);
    tell(vane_cli_member(answer, "result"), each, user);
    return status;
}

int vane_events_past(struct vane_cli *cli, const struct vane_events_wanted *wanted, char **row,
                     void (*each)(void *user, struct vane_json_view event), void *user)
{
    g_autofree char *why = NULL;
    bool more;
    int status;

    do
        status = read_page(cli, wanted, row, &more, &why, each, user);
    while (status == VANE_EXIT_DONE && more);
    if (status == VANE_EXIT_NOT_A_COMMAND) { /* there is no journal */
        g_clear_pointer(&why, g_free);
        status = read_kept(cli, wanted, &why, each, user);
    }
    if (status != VANE_EXIT_DONE && status != VANE_EXIT_INTERRUPTED)
        vane_cli_complain(cli, "%s", why ? why : "netvaned has gone");
    return status;
}
