/* Tables. See table.h. */
#include "cli/table.h"

#include "cli/details.h"
#include "cli/value.h"
#include "cli/width.h"

#define GAP 3u

struct column {
    char *title;
    char *member;
    size_t width;
    GPtrArray *cells; /* one a row: a GPtrArray of lines */
};

static void column_clear(gpointer data)
{
    struct column *column = data;

    g_free(column->title);
    g_free(column->member);
    g_ptr_array_unref(column->cells);
}

static GArray *read_columns(struct vane_json_view list)
{
    GArray *columns = g_array_new(FALSE, TRUE, sizeof(struct column));
    struct vane_json_cursor cursor = vane_json_walk(list);
    struct vane_json_view element;

    g_array_set_clear_func(columns, column_clear);
    while (vane_json_next_element(&cursor, &element)) {
        struct column column = {
            .title = vane_cli_text(vane_cli_member(element, "title")),
            .member = vane_cli_text(vane_cli_member(element, "member")),
            .cells = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref),
        };

        g_array_append_val(columns, column);
    }
    return columns;
}

static GPtrArray *one_line(char *text)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(lines, text);
    return lines;
}

/* Events look the same everywhere. */
static GPtrArray *cell_lines(const struct column *column, struct vane_json_view row)
{
    struct vane_json_view topic;
    bool is_event = vane_json_find(row, "topic", &topic);

    if (is_event && g_str_equal(column->member, "payload"))
        return one_line(vane_cli_details(row));
    if (is_event && g_str_equal(column->member, "time"))
        return one_line(vane_cli_time(row));
    return vane_cli_lines(vane_cli_member(row, column->member));
}

static void add_cell(struct column *column, struct vane_json_view row)
{
    GPtrArray *lines = cell_lines(column, row);

    for (guint i = 0; i < lines->len; i++)
        column->width = MAX(column->width, vane_cli_width(g_ptr_array_index(lines, i)));
    g_ptr_array_add(column->cells, lines);
}

static void drop_empty(GArray *columns)
{
    for (guint i = columns->len; i > 0; i--) {
        struct column *column = &g_array_index(columns, struct column, i - 1);

        if (column->width == 0 && column->cells->len > 0 && columns->len > 1)
            g_array_remove_index(columns, i - 1);
        else
            column->width = MAX(column->width, vane_cli_width(column->title));
    }
}

static void trim(GString *out)
{
    while (out->len > 0 && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
}

static void end_line(GString *out)
{
    trim(out);
    g_string_append_c(out, '\n');
}

static void append_cell(GString *out, const struct column *column, const char *text)
{
    g_string_append(out, text);
    vane_cli_pad(out, vane_cli_width(text), column->width + GAP);
}

static void append_head(GString *out, const GArray *columns)
{
    for (guint i = 0; i < columns->len; i++)
        append_cell(out, &g_array_index(columns, struct column, i),
                    g_array_index(columns, struct column, i).title);
    end_line(out);
    for (guint i = 0; i < columns->len; i++) {
        const struct column *column = &g_array_index(columns, struct column, i);
        g_autofree char *rule = g_strnfill(column->width, '-');

        append_cell(out, column, rule);
    }
    end_line(out);
}

/* False when no cell of the row has so many lines. */
static bool append_line(GString *out, const GArray *columns, guint row, guint line)
{
    gsize before = out->len;
    bool some = line == 0;

    for (guint i = 0; i < columns->len; i++) {
        const struct column *column = &g_array_index(columns, struct column, i);
        const GPtrArray *lines = g_ptr_array_index(column->cells, row);

        some |= line < lines->len;
        append_cell(out, column, line < lines->len ? g_ptr_array_index(lines, line) : "");
    }
    if (some)
        end_line(out);
    else
        g_string_truncate(out, before);
    return some;
}

void vane_cli_table(GString *head, GString *out, struct vane_json_view list,
                    struct vane_json_view rows)
{
    g_autoptr(GArray) columns = read_columns(list);
    struct vane_json_cursor cursor = vane_json_walk(rows);
    struct vane_json_view row;
    guint count = 0;

    for (; vane_json_next_element(&cursor, &row); count++) {
        for (guint i = 0; i < columns->len; i++)
            add_cell(&g_array_index(columns, struct column, i), row);
    }
    drop_empty(columns);
    append_head(head, columns);
    for (guint i = 0; i < count; i++) {
        for (guint line = 0; append_line(out, columns, i, line); line++)
            ;
    }
}
