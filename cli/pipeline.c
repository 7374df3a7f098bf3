/* Command lines with pipes. See pipeline.h. */
#include "cli/pipeline.h"

#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/text/line.h"
#include "lib/text/printable.h"

#define FILTERS_MAX 16u
#define BLANKS      " \t\r\n"

static const struct {
    const char *name, *help;
    bool takes_expression;
} kinds[] = {
    [VANE_FILTER_INCLUDE] = {"include", "only lines that match a regular expression", true},
    [VANE_FILTER_EXCLUDE] = {"exclude", "only lines that do not match", true},
    [VANE_FILTER_BEGIN] = {"begin", "from the first line on that matches", true},
    [VANE_FILTER_SECTION] = {"section", "lines that match, with all that belongs to them", true},
    [VANE_FILTER_COUNT] = {"count", "how many there are", false},
    [VANE_FILTER_JSON] = {"json", "as JSON", false},
    [VANE_FILTER_NO_MORE] = {"no-more", "without a pager", false},
};

const char *vane_filter_name(unsigned index, const char **help, bool *takes_expression)
{
    if (index >= ELEMENTS(kinds))
        return NULL;
    *help = kinds[index].help;
    *takes_expression = kinds[index].takes_expression;
    return kinds[index].name;
}

static void filter_clear(gpointer data)
{
    struct vane_filter *filter = data;

    g_clear_pointer(&filter->regex, g_regex_unref);
}

static int find_kind(const char *name, char **why)
{
    g_autofree char *lower = g_ascii_strdown(name, -1), *shown = NULL;

    for (size_t i = 0; *lower && i < ELEMENTS(kinds); i++) {
        if (g_str_has_prefix(kinds[i].name, lower))
            return (int)i;
    }
    shown = vane_text_printable(name, strlen(name));
    *why = g_strdup_printf("\"%s\" is no filter; possible after \"|\": include, exclude, begin, "
                           "section, count, json, no-more (quote a \"|\" within an expression)",
                           shown);
    return -EINVAL;
}

/* Quotes go, backslashes stay: they mean something in a regular expression. */
static char *unquote(const char *text)
{
    GString *out = g_string_new(NULL);
    char quote = '\0';

    for (; *text; text++) {
        if (*text == '\\' && quote != '\'' && text[1]) {
            if (!quote || text[1] != '"')
                g_string_append_c(out, '\\');
            g_string_append_c(out, *++text);
        } else if (quote ? *text == quote : *text == '\'' || *text == '"') {
            quote = quote ? '\0' : *text;
        } else {
            g_string_append_c(out, *text);
        }
    }
    return g_string_free(out, FALSE);
}

static int compile(struct vane_filter *filter, const char *expression, char **why)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *shown = vane_text_printable(expression, strlen(expression)), *reason = NULL;

    /* glib has the library take it on trust that this is UTF-8. */
    if (g_utf8_validate(expression, -1, NULL))
        filter->regex = g_regex_new(expression, 0, 0, &error);
    if (filter->regex)
        return 0;
    reason = error ? vane_text_printable(error->message, strlen(error->message))
                   : g_strdup("it is not UTF-8");
    *why = g_strdup_printf("\"%s\" is no regular expression: %s", shown, reason);
    return -EINVAL;
}

static int add_filter(GArray *filters, int kind, const char *expression, char **why)
{
    struct vane_filter filter = {.kind = (enum vane_filter_kind)kind};
    int r = 0;

    if (kinds[kind].takes_expression && !*expression)
        *why = g_strdup_printf("\"| %s\" wants a regular expression", kinds[kind].name);
    else if (!kinds[kind].takes_expression && *expression)
        *why = g_strdup_printf("nothing can follow \"| %s\" but another filter", kinds[kind].name);
    else if (filters->len >= FILTERS_MAX)
        *why = g_strdup_printf("there are more than %u filters", FILTERS_MAX);
    if (*why)
        return -EINVAL;
    if (kinds[kind].takes_expression)
        r = compile(&filter, expression, why);
    if (r == 0)
        g_array_append_val(filters, filter);
    return r;
}

/* One filter: its name and, if there is one, its expression, quoted or not. */
static int parse_filter(GArray *filters, const char *text, char **why)
{
    g_autofree char *trimmed = g_strstrip(g_strdup(text));
    size_t length = strcspn(trimmed, BLANKS);
    g_autofree char *name = g_strndup(trimmed, length), *expression = NULL;
    int kind;

    if (!*trimmed) {
        *why = g_strdup("a filter is missing after \"|\"");
        return -EINVAL;
    }
    kind = find_kind(name, why);
    if (kind < 0)
        return kind;
    expression = unquote(trimmed + length + strspn(trimmed + length, BLANKS));
    return add_filter(filters, kind, expression, why);
}

