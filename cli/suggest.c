/* Suggestions. See suggest.h. */
#include "cli/suggest.h"

#include <string.h>

#include "cli/local.h"
#include "cli/pipeline.h"
#include "cli/value.h"
#include "cli/width.h"
#include "lib/text/line.h"

static void suggestion_clear(gpointer data)
{
    struct vane_suggestion *suggestion = data;

    g_free(suggestion->word);
    g_free(suggestion->help);
    g_free(suggestion->kind);
}

static GArray *list_new(void)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(struct vane_suggestion));

    g_array_set_clear_func(list, suggestion_clear);
    return list;
}

static void add(GArray *list, char *word, char *help, char *kind)
{
    struct vane_suggestion suggestion = {word, help, kind};

    g_array_append_val(list, suggestion);
}

static const struct vane_suggestion *at(const GArray *list, guint index)
{
    return &g_array_index(list, struct vane_suggestion, index);
}

static void add_the_daemons(GArray *list, const char *text)
{
    struct vane_json_cursor cursor;
    struct vane_json_view element;

    if (!text || !vane_cli_scan(text, strlen(text)))
        return;
    cursor = vane_json_walk(vane_json_root(text, strlen(text)));
    while (vane_json_next_element(&cursor, &element))
        add(list, vane_cli_text(vane_cli_member(element, "word")),
            vane_cli_text(vane_cli_member(element, "help")),
            vane_cli_text(vane_cli_member(element, "kind")));
}

static void add_local(GArray *list, const struct vane_cli *cli, const char *partial)
{
    g_autofree char *lower = g_ascii_strdown(partial, -1);

    for (const struct vane_local *local = vane_locals; local->word; local++) {
        if (g_str_has_prefix(local->word, lower) && (cli->interactive || !local->shell_only))
            add(list, g_strdup(local->word), g_strdup(local->help), g_strdup("keyword"));
    }
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const struct vane_suggestion *left = a, *right = b;

    return strcmp(left->word, right->word);
}

static void add_options(GArray *list, const struct vane_local_option *options, const char *partial)
{
    for (const struct vane_local_option *option = options; option && option->word; option++) {
        bool is_word = option->word[0] == '-';

        if (!is_word || g_str_has_prefix(option->word, partial))
            add(list, g_strdup(option->word), g_strdup(option->help),
                g_strdup(is_word ? "keyword" : "parameter"));
    }
}

/* Of a command of the client itself: its options and patterns. */
static void add_after_local(GArray *list, const struct vane_local *local, const char *partial)
{
    add_options(list, local->options, partial);
    if (!*partial)
        add(list, g_strdup("<cr>"), g_strdup(local->help), g_strdup("end"));
}

static bool begins(const char *word, const char *whole)
{
    return strlen(word) >= 2 && g_str_has_prefix(whole, word);
}

/* Words behind one of the daemon's that are the client's. True: the daemon knows none of them. */
static bool add_second(GArray *list, char *const *words, guint count)
{
    for (const struct vane_local_word *local = vane_local_words; local->word && count > 1;
         local++) {
        if (!begins(words[0], local->first))
            continue;
        if (count == 2 && g_str_has_prefix(local->word, words[1]))
            add(list, g_strdup(local->word), g_strdup(local->help), g_strdup("keyword"));
        if (count > 2 && begins(words[1], local->word)) {
            add_options(list, local->options, words[count - 1]);
            return true;
        }
    }
    return false;
}

GArray *vane_suggest_words(struct vane_cli *cli, char *const *words, char **why)
{
    guint count = g_strv_length((char **)words);
    GArray *list = list_new();
    g_autofree char *text = NULL, *reason = NULL;
    const struct vane_local *local = count > 1 ? vane_local_find(cli, words[0], NULL) : NULL;

    if (local) {
        add_after_local(list, local, words[count - 1]);
        return list;
    }
    if (count == 1)
        add_local(list, cli, words[0]);
    if (add_second(list, words, count))
        return list;
    vane_cli_try(cli, "Complete", words, (int)count - 1, &text, &reason);
    add_the_daemons(list, text);
    if (count <= 2)
        g_array_sort(list, compare);
    if (list->len == 0 && why)
        *why = g_steal_pointer(&reason);
    return list;
}

static GArray *suggest_filters(const char *text, char **partial)
{
    GArray *list = list_new();
    const char *name, *help;
    bool expression, begun;

    text += strspn(text, " \t");
    begun = text[strcspn(text, " \t")] != '\0';
    *partial = g_strdup(begun ? "" : text);
    for (unsigned i = 0; (name = vane_filter_name(i, &help, &expression)); i++) {
        g_autofree char *word = g_strndup(text, strcspn(text, " \t"));

        if (!g_str_has_prefix(name, word))
            continue;
        if (!begun)
            add(list, g_strdup(name), g_strdup(help), g_strdup("keyword"));
        else if (expression)
            add(list, g_strdup("RE"), g_strdup("a regular expression"), g_strdup("parameter"));
    }
    return list;
}

GArray *vane_suggest_line(struct vane_cli *cli, const char *left, char **partial, char **why)
{
    const char *bar = vane_line_find(left, '|'), *next = bar;
    struct vane_line line = {0};
    g_autofree char **words = NULL;
    GArray *list;

    *partial = NULL;
    while (next && (next = vane_line_find(bar + 1, '|')))
        bar = next;
    if (bar)
        return suggest_filters(bar + 1, partial);
    if (vane_help_words(left, &line) < 0) {
        *partial = g_strdup("");
        return list_new();
    }
    words = g_new0(char *, line.n_words + 2);
    memcpy(words, line.words, line.n_words * sizeof(*words));
    words[line.n_words] = line.partial;
    list = vane_suggest_words(cli, words, why);
    *partial = g_steal_pointer(&line.partial);
    vane_line_clear(&line);
    return list;
}

bool vane_suggestion_is_word(const struct vane_suggestion *suggestion)
{
    return g_str_equal(suggestion->kind, "keyword") || g_str_equal(suggestion->kind, "value");
}

GString *vane_suggestions_text(const GArray *list)
{
    GString *out = g_string_new(NULL);
    size_t widest = 0;

    for (guint i = 0; i < list->len; i++)
        widest = MAX(widest, vane_cli_width(at(list, i)->word));
    for (guint i = 0; i < list->len; i++) {
        g_string_append_printf(out, "  %s", at(list, i)->word);
        if (*at(list, i)->help)
            vane_cli_pad(out, vane_cli_width(at(list, i)->word), widest + 2);
        g_string_append_printf(out, "%s\n", at(list, i)->help);
    }
    return out;
}
