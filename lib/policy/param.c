/* Reading one parameter of an action. See param.h. */
#include "lib/policy/param.h"

#include <string.h>

#include "lib/policy/subjects.h"
#include "lib/text/span.h"
#include "lib/topic.h"

#define TEXT_MAX   4096u
#define VALUES_MAX 64u
#define SPAN_MAX   (UINT64_C(366) * 86400 * 1000000)

static bool wrong(const struct vane_policy_param_reading *it, struct vane_json_view json,
                  const char *what)
{
    vane_policy_problem(it->reading->problems, it->reading->rule, json.at, "\"%s\" must be %s",
                        it->form->name, what);
    return false;
}

static bool read_expression(const struct vane_policy_param_reading *it, struct vane_json_view json,
                            unsigned flags)
{
    struct vane_policy_value value = {0};

    value.program = vane_policy_compile(it->reading, json, it->form->name, it->rule->group, flags);
    if (value.program)
        g_array_append_val(it->param->values, value);
    return value.program != NULL;
}

/* A constant, or {"cel": EXPRESSION}. */
static bool read_value(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    struct vane_policy_value value = {0};
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view key, text, more;

    if (vane_json_type_of(json) == VANE_JSON_OBJECT) {
        if (!vane_json_next_member(&cursor, &key, &text) || !vane_json_equals(key, "cel") ||
            vane_json_next_member(&cursor, &key, &more))
            return wrong(it, json, "a value, or {\"cel\":\"EXPRESSION\"}");
        return read_expression(it, text, 0);
    }
    value.constant = vane_policy_constant_read(json);
    if (!value.constant)
        return wrong(it, json, "a text, a number, true, false, null or a list of them");
    g_array_append_val(it->param->values, value);
    return true;
}

static bool read_values(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view element;
    bool good = true;

    if (vane_json_type_of(json) != VANE_JSON_ARRAY)
        return wrong(it, json, "a list");
    while (good && vane_json_next_element(&cursor, &element))
        good = it->param->values->len < VALUES_MAX ? read_value(it, element)
                                                   : wrong(it, element, "shorter");
    return good;
}

static bool is_field(const char *text)
{
    return *text && strlen(text) <= 64 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

static bool read_object(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view key, value;
    bool good = true;

    if (vane_json_type_of(json) != VANE_JSON_OBJECT)
        return wrong(it, json, "an object");
    while (good && vane_json_next_member(&cursor, &key, &value)) {
        char *name = NULL;

        if (vane_json_get_string(key, &name) == 0)
            g_ptr_array_add(it->param->keys, name);
        if (!name || !is_field(name) || it->param->keys->len > VALUES_MAX)
            return wrong(it, key, "an object of at most 64 members with names of [a-z0-9_]");
        good = read_value(it, value);
    }
    return good;
}

static bool read_number(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    g_autofree char *what =
        g_strdup_printf("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                        it->form->min, it->form->max);
    int64_t number;

    if (vane_json_get_int64(json, &number) < 0 || number < it->form->min || number > it->form->max)
        return wrong(it, json, what);
    it->param->number = number;
    return true;
}

static bool read_span(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    g_autofree char *text = NULL;
    uint64_t span = 0;

    if (vane_json_get_string(json, &text) < 0 || vane_text_parse_span(text, &span) < 0 ||
        span < 1000 || span > SPAN_MAX)
        return wrong(it, json, "a span of time from 1ms to a year, as \"1min\"");
    it->param->number = (int64_t)(span / 1000);
    return true;
}

static bool read_choice(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    g_auto(GStrv) choices = g_strsplit(it->form->choices, " ", -1);
    g_autofree char *list = g_strjoinv(", ", choices), *what = NULL;

    for (int64_t i = 0; choices[i]; i++)
        if (vane_json_equals(json, choices[i])) {
            it->param->number = i;
            return true;
        }
    what = g_strdup_printf("one of %s", list);
    return wrong(it, json, what);
}

static bool read_text(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    it->param->text = vane_policy_read_text(it->reading, json, it->form->name, TEXT_MAX);
    return it->param->text != NULL;
}

static bool read_path(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    if (!read_text(it, json))
        return false;
    return it->param->text[0] == '/' || wrong(it, json, "an absolute path");
}

static bool read_topic(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    if (!read_text(it, json))
        return false;
    if (!vane_topic_valid(it->param->text))
        return wrong(it, json, "a topic, as \"site.night\"");
    return !vane_policy_taken(it->param->text) ||
           wrong(it, json, "a topic with a first token of your own, as \"site.night\"");
}

static bool read_fact(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    g_autofree char *name = vane_policy_read_text(it->reading, json, it->form->name, 64);

    if (!name)
        return false;
    if (!is_field(name) || g_ascii_isdigit(name[0]))
        return wrong(it, json, "a name of [a-z0-9_] that begins with no digit");
    it->param->text = g_strconcat("facts.", name, NULL);
    return g_ptr_array_find_with_equal_func(it->reading->policy->facts, it->param->text,
                                            g_str_equal, NULL) ||
           wrong(it, json, "one of the first 1,024 facts that the document sets");
}

static bool read_measure(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    if (!read_expression(it, json, 0))
        return false;
    switch (vane_cel_program_kind(
        g_array_index(it->param->values, struct vane_policy_value, 0).program)) {
    case VANE_CEL_INT:
    case VANE_CEL_UINT:
    case VANE_CEL_DOUBLE:
    case VANE_CEL_DYN:
        return true;
    default:
        return wrong(it, json, "an expression that gives a number");
    }
}

bool vane_policy_param_read(const struct vane_policy_param_reading *it, struct vane_json_view json)
{
    it->param->given = true;
    switch (it->form->kind) {
    case VANE_POLICY_A_TEXT:
        return read_text(it, json);
    case VANE_POLICY_A_VALUE:
        return read_value(it, json);
    case VANE_POLICY_A_VALUES:
        return read_values(it, json);
    case VANE_POLICY_A_OBJECT:
        return read_object(it, json);
    case VANE_POLICY_A_NUMBER:
        return read_number(it, json);
    case VANE_POLICY_A_SPAN:
        return read_span(it, json);
    case VANE_POLICY_A_CHOICE:
        return read_choice(it, json);
    case VANE_POLICY_A_PATH:
        return read_path(it, json);
    case VANE_POLICY_A_TOPIC:
        return read_topic(it, json);
    case VANE_POLICY_A_FACT:
        return read_fact(it, json);
    case VANE_POLICY_A_CONDITION:
        return read_expression(it, json, VANE_CEL_CONDITION);
    case VANE_POLICY_A_MEASURE:
        return read_measure(it, json);
    }
    return false;
}
