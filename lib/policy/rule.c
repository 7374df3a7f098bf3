/* One rule of a document. See policy.h. */
#include <string.h>

#include "lib/array.h"
#include "lib/policy/read-internal.h"
#include "lib/policy/subjects.h"

static const char *const members[] = {"name", "on", "match", "actions"};

/* ---- the facts that are set ---- */

static void collect_fact(struct vane_policy_reading *reading, struct vane_json_view action)
{
    GPtrArray *facts = reading->policy->facts;
    struct vane_json_view type, params, name;
    g_autofree char *text = NULL, *fact = NULL;

    if (!vane_json_find(action, "type", &type) || !vane_json_equals(type, "set") ||
        !vane_json_find(action, "params", &params) || !vane_json_find(params, "name", &name) ||
        vane_json_get_string(name, &text) < 0)
        return; /* what is wrong with it is told later */
    fact = g_strconcat("facts.", text, NULL);
    if (facts->len < 1024 && !g_ptr_array_find_with_equal_func(facts, fact, g_str_equal, NULL))
        g_ptr_array_add(facts, g_steal_pointer(&fact));
}

void vane_policy_collect_facts(struct vane_policy_reading *reading, struct vane_json_view rules)
{
    struct vane_json_cursor rule_cursor = vane_json_walk(rules);
    struct vane_json_view rule, actions, action;

    while (vane_json_next_element(&rule_cursor, &rule)) {
        struct vane_json_cursor cursor;

        if (!vane_json_find(rule, "actions", &actions))
            continue;
        cursor = vane_json_walk(actions);
        while (vane_json_next_element(&cursor, &action))
            collect_fact(reading, action);
    }
}

/* ---- members ---- */

static bool read_name(struct vane_policy_reading *reading, struct vane_policy_rule *rule,
                      struct vane_json_view json)
{
    g_autofree char *name = vane_policy_read_text(reading, json, "name", VANE_POLICY_NAME_MAX);

    if (!name)
        return false;
    for (const char *at = name; *at; at++)
        if (g_ascii_iscntrl(*at)) {
            vane_policy_problem(reading->problems, reading->rule, json.at,
                                "\"name\" has a control character");
            return false;
        }
    if (g_hash_table_contains(reading->names, name)) {
        vane_policy_problem(reading->problems, name, json.at, "there is another rule of this name");
        return false;
    }
    rule->name = g_steal_pointer(&name);
    return true;
}

static bool read_on(struct vane_policy_reading *reading, struct vane_policy_rule *rule,
                    struct vane_json_view json)
{
    const struct vane_policy_about *about;
    const char *nearest = NULL;

    rule->on = vane_policy_read_text(reading, json, "on", 128);
    if (!rule->on)
        return false;
    if (!vane_policy_on_valid(rule->on)) {
        vane_policy_problem(reading->problems, reading->rule, json.at,
                            "\"%s\" is no topic and no pattern, which look like \"link.state\" "
                            "and \"link.*\"",
                            rule->on);
        return false;
    }
    about = vane_policy_about(reading, rule->on);
    rule->sides = about->sides;
    if (rule->sides == 0 || (reading->remarks && !about->documented))
        nearest = vane_policy_nearest(rule->on);
    if (rule->sides == 0) {
        vane_policy_problem(
            reading->problems, reading->rule, json.at, "nothing is called \"%s\"%s%s%s", rule->on,
            nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
        return false;
    }
    if (!about->documented && reading->remarks)
        vane_policy_problem(reading->remarks, reading->rule, json.at,
                            "\"%s\" is not Netvane's own%s%s%s: names that its plugin gives must "
                            "be listed in \"optional\"",
                            rule->on, nearest ? " (did you mean \"" : "", nearest ? nearest : "",
                            nearest ? "\"?)" : "");
    return true;
}

static void note_verdict(struct vane_policy_reading *reading, struct vane_policy_rule *rule,
                         struct vane_json_view json, enum vane_policy_verb verb)
{
    if (verb != VANE_POLICY_ALLOW && verb != VANE_POLICY_DENY)
        return;
    if (rule->decides)
        vane_policy_problem(reading->problems, reading->rule, json.at,
                            "a rule has one verdict, and this is its second");
    else if (!(rule->sides & VANE_POLICY_GATE) && strcmp(rule->on, "join") != 0)
        vane_policy_problem(reading->problems, reading->rule, json.at,
                            "\"%s\" has happened when the rule hears of it; verdicts are for "
                            "actions of the gate, as \"script.run\", and for \"join\"",
                            rule->on);
    else if (rule->sides & VANE_POLICY_GATE)
        rule->sides = VANE_POLICY_GATE; /* nobody asks about what has happened */
    rule->decides = true;
}

static bool read_actions(struct vane_policy_reading *reading, struct vane_policy_rule *rule,
                         struct vane_json_view json)
{
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view element;
    guint before = reading->problems->list->len;

