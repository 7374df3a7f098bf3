/* The actions of a rule: which parameters each has, and reading them. See policy.h. */
#include <string.h>

#include "lib/array.h"
#include "lib/policy/read-internal.h"
#include "lib/text/nearest.h"
#include "lib/text/span.h"
#include "lib/topic.h"

#define TEXT_MAX   4096u
#define VALUES_MAX 64u
#define SPAN_MAX   (UINT64_C(366) * 86400 * 1000000)

enum param_kind {
    TEXT,
    VALUE,
    VALUES,
    OBJECT,
    NUMBER,
    SPAN,
    CHOICE,
    PATH,
    TOPIC,
    FACT,
    CONDITION,
};

struct param_form {
    const char *name; /* NULL: no more */
    enum param_kind kind;
    bool required;
    int64_t min, max, fallback;
    const char *choices; /* separated by spaces */
};

struct action_form {
    const char *name;
    struct param_form params[VANE_POLICY_PARAMS_MAX];
    bool of_members; /* acts on a membership; further parameters are that one's affair */
};

#define REASON                                                                                     \
    {                                                                                              \
        .name = "reason", .kind = TEXT                                                             \
    }

static const struct action_form forms[] = {
    [VANE_POLICY_ALLOW] = {"allow", {REASON}},
    [VANE_POLICY_DENY] = {"deny", {REASON}},
    [VANE_POLICY_TAG] = {"tag",
                         {{.name = "add", .kind = VALUES},
                          {.name = "remove", .kind = VALUES},
                          {.name = "target", .kind = CHOICE, .choices = "local peer"}}},
    [VANE_POLICY_LOG] = {"log",
                         {{.name = "message", .kind = VALUE},
                          {.name = "level",
                           .kind = CHOICE,
                           .choices = "error warning notice info debug",
                           .fallback = 3}}},
    [VANE_POLICY_WEBHOOK] = {"webhook",
                             {{.name = "endpoint", .kind = TEXT},
                              {.name = "payload", .kind = OBJECT}}},
    [VANE_POLICY_RATE_LIMIT] =
        {"rate_limit",
         {{.name = "count", .kind = NUMBER, .required = true, .min = 1, .max = 100000},
          {.name = "per", .kind = SPAN, .required = true, .min = 1},
          {.name = "key", .kind = VALUE}}},
    [VANE_POLICY_RUN] = {"run",
                         {{.name = "path", .kind = PATH, .required = true},
                          {.name = "arguments", .kind = VALUES},
                          {.name = "timeout", .kind = SPAN, .fallback = 30000}}},
    [VANE_POLICY_LINK] =
        {"link",
         {{.name = "interface", .kind = VALUE},
          {.name = "change", .kind = CHOICE, .required = true, .choices = "up down mtu"},
          {.name = "mtu", .kind = NUMBER, .min = 68, .max = 65536}}},
    [VANE_POLICY_SET] = {"set",
                         {{.name = "name", .kind = FACT, .required = true},
                          {.name = "value", .kind = VALUE, .required = true}}},
    [VANE_POLICY_PUBLISH] = {"publish",
                             {{.name = "topic", .kind = TOPIC, .required = true},
                              {.name = "payload", .kind = OBJECT}}},
    [VANE_POLICY_EVICT] = {"evict", {REASON}, .of_members = true},
    [VANE_POLICY_EVICT_WHERE] = {"evict_where",
                                 {{.name = "match", .kind = CONDITION, .required = true}},
                                 .of_members = true},
    [VANE_POLICY_PRUNE] = {"prune", {{0}}, .of_members = true},
    [VANE_POLICY_FILL] = {"fill", {{0}}, .of_members = true},
    [VANE_POLICY_PRUNE_TRUST] = {"prune_trust", {{0}}, .of_members = true},
    [VANE_POLICY_FILL_TRUST] = {"fill_trust", {{0}}, .of_members = true},
};

const char *vane_policy_verb_name(enum vane_policy_verb verb)
{
    return forms[verb].name;
}

static void clear_value(gpointer data)
{
    struct vane_policy_value *value = data;

    g_free(value->constant);
    vane_cel_program_free(value->program);
}

/* ---- one parameter ---- */

struct param_reading {
    struct vane_policy_reading *reading;
    struct vane_policy_rule *rule;
    const struct param_form *form;
    struct vane_policy_param *param;
};

static bool wrong(const struct param_reading *it, struct vane_json_view json, const char *what)
{
    vane_policy_problem(it->reading->problems, it->reading->rule, json.at, "\"%s\" must be %s",
                        it->form->name, what);
    return false;
}

static bool read_expression(const struct param_reading *it, struct vane_json_view json,
                            unsigned flags)
{
    struct vane_policy_value value = {0};

    value.program = vane_policy_compile(it->reading, json, it->form->name, it->rule->group, flags);
    if (value.program)
        g_array_append_val(it->param->values, value);
    return value.program != NULL;
}

