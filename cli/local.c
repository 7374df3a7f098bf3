/* The client's own commands. See local.h. */
#include "cli/local.h"

#include <string.h>

#include "cli/cluster/commands.h"
#include "cli/events.h"
#include "cli/nkey.h"
#include "cli/value.h"

static int leave(struct vane_cli *cli, char *const *words)
{
    if (*words) {
        vane_cli_complain(cli, "unknown command: nothing can follow \"exit\" or \"quit\"");
        return VANE_EXIT_NOT_A_COMMAND;
    }
    cli->leaving = true;
    return VANE_EXIT_DONE;
}

static int top(struct vane_cli *cli, char *const *words)
{
    if (*words) {
        vane_cli_complain(cli, "unknown command: nothing can follow \"top\"");
        return VANE_EXIT_NOT_A_COMMAND;
    }
    return vane_cli_top(cli);
}

const struct vane_local vane_locals[] = {
    {"events", "follow events live, or read those of the past", false, vane_events_options,
     vane_cli_events, false},
    {"exit", "leave the shell", true, NULL, leave, false},
    {"get", "a property of D-Bus, on many machines", false, vane_get_options, vane_cli_get, true},
    {"invoke", "call a method of D-Bus, on many machines", false, vane_invoke_options,
     vane_cli_invoke, true},
    {"keyscan", "the NKeys of other machines, from their SSH host keys", false,
     vane_keyscan_options, vane_cli_keyscan, false},
    {"nkey", "the NKey of an SSH host key", false, vane_nkey_options, vane_cli_nkey, false},
    {"quit", "leave the shell", true, NULL, leave, false},
    {"top", "watch links, events and plugins on the whole screen", false, NULL, top, false},
    {"watch", "follow the signals of D-Bus of many machines", false, vane_watch_options,
     vane_cli_watch, true},
    {NULL, NULL, false, NULL, NULL, false},
};

static const struct vane_local_option check_options[] = {
    {"FILE", "a policy; -: standard input"},
    {NULL, NULL},
};
static const struct vane_local_option eval_options[] = {
    {"EXPRESSION", "in CEL"},
    {"--facts", "names and their values, as a JSON object"},
    {"--typed-facts", "the same, in the form of cel.expr.Value"},
    {"--typed", "print the value in the form of cel.expr.Value"},
    {"--batch", "one JSON object a line of standard input"},
    {NULL, NULL},
};
static const struct vane_local_option test_options[] = {
    {"FILE", "a policy; -: standard input"},
    {"--event", "an event or a question to the gate, as JSON"},
    {NULL, NULL},
};

const struct vane_local_word vane_local_words[] = {
    {"policy", "check", "find every mistake in a policy, without a daemon", check_options},
    {"policy", "eval", "evaluate an expression, without a daemon", eval_options},
    {"policy", "test", "try a policy on an event, without a daemon", test_options},
    {NULL, NULL, NULL, NULL},
};

/* The keywords of the daemon that begin so, with commas; NULL: none. */
static char *of_the_daemon(struct vane_cli *cli, const char *word)
{
    char *const words[] = {(char *)word, NULL};
    g_autofree char *text = NULL;
    struct vane_json_cursor cursor;
    struct vane_json_view element;
    GString *list = g_string_new(NULL);

    if (vane_cli_try(cli, "Complete", words, 0, &text, NULL) == VANE_EXIT_DONE && text &&
        vane_cli_scan(text, strlen(text))) {
        cursor = vane_json_walk(vane_json_root(text, strlen(text)));
        while (vane_json_next_element(&cursor, &element)) {
            g_autofree char *one = vane_cli_text(vane_cli_member(element, "word"));

            g_string_append_printf(list, "%s%s", list->len ? ", " : "", one);
        }
    }
    return g_string_free(list, list->len == 0);
}

const struct vane_local *vane_local_find(struct vane_cli *cli, const char *word, char **others)
{
    g_autofree char *lower = g_ascii_strdown(word, -1), *daemons = NULL;
    g_autoptr(GString) names = g_string_new(NULL);
    const struct vane_local *found = NULL;
    unsigned count = 0;

    for (const struct vane_local *local = vane_locals; *lower && local->word; local++) {
        if (!g_str_has_prefix(local->word, lower) || (local->shell_only && !cli->interactive))
            continue;
        if (g_str_equal(local->word, lower))
            return local;
        g_string_append_printf(names, "%s%s", count++ ? ", " : "", local->word);
        found = local;
    }
    if (!found)
        return NULL;
    daemons = of_the_daemon(cli, lower);
    if (count == 1 && !daemons)
        return found;
    if (others)
        *others =
            g_strdup_printf("%s%s%s", names->str, daemons ? ", " : "", daemons ? daemons : "");
    return NULL;
}