    if (vane_json_type_of(json) != VANE_JSON_ARRAY)
        vane_policy_problem(reading->problems, reading->rule, json.at,
                            "\"actions\" must be a list");
    while (vane_json_next_element(&cursor, &element)) {
        struct vane_policy_action action = {0};

        if (rule->actions->len == VANE_POLICY_ACTIONS_MAX) {
            vane_policy_problem(reading->problems, reading->rule, element.at,
                                "there are more than %u actions", VANE_POLICY_ACTIONS_MAX);
            break;
        }
        if (vane_policy_action_read(reading, element, rule, &action))
            note_verdict(reading, rule, element, action.verb);
        g_array_append_val(rule->actions, action);
    }
    return reading->problems->list->len == before;
}

static bool check_members(struct vane_policy_reading *reading, struct vane_json_view json)
{
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view key, value;
    bool good = true;

    while (vane_json_next_member(&cursor, &key, &value)) {
        bool known = false;

        for (size_t i = 0; i < ELEMENTS(members); i++)
            known |= vane_json_equals(key, members[i]);
        if (!known)
            vane_policy_unknown_member(reading, key, "a rule", members, ELEMENTS(members));
        good &= known;
    }
    return good;
}

static bool missing(struct vane_policy_reading *reading, struct vane_json_view json,
                    const char *member)
{
    vane_policy_problem(reading->problems, reading->rule, json.at, "\"%s\" is missing", member);
    return false;
}

/* As much of it as can be is looked at, so that one reading finds every mistake. */
static bool read_members(struct vane_policy_reading *reading, struct vane_policy_rule *rule,
                         struct vane_json_view json)
{
    bool good = check_members(reading, json), on;
    struct vane_json_view member;

    if (vane_json_find(json, "name", &member))
        good &= read_name(reading, rule, member);
    else
        good = missing(reading, json, "name");
    if (rule->name)
        reading->rule = rule->name;
    on = vane_json_find(json, "on", &member) ? read_on(reading, rule, member)
                                             : missing(reading, json, "on");
    if (!on)
        return false; /* without it no expression can be understood */
    rule->group = vane_policy_about(reading, rule->on)->group;
    if (vane_json_find(json, "match", &member)) {
        rule->match =
            vane_policy_compile(reading, member, "match", rule->group, VANE_CEL_CONDITION);
        good &= rule->match != NULL;
    }
    if (vane_json_find(json, "actions", &member))
        return read_actions(reading, rule, member) && good;
    return missing(reading, json, "actions");
}

struct vane_policy_rule *vane_policy_rule_read(struct vane_policy_reading *reading,
                                               struct vane_json_view json, unsigned index)
{
    struct vane_policy_rule *rule = g_new0(struct vane_policy_rule, 1);
    g_autofree char *number = g_strdup_printf("#%u", index + 1);
    bool good;

    rule->index = index;
    rule->actions = g_array_new(FALSE, FALSE, sizeof(struct vane_policy_action));
    reading->rule = number;
    if (vane_json_type_of(json) == VANE_JSON_OBJECT) {
        good = read_members(reading, rule, json);
    } else {
        vane_policy_problem(reading->problems, number, json.at, "a rule must be an object");
        good = false;
    }
    if (good) {
        vane_policy_note_rule(rule);
        g_hash_table_add(reading->names, rule->name);
    }
    reading->rule = NULL;
    return rule;
}

void vane_policy_rule_free(struct vane_policy_rule *rule)
{
    for (guint i = 0; i < rule->actions->len; i++)
        vane_policy_action_clear(&g_array_index(rule->actions, struct vane_policy_action, i));
    g_array_unref(rule->actions);
    vane_cel_program_free(rule->match);
    g_free(rule->name);
    g_free(rule->on);
    g_free(rule);
}