/* A constant, or {"cel": EXPRESSION}. */
static bool read_value(const struct param_reading *it, struct vane_json_view json)
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

static bool read_values(const struct param_reading *it, struct vane_json_view json)
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

static bool read_object(const struct param_reading *it, struct vane_json_view json)
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

static bool read_number(const struct param_reading *it, struct vane_json_view json)
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

static bool read_span(const struct param_reading *it, struct vane_json_view json)
{
    g_autofree char *text = NULL;
    uint64_t span = 0;

    if (vane_json_get_string(json, &text) < 0 || vane_text_parse_span(text, &span) < 0 ||
        span < 1000 || span > SPAN_MAX)
        return wrong(it, json, "a span of time from 1ms to a year, as \"1min\"");
    it->param->number = (int64_t)(span / 1000);
    return true;
}

static bool read_choice(const struct param_reading *it, struct vane_json_view json)
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

static bool read_text(const struct param_reading *it, struct vane_json_view json)
{
    it->param->text = vane_policy_read_text(it->reading, json, it->form->name, TEXT_MAX);
    return it->param->text != NULL;
}

static bool read_path(const struct param_reading *it, struct vane_json_view json)
{
    if (!read_text(it, json))
        return false;
    return it->param->text[0] == '/' || wrong(it, json, "an absolute path");
}

/* What the engine publishes itself, and the denials that would be forged. */
static bool is_reserved(const char *topic)
{
    static const char *const prefixes[] = {"engine.", "link.",   "address.", "route.",
                                           "wifi.",   "plugin.", "config.",  "policy."};

    for (size_t i = 0; i < ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(topic, prefixes[i]))
            return true;
    return !strchr(topic, '.');
}

static bool read_topic(const struct param_reading *it, struct vane_json_view json)
{
    if (!read_text(it, json))
        return false;
    if (!vane_topic_valid(it->param->text))
        return wrong(it, json, "a topic, as \"site.night\"");
    return !is_reserved(it->param->text) ||
           wrong(it, json, "a topic with a first token of your own, as \"site.night\"");
}

static bool read_fact(const struct param_reading *it, struct vane_json_view json)
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

static bool read_param(const struct param_reading *it, struct vane_json_view json)
{
    it->param->given = true;
    switch (it->form->kind) {
    case TEXT:
        return read_text(it, json);
    case VALUE:
        return read_value(it, json);
    case VALUES:
        return read_values(it, json);
    case OBJECT:
        return read_object(it, json);
    case NUMBER:
        return read_number(it, json);
    case SPAN:
        return read_span(it, json);
    case CHOICE:
        return read_choice(it, json);
    case PATH:
        return read_path(it, json);
    case TOPIC:
        return read_topic(it, json);
    case FACT:
        return read_fact(it, json);
    case CONDITION:
        return read_expression(it, json, VANE_CEL_CONDITION);
    }
    return false;
}

/* Each key has its own times to be remembered. */
#define KEYED_COUNT_MAX 1000

static bool check_limit(struct vane_policy_reading *reading,
                        const struct vane_policy_action *action, struct vane_json_view json)
{
    if (action->verb != VANE_POLICY_RATE_LIMIT || !action->params[VANE_POLICY_KEY].given ||
        action->params[VANE_POLICY_COUNT].number <= KEYED_COUNT_MAX)
        return true;
    vane_policy_problem(reading->problems, reading->rule, json.at,
                        "with a \"key\", \"count\" is at most %d", KEYED_COUNT_MAX);
    return false;
}

/* ---- all of them ---- */

static size_t count_of(const struct action_form *form)
{
    size_t n = 0;

    while (n < VANE_POLICY_PARAMS_MAX && form->params[n].name)
        n++;
    return n;
}

static bool unknown_param(struct vane_policy_reading *reading, struct vane_json_view key,
                          const struct action_form *form)
{
    g_autofree char *where = g_strdup_printf("the parameters of \"%s\"", form->name);
    const char *known[VANE_POLICY_PARAMS_MAX] = {0};

    for (size_t i = 0; i < count_of(form); i++)
        known[i] = form->params[i].name;
    vane_policy_unknown_member(reading, key, where, known, count_of(form));
    return false;
}

static bool read_member(struct vane_policy_reading *reading, struct vane_policy_rule *rule,
                        struct vane_policy_action *action, struct vane_json_view key,
                        struct vane_json_view value)
{
    const struct action_form *form = &forms[action->verb];

    for (size_t i = 0; i < count_of(form); i++) {
        const struct param_reading it = {reading, rule, &form->params[i], &action->params[i]};

        if (vane_json_equals(key, form->params[i].name))
            return read_param(&it, value);
    }
    if (!form->of_members)
        return unknown_param(reading, key, form);
    if (vane_json_type_of(value) == VANE_JSON_OBJECT || vane_json_type_of(value) == VANE_JSON_ARRAY)
        vane_policy_problem(reading->problems, reading->rule, value.at,
                            "parameters of \"%s\" are texts, numbers, true or false", form->name);
    return vane_json_type_of(value) != VANE_JSON_OBJECT &&
           vane_json_type_of(value) != VANE_JSON_ARRAY;
}

