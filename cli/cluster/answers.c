/* What machines answered. See answers.h. */
#include "cli/cluster/answers.h"

#include <string.h>

#include "lib/json/copy.h"
#include "lib/json/reader.h"
#include "lib/json/writer.h"
#include "lib/text/printable.h"

void vane_answer_free(struct vane_answer *answer)
{
    g_free(answer->nkey);
    g_free(answer->name);
    g_free(answer->signature);
    g_free(answer->value);
    g_free(answer->error);
    g_free(answer->error_code);
    g_free(answer->unproven);
    g_free(answer);
}

GPtrArray *vane_answers_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)vane_answer_free);
}

static const struct vane_answer *at(const GPtrArray *answers, guint index)
{
    return g_ptr_array_index(answers, index);
}

void vane_answers_put(GPtrArray *answers, struct vane_answer *answer)
{
    for (guint i = 0; i < answers->len; i++) {
        if (g_str_equal(at(answers, i)->nkey, answer->nkey)) {
            g_ptr_array_remove_index(answers, i);
            break;
        }
    }
    g_ptr_array_add(answers, answer);
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const struct vane_answer *left = *(struct vane_answer *const *)a;
    const struct vane_answer *right = *(struct vane_answer *const *)b;
    int order = g_strcmp0(left->name, right->name);

    return order ? order : strcmp(left->nkey, right->nkey);
}

void vane_answers_sort(GPtrArray *answers)
{
    g_ptr_array_sort(answers, compare);
}

bool vane_answers_have_error(const GPtrArray *answers)
{
    for (guint i = 0; i < answers->len; i++)
        if (at(answers, i)->error)
            return true;
    return false;
}

/* ---- text ---- */

static void header(GString *out, const char *title, const char *text)
{
    g_autofree char *printable = text ? vane_text_printable(text, strlen(text)) : NULL;

    if (text)
        g_string_append_printf(out, "%s: %s\n", title, printable);
}

/* In plain ASCII where it could steer a terminal otherwise. */
static void value(GString *out, const char *text, unsigned flags)
{
    struct vane_json json;

    vane_json_init(&json, flags);
    vane_json_copy(&json, vane_json_root(text, strlen(text)));
    g_string_append(out, vane_json_text(&json, NULL));
    vane_json_clear(&json);
}

static void error(GString *out, const struct vane_answer *answer)
{
    g_autofree char *code =
        answer->error_code ? g_strdup_printf(" (%s)", answer->error_code) : g_strdup("");
    g_autofree char *text = g_strconcat("Error: ", answer->error, code, NULL);
    g_autofree char *printable = vane_text_printable(text, strlen(text));

    g_string_append_printf(out, "%s\n", printable);
}

void vane_answers_text(GString *out, const GPtrArray *answers, unsigned flags)
{
    for (guint i = 0; i < answers->len; i++) {
        const struct vane_answer *answer = at(answers, i);

        g_string_append(out, i > 0 ? "\n" : "");
        header(out, "NKey", answer->nkey);
        header(out, "Name", answer->name);
        header(out, "Signature", answer->signature);
        header(out, "Unverified", answer->unproven);
        g_string_append_c(out, '\n');
        if (answer->error)
            error(out, answer);
        else
            value(out, answer->value, flags);
        g_string_append(out, answer->error ? "" : "\n");
    }
}

/* ---- JSON ---- */

static void write_value(struct vane_json *json, const char *text, const char *member)
{
    struct vane_json_view view = vane_json_root(text, strlen(text));

    if (member && !vane_json_find(view, member, &view))
        vane_json_null(json);
    else
        vane_json_copy(json, view);
}

static void write_answer(struct vane_json *json, const struct vane_answer *answer,
                         const char *member)
{
    vane_json_object_begin(json);
    vane_json_member_string(json, "nkey", answer->nkey);
    if (answer->name)
        vane_json_member_string(json, "name", answer->name);
    vane_json_member_bool(json, "verified", !answer->unproven);
    vane_json_member_string(json, "error", answer->error);
    if (answer->error_code)
        vane_json_member_string(json, "error_code", answer->error_code);
    if (answer->signature)
        vane_json_member_string(json, "signature", answer->signature);
    vane_json_key(json, "value");
    if (answer->value)
        write_value(json, answer->value, member);
    else
        vane_json_null(json);
    vane_json_object_end(json);
}

void vane_answers_json(GString *out, const struct vane_question *question, const GPtrArray *answers,
                       unsigned flags)
{
    struct vane_json json;

    vane_json_init(&json, flags);
    vane_json_object_begin(&json);
    if (question->destination)
        vane_json_member_string(&json, "destination", question->destination);
    if (question->path)
        vane_json_member_string(&json, "path", question->path);
    vane_json_key(&json, "responses");
    vane_json_array_begin(&json);
    for (guint i = 0; i < answers->len; i++)
        write_answer(&json, at(answers, i), question->member);
    vane_json_array_end(&json);
    vane_json_key(&json, "silent");
    vane_json_array_begin(&json);
    for (guint i = 0; i < question->silent->len; i++)
        vane_json_string(&json, g_ptr_array_index(question->silent, i));
    vane_json_array_end(&json);
    vane_json_object_end(&json);
    g_string_append_printf(out, "%s\n", vane_json_text(&json, NULL));
    vane_json_clear(&json);
}