static int parse_filters(struct vane_pipeline *pipeline, const char *bar, char **why)
{
    int r = 0;

    while (r == 0 && bar) {
        const char *next = vane_line_find(bar + 1, '|');
        g_autofree char *one =
            next ? g_strndup(bar + 1, (gsize)(next - bar - 1)) : g_strdup(bar + 1);

        r = parse_filter(pipeline->filters, one, why);
        bar = next;
    }
    return r;
}

static void pipeline_init(struct vane_pipeline *pipeline)
{
    *pipeline =
        (struct vane_pipeline){.filters = g_array_new(FALSE, FALSE, sizeof(struct vane_filter))};
    g_array_set_clear_func(pipeline->filters, filter_clear);
}

/* What was parsed is of use only when it is whole. */
static int end(struct vane_pipeline *pipeline, int r, char **why)
{
    if (r == 0 && pipeline->filters->len > 0 && !pipeline->words[0]) {
        *why = g_strdup("there is no command before \"|\"");
        r = -EINVAL;
    }
    if (r < 0)
        vane_pipeline_clear(pipeline);
    return r;
}

static int split(const char *text, char ***words, char **why)
{
    struct vane_line line = {0};
    struct vane_line_error error = {0};

    if (vane_line_split(text, &line, &error) < 0) {
        *why = g_strdup_printf("%s (column %zu)", error.message, error.column);
        return -EINVAL;
    }
    *words = g_steal_pointer(&line.words);
    vane_line_clear(&line);
    return 0;
}

int vane_pipeline_parse(const char *text, struct vane_pipeline *pipeline, char **why)
{
    const char *bar = vane_line_find(text, '|');
    g_autofree char *command = bar ? g_strndup(text, (gsize)(bar - text)) : g_strdup(text);
    int r;

    *why = NULL;
    pipeline_init(pipeline);
    r = split(command, &pipeline->words, why);
    if (r == 0)
        r = parse_filters(pipeline, bar, why);
    return end(pipeline, r, why);
}

/* A shell has taken the quotes away already, so a word is taken as it is. */
static int filter_of_words(GArray *filters, char *const *words, guint count, char **why)
{
    const char *name = words[0] + 1; /* behind the bar */
    g_autofree char *expression = NULL;
    guint first = 1;
    int kind;

    name += strspn(name, BLANKS);
    if (*name && (count == 1 || strpbrk(name, BLANKS))) {
        g_autofree char *whole = g_strjoinv(" ", (char **)words);

        return parse_filter(filters, whole + 1, why);
    }
    if (!*name)
        name = count > first ? words[first++] : "";
    kind = find_kind(name, why);
    if (kind < 0)
        return kind;
    expression = g_strjoinv(" ", (char **)words + first);
    return add_filter(filters, kind, expression, why);
}

int vane_pipeline_from_words(char *const *words, struct vane_pipeline *pipeline, char **why)
{
    guint count = g_strv_length((char **)words), at = 0;
    g_autoptr(GPtrArray) command = g_ptr_array_new();
    int r = 0;

    *why = NULL;
    pipeline_init(pipeline);
    while (at < count && words[at][0] != '|')
        g_ptr_array_add(command, g_strdup(words[at++]));
    g_ptr_array_add(command, NULL);
    pipeline->words = (char **)g_ptr_array_free(g_steal_pointer(&command), FALSE);
    while (r == 0 && at < count) {
        g_autofree char **part = NULL;
        guint next = at + 1;

        while (next < count && words[next][0] != '|')
            next++;
        part = g_new0(char *, (gsize)(next - at) + 1);
        memcpy(part, words + at, (next - at) * sizeof(*words));
        r = filter_of_words(pipeline->filters, part, next - at, why);
        at = next;
    }
    return end(pipeline, r, why);
}

void vane_pipeline_clear(struct vane_pipeline *pipeline)
{
    g_strfreev(pipeline->words);
    g_clear_pointer(&pipeline->filters, g_array_unref);
    *pipeline = (struct vane_pipeline){0};
}

static const struct vane_filter *filter_at(const struct vane_pipeline *pipeline, guint index)
{
    return &g_array_index(pipeline->filters, struct vane_filter, index);
}

bool vane_pipeline_has(const struct vane_pipeline *pipeline, enum vane_filter_kind kind)
{
    for (guint i = 0; i < pipeline->filters->len; i++) {
        if (filter_at(pipeline, i)->kind == kind)
            return true;
    }
    return false;
}

bool vane_pipeline_filters_lines(const struct vane_pipeline *pipeline)
{
    return vane_pipeline_has(pipeline, VANE_FILTER_INCLUDE) ||
           vane_pipeline_has(pipeline, VANE_FILTER_EXCLUDE) ||
           vane_pipeline_has(pipeline, VANE_FILTER_BEGIN) ||
           vane_pipeline_has(pipeline, VANE_FILTER_SECTION) ||
           vane_pipeline_has(pipeline, VANE_FILTER_COUNT);
}
