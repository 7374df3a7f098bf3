/* The actions of a rule: which parameters each has. See policy.h. */
#include <string.h>

#include "lib/array.h"
#include "lib/policy/members.h"
#include "lib/policy/param.h"
#include "lib/text/nearest.h"

struct action_form {
    const char *name;
    struct vane_policy_param_form params[VANE_POLICY_PARAMS_MAX];
    bool of_members; /* acts on the members of a network */
};

#define REASON                                                                                     \
    {                                                                                              \
        .name = "reason", .kind = VANE_POLICY_A_TEXT                                               \
    }

/* Of what acts on members. */
#define FOR                                                                                        \
    {                                                                                              \
        .name = "for", .kind = VANE_POLICY_A_SPAN                                                  \
    }
#define NUMBER(text, least, most)                                                                  \
    {                                                                                              \
        .name = (text), .kind = VANE_POLICY_A_NUMBER, .min = (least), .max = (most)                \
    }
#define COUNT   NUMBER("count", 1, VANE_POLICY_MEMBERS_MAX)
#define TARGET  NUMBER("target", 0, VANE_POLICY_MEMBERS_MAX)
#define LEAST   NUMBER("min", 0, VANE_POLICY_MEMBERS_MAX)
#define PERCENT NUMBER("percent", 1, 100)
#define BY                                                                                         \
    {                                                                                              \
        .name = "by", .kind = VANE_POLICY_A_CHOICE, .choices = "age newest activity random score"  \
    }
#define SCORE                                                                                      \
    {                                                                                              \
        .name = "score", .kind = VANE_POLICY_A_MEASURE                                             \
    }

static const struct action_form forms[] = {
    [VANE_POLICY_ALLOW] = {"allow", {REASON}},
    [VANE_POLICY_DENY] = {"deny", {REASON}},
    [VANE_POLICY_TAG] =
        {"tag",
         {{.name = "add", .kind = VANE_POLICY_A_VALUES},
          {.name = "remove", .kind = VANE_POLICY_A_VALUES},
          {.name = "target", .kind = VANE_POLICY_A_CHOICE, .choices = "local peer"}}},
    [VANE_POLICY_LOG] = {"log",
                         {{.name = "message", .kind = VANE_POLICY_A_VALUE},
                          {.name = "level",
                           .kind = VANE_POLICY_A_CHOICE,
                           .choices = "error warning notice info debug",
                           .fallback = 3}}},
    [VANE_POLICY_WEBHOOK] = {"webhook",
                             {{.name = "endpoint", .kind = VANE_POLICY_A_TEXT},
                              {.name = "payload", .kind = VANE_POLICY_A_OBJECT}}},
    [VANE_POLICY_RATE_LIMIT] =
        {"rate_limit",
         {{.name = "count",
           .kind = VANE_POLICY_A_NUMBER,
           .required = true,
           .min = 1,
           .max = 100000},
          {.name = "per", .kind = VANE_POLICY_A_SPAN, .required = true, .min = 1},
          {.name = "key", .kind = VANE_POLICY_A_VALUE}}},
    [VANE_POLICY_RUN] = {"run",
                         {{.name = "path", .kind = VANE_POLICY_A_PATH, .required = true},
                          {.name = "arguments", .kind = VANE_POLICY_A_VALUES},
                          {.name = "timeout", .kind = VANE_POLICY_A_SPAN, .fallback = 30000}}},
    [VANE_POLICY_LINK] = {"link",
                          {{.name = "interface", .kind = VANE_POLICY_A_VALUE},
                           {.name = "change",
                            .kind = VANE_POLICY_A_CHOICE,
                            .required = true,
                            .choices = "up down mtu"},
                           {.name = "mtu", .kind = VANE_POLICY_A_NUMBER, .min = 68, .max = 65536}}},
    [VANE_POLICY_SET] = {"set",
                         {{.name = "name", .kind = VANE_POLICY_A_FACT, .required = true},
                          {.name = "value", .kind = VANE_POLICY_A_VALUE, .required = true}}},
    [VANE_POLICY_PUBLISH] = {"publish",
                             {{.name = "topic", .kind = VANE_POLICY_A_TOPIC, .required = true},
                              {.name = "payload", .kind = VANE_POLICY_A_OBJECT}}},
    [VANE_POLICY_EVICT] = {"evict", {REASON, FOR}, .of_members = true},
    [VANE_POLICY_EVICT_WHERE] =
        {"evict_where",
         {REASON, FOR, {.name = "match", .kind = VANE_POLICY_A_CONDITION, .required = true}},
         .of_members = true},
    [VANE_POLICY_PRUNE] = {"prune", {COUNT, TARGET, BY, SCORE, LEAST, PERCENT}, .of_members = true},
    [VANE_POLICY_FILL] = {"fill", {COUNT, TARGET, BY, SCORE}, .of_members = true},
    [VANE_POLICY_PRUNE_TRUST] = {"prune_trust",
                                 {COUNT, TARGET, BY, SCORE, LEAST, PERCENT},
                                 .of_members = true},
    [VANE_POLICY_FILL_TRUST] = {"fill_trust", {COUNT, TARGET, BY, SCORE}, .of_members = true},
};

const char *vane_policy_verb_name(enum vane_policy_verb verb)
{
    return forms[verb].name;
}

bool vane_policy_verb_is_of_members(enum vane_policy_verb verb)
{
    return forms[verb].of_members;
}

static void clear_value(gpointer data)
{
    struct vane_policy_value *value = data;

    g_free(value->constant);
    vane_cel_program_free(value->program);
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

/* How many is said in one way; and a score is what they are ordered by, or not there. */
static bool check_choice(struct vane_policy_reading *reading,
                         const struct vane_policy_action *action, struct vane_json_view json)
{
    const struct vane_policy_param *params = action->params;
    bool by_score = params[VANE_POLICY_BY].number == VANE_POLICY_BY_SCORE;
    bool prunes = action->verb == VANE_POLICY_PRUNE || action->verb == VANE_POLICY_PRUNE_TRUST;

    if (!prunes && action->verb != VANE_POLICY_FILL && action->verb != VANE_POLICY_FILL_TRUST)
        return true;
    if (params[VANE_POLICY_COUNT].given + params[VANE_POLICY_TO].given +
            params[VANE_POLICY_PERCENT].given !=
        1) {
        vane_policy_problem(reading->problems, reading->rule, json.at,
                            "\"%s\" needs one of the parameters \"count\"%s \"target\"%s",
                            vane_policy_verb_name(action->verb), prunes ? "," : " and",
                            prunes ? " and \"percent\"" : "");
        return false;
    }
    if (by_score == params[VANE_POLICY_SCORE].given)
        return true;
    vane_policy_problem(reading->problems, reading->rule, json.at,
                        "\"score\" goes with \"by\": \"score\"");
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
        const struct vane_policy_param_reading it = {reading, rule, &form->params[i],
                                                     &action->params[i]};

        if (vane_json_equals(key, form->params[i].name))
            return vane_policy_param_read(&it, value);
    }
    return unknown_param(reading, key, form);
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
        !check_limit(reading, action, json) || !check_choice(reading, action, json))
        return false;
    if (forms[action->verb].of_members && reading->remarks && strchr(rule->on, '.'))
        vane_policy_problem(reading->remarks, reading->rule, type.at,
                            "\"%s\" does nothing here: policies of networks, which have members, "
                            "hear of connect, dial, datagram, join, leave and cycle",
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
