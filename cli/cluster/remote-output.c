/* What several machines answered to one command. See remote-output.h. */
#include "cli/cluster/remote-output.h"

#include <string.h>

#include "cli/cluster/answers.h"
#include "cli/value.h"
#include "lib/json/copy.h"
#include "lib/json/writer.h"
#include "lib/text/printable.h"

#define NODE "@node" /* no member of a result is called so */

static const struct vane_answer *at(const GPtrArray *answers, guint index)
{
    return g_ptr_array_index(answers, index);
}

static struct vane_json_view value_of(const struct vane_answer *answer)
{
    return vane_json_root(answer->value, strlen(answer->value));
}

char *vane_remote_title(const GPtrArray *answers, guint index)
{
    const struct vane_answer *answer = at(answers, index);
    bool shared = false;

    if (!answer->name)
        return g_strdup(answer->nkey);
    for (guint i = 0; i < answers->len; i++)
        shared |= i != index && g_strcmp0(at(answers, i)->name, answer->name) == 0;
    return shared ? g_strdup_printf("%s (%s)", answer->name, answer->nkey) : g_strdup(answer->name);
}

/* ---- one table ---- */

static bool all_are_tables(const GPtrArray *answers)
{
    guint tables = 0;

    for (guint i = 0; i < answers->len; i++) {
        if (!at(answers, i)->value)
            continue;
        if (!vane_rendering_is_table(value_of(at(answers, i))))
            return false;
        tables++;
    }
    return tables > 0;
}

/* Machines of other versions may have other columns. */
static void add_columns(struct vane_json *json, struct vane_json_view answer, GHashTable *seen)
{
    struct vane_json_cursor cursor = vane_json_walk(vane_cli_member(answer, "columns"));
    struct vane_json_view column;

    while (vane_json_next_element(&cursor, &column))
        if (g_hash_table_add(seen, vane_cli_text(vane_cli_member(column, "member"))))
            vane_json_copy(json, column);
}

static void write_columns(struct vane_json *json, const GPtrArray *answers)
{
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    vane_json_array_begin(json);
    vane_json_object_begin(json);
    vane_json_member_string(json, "title", "Node");
    vane_json_member_string(json, "member", NODE);
    vane_json_object_end(json);
    for (guint i = 0; i < answers->len; i++)
        if (at(answers, i)->value)
            add_columns(json, value_of(at(answers, i)), seen);
    vane_json_array_end(json);
    g_hash_table_unref(seen);
}

static void write_row(struct vane_json *json, const char *title, struct vane_json_view row)
{
    struct vane_json_cursor cursor = vane_json_walk(row);
    struct vane_json_view key, value;

    vane_json_object_begin(json);
    vane_json_member_string(json, NODE, title);
    while (vane_json_next_member(&cursor, &key, &value)) {
        g_autofree char *name = NULL;

        if (vane_json_get_string(key, &name) < 0)
            continue;
        vane_json_key(json, name);
        vane_json_copy(json, value);
    }
    vane_json_object_end(json);
}

static void write_rows(struct vane_json *json, const GPtrArray *answers)
{
    struct vane_json_view row;

    vane_json_array_begin(json);
    for (guint i = 0; i < answers->len; i++) {
        g_autofree char *title = vane_remote_title(answers, i);
        struct vane_json_cursor cursor = {NULL, NULL};

        if (at(answers, i)->value)
            cursor = vane_json_walk(vane_cli_member(value_of(at(answers, i)), "result"));
        while (vane_json_next_element(&cursor, &row))
            write_row(json, title, row);
    }
    vane_json_array_end(json);
}

static void render_table(struct vane_rendering *rendering, const GPtrArray *answers)
{
    struct vane_json json = {0};
    const char *text;
    size_t length;

    vane_json_object_begin(&json);
    vane_json_key(&json, "columns");
    write_columns(&json, answers);
    vane_json_key(&json, "result");
    write_rows(&json, answers);
    vane_json_object_end(&json);
    text = vane_json_text(&json, &length);
    vane_rendering_make(rendering, vane_json_root(text, length), false);
    vane_json_clear(&json);
}

/* ---- one after the other ---- */

static void append_group(struct vane_rendering *rendering, const char *title,
                         struct vane_json_view answer)
{
    g_autofree char *printable = vane_text_printable(title, strlen(title));
    struct vane_rendering one;

    vane_rendering_make(&one, answer, false);
    g_string_append_printf(rendering->body, "%s%s:\n", rendering->body->len ? "\n" : "", printable);
    g_string_append_len(rendering->body, one.head->str, (gssize)one.head->len);
    g_string_append_len(rendering->body, one.body->str, (gssize)one.body->len);
    rendering->rows += one.rows;
    vane_rendering_clear(&one);
}

void vane_remote_render(struct vane_rendering *rendering, const GPtrArray *answers)
{
    if (all_are_tables(answers)) {
        render_table(rendering, answers);
        return;
    }
    *rendering = (struct vane_rendering){g_string_new(NULL), g_string_new(NULL), 0};
    for (guint i = 0; i < answers->len; i++) {
        g_autofree char *title = vane_remote_title(answers, i);

        if (at(answers, i)->value)
            append_group(rendering, title, value_of(at(answers, i)));
    }
}

/* ---- JSON ---- */

void vane_remote_render_json(struct vane_rendering *rendering, const GPtrArray *answers,
                             const GPtrArray *silent, unsigned flags)
{
    const struct vane_question question = {.member = "result", .silent = silent};

    *rendering = (struct vane_rendering){g_string_new(NULL), g_string_new(NULL), answers->len};
    vane_answers_json(rendering->body, &question, answers, flags);
}