static bool require(struct vane_policy_reading *reading, const struct vane_policy_action *action,
                    struct vane_json_view json)
{
    const struct action_form *form = &forms[action->verb];
    bool good = true;

    for (size_t i = 0; i < count_of(form); i++) {
        bool needed = form->params[i].required ||
                      (action->verb == VANE_POLICY_LINK && i == VANE_POLICY_MTU &&
                       action->params[VANE_POLICY_CHANGE].number == VANE_POLICY_MTU_CHANGE);

        if (!needed || action->params[i].given)
            continue;
        vane_policy_problem(reading->problems, reading->rule, json.at,
                            "\"%s\" needs the parameter \"%s\"", form->name, form->params[i].name);
        good = false;
    }
    return good;
}

static void set_fallbacks(struct vane_policy_action *action)
{
    const struct action_form *form = &forms[action->verb];

    for (size_t i = 0; i < count_of(form); i++) {
        action->params[i].number = form->params[i].fallback;
        action->params[i].values = g_array_new(FALSE, FALSE, sizeof(struct vane_policy_value));
        g_array_set_clear_func(action->params[i].values, clear_value);
        action->params[i].keys = g_ptr_array_new_with_free_func(g_free);
    }
}

static bool read_params(struct vane_policy_reading *reading, struct vane_policy_rule *rule,
                        struct vane_policy_action *action, struct vane_json_view json)
{
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view key, value;
    bool good = true;

    if (json.len > 0 && vane_json_type_of(json) != VANE_JSON_OBJECT) {
        vane_policy_problem(reading->problems, reading->rule, json.at,
                            "\"params\" must be an object");
        return false;
    }
    while (vane_json_next_member(&cursor, &key, &value))
        good &= read_member(reading, rule, action, key, value);
    return good;
}

static bool read_type(struct vane_policy_reading *reading, struct vane_json_view json,
                      enum vane_policy_verb *verb)
{
    g_autofree char *text = NULL;
    const char *names[ELEMENTS(forms)], *nearest;

    for (size_t i = 0; i < ELEMENTS(forms); i++) {
        names[i] = forms[i].name;
        *verb = (enum vane_policy_verb)i;
        if (vane_json_equals(json, names[i]))
            return true;
    }
    text = vane_policy_read_text(reading, json, "type", 64);
    if (!text)
        return false;
    nearest = vane_text_nearest(text, names, ELEMENTS(names));
    vane_policy_problem(reading->problems, reading->rule, json.at,
                        "there is no action \"%s\"%s%s%s", text, nearest ? "; did you mean \"" : "",
                        nearest ? nearest : "", nearest ? "\"?" : "");
    return false;
}

static bool check_members(struct vane_policy_reading *reading, struct vane_json_view json)
{
    static const char *const known[] = {"type", "params"};
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view key, value;
    bool good = true;

    while (vane_json_next_member(&cursor, &key, &value)) {
        if (vane_json_equals(key, known[0]) || vane_json_equals(key, known[1]))
            continue;
        vane_policy_unknown_member(reading, key, "an action", known, ELEMENTS(known));
        good = false;
    }
    return good;
}

bool vane_policy_action_read(struct vane_policy_reading *reading, struct vane_json_view json,
                             struct vane_policy_rule *rule, struct vane_policy_action *action)
{
    struct vane_json_view type, params = {0};
    bool good;

    if (vane_json_type_of(json) != VANE_JSON_OBJECT || !vane_json_find(json, "type", &type)) {
        vane_policy_problem(reading->problems, reading->rule, json.at,
                            "an action must be an object with a \"type\"");
        return false;
    }
    good = check_members(reading, json);
    if (!read_type(reading, type, &action->verb))
        return false;
    set_fallbacks(action);
    (void)vane_json_find(json, "params", &params);
    if (!read_params(reading, rule, action, params) || !require(reading, action, json) ||
        !check_limit(reading, action, json))
        return false;
    if (forms[action->verb].of_members && reading->remarks)
        vane_policy_problem(reading->remarks, reading->rule, type.at,
                            "\"%s\" does nothing yet: there is no membership to act on",
                            forms[action->verb].name);
    return good;
}

void vane_policy_action_clear(struct vane_policy_action *action)
{
    for (size_t i = 0; i < VANE_POLICY_PARAMS_MAX; i++) {
        g_free(action->params[i].text);
        g_clear_pointer(&action->params[i].values, g_array_unref);
        g_clear_pointer(&action->params[i].keys, g_ptr_array_unref);
    }
}
