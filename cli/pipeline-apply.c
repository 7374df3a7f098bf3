/* What filters do to lines. See pipeline.h. */
#include "cli/pipeline.h"

#include <string.h>

/* 1 or 0, or -1 with a reason: the expression needs more steps than one line is worth. */
static int matches(const struct vane_filter *filter, const char *line, gsize length, char **why)
{
    g_autoptr(GError) error = NULL;
    gboolean found = g_regex_match_full(filter->regex, line, (gssize)length, 0, 0, NULL, &error);

    if (!error)
        return found;
    *why = g_strdup_printf("the regular expression cannot be matched: %s", error->message);
    return -1;
}

/* The end of what is kept or dropped as one: a line, or a section. */
static const char *end_of(const struct vane_filter *filter, const char *text)
{
    const char *end = strchrnul(text, '\n');

    while (filter->kind == VANE_FILTER_SECTION && *end && end[1] == ' ')
        end = strchrnul(end + 1, '\n');
    return end;
}

/* Keeps the lines that a filter lets through; false with a reason. */
static bool filter_lines(const struct vane_filter *filter, const char *text, GString *out,
                         char **why)
{
    bool begun = false;

    while (*text) {
        const char *end = end_of(filter, text);
        int found = begun ? 1 : matches(filter, text, (gsize)(end - text), why);

        if (found < 0)
            return false;
        begun = filter->kind == VANE_FILTER_BEGIN && found;
        if (found == (filter->kind != VANE_FILTER_EXCLUDE)) {
            g_string_append_len(out, text, end - text);
            g_string_append_c(out, '\n');
        }
        text = *end ? end + 1 : end;
    }
    return true;
}

static guint count_lines(const char *text)
{
    guint count = 0;

    for (; *text; text++)
        count += *text == '\n' || !text[1];
    return count;
}

/* False with a reason. `text` becomes what the filter leaves of it. */
static bool apply(const struct vane_filter *filter, GString **text, guint rows, bool first,
                  char **why)
{
    GString *out = g_string_new(NULL);
    bool done = true;

    switch (filter->kind) {
    case VANE_FILTER_INCLUDE:
    case VANE_FILTER_EXCLUDE:
    case VANE_FILTER_BEGIN:
    case VANE_FILTER_SECTION:
        done = filter_lines(filter, (*text)->str, out, why);
        break;
    case VANE_FILTER_COUNT:
        g_string_printf(out, "%u\n", first ? rows : count_lines((*text)->str));
        break;
    case VANE_FILTER_JSON:
    case VANE_FILTER_NO_MORE:
        g_string_append_len(out, (*text)->str, (gssize)(*text)->len);
        break;
    }
    g_string_free(*text, TRUE);
    *text = out;
    return done;
}

GString *vane_pipeline_apply(const struct vane_pipeline *pipeline, const char *text, guint rows,
                             char **why)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1); /* for glib, which does not look */
    GString *out = g_string_new(valid);
    bool first = true;

    for (guint i = 0; i < pipeline->filters->len; i++) {
        const struct vane_filter *filter = &g_array_index(pipeline->filters, struct vane_filter, i);

        if (!apply(filter, &out, rows, first, why)) {
            g_string_free(out, TRUE);
            return NULL;
        }
        first &= filter->kind == VANE_FILTER_JSON || filter->kind == VANE_FILTER_NO_MORE;
    }
    return out;
}
