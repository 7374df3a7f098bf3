/* Answers as text. See execute.h. */
#include "cli/execute.h"

#include <string.h>

#include "cli/output.h"
#include "cli/table.h"
#include "cli/tree.h"
#include "cli/value.h"

static guint count_elements(struct vane_json_view list)
{
    struct vane_json_cursor cursor = vane_json_walk(list);
    struct vane_json_view element;
    guint count = 0;

    while (vane_json_next_element(&cursor, &element))
        count++;
    return count;
}

static void show_elements(GString *out, struct vane_json_view list)
{
    struct vane_json_cursor elements = vane_json_walk(list);
    struct vane_json_view element;

    while (vane_json_next_element(&elements, &element)) {
        g_autofree char *text = NULL;

        if (vane_json_type_of(element) == VANE_JSON_OBJECT) {
            g_string_append(out, out->len ? "\n" : "");
            vane_cli_members(out, element, 0);
            continue;
        }
        text = vane_cli_text(element);
        g_string_append_printf(out, "%s\n", text);
    }
}

static bool is_story(struct vane_json_view answer)
{
    g_autofree char *command = vane_cli_text(vane_cli_member(answer, "command"));

    return g_str_has_prefix(command, "show event ") ||
           g_str_has_prefix(command, "show journal event ");
}

bool vane_rendering_is_table(struct vane_json_view answer)
{
    struct vane_json_cursor cursor = vane_json_walk(vane_cli_member(answer, "columns"));
    struct vane_json_view column;

    return vane_json_type_of(vane_cli_member(answer, "result")) == VANE_JSON_ARRAY &&
           !is_story(answer) && vane_json_next_element(&cursor, &column);
}

static void show_list(struct vane_rendering *rendering, struct vane_json_view answer)
{
    struct vane_json_view columns = vane_cli_member(answer, "columns");
    struct vane_json_view result = vane_cli_member(answer, "result");

    rendering->rows = count_elements(result);
    if (is_story(answer))
        vane_cli_tree(rendering->body, result);
    else if (vane_rendering_is_table(answer))
        vane_cli_table(rendering->head, rendering->body, columns, result);
    else
        show_elements(rendering->body, result);
}

/* What is only a sentence is shown as one. */
static bool is_sentence(struct vane_json_view object)
{
    struct vane_json_cursor cursor = vane_json_walk(object);
    struct vane_json_view key, value;

    return vane_json_next_member(&cursor, &key, &value) && vane_json_equals(key, "message") &&
           !vane_json_next_member(&cursor, &key, &value);
}

static void show_object(GString *out, struct vane_json_view object)
{
    g_autofree char *text = NULL;

    if (!is_sentence(object)) {
        vane_cli_members(out, object, 0);
        return;
    }
    text = vane_cli_text(vane_cli_member(object, "message"));
    g_string_append_printf(out, "%s\n", text);
}

static guint count_lines(const GString *text)
{
    guint lines = 0;

    for (gsize i = 0; i < text->len; i++)
        lines += text->str[i] == '\n';
    return lines;
}

void vane_rendering_make(struct vane_rendering *rendering, struct vane_json_view answer, bool json)
{
    struct vane_json_view result = vane_cli_member(answer, "result");
    bool is_list = vane_json_type_of(result) == VANE_JSON_ARRAY;
    g_autofree char *line = NULL;

    *rendering = (struct vane_rendering){g_string_new(NULL), g_string_new(NULL), 0};
    if (!json && is_list) {
        show_list(rendering, answer);
        return;
    }
    if (!json && vane_json_type_of(result) == VANE_JSON_OBJECT) {
        show_object(rendering->body, result);
    } else {
        line = json ? vane_cli_json_line(result) : vane_cli_text(result);
        g_string_append_printf(rendering->body, "%s\n", line);
    }
    rendering->rows = is_list ? count_elements(result) : count_lines(rendering->body);
}

void vane_rendering_clear(struct vane_rendering *rendering)
{
    g_string_free(rendering->head, TRUE);
    g_string_free(rendering->body, TRUE);
}
