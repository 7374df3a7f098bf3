/* The document as a whole: its own members, and what its parts need to be read. See policy.h. */
#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "lib/json/scanner.h"
#include "lib/policy/members.h"
#include "lib/policy/read-internal.h"
#include "lib/policy/subjects.h"
#include "lib/text/nearest.h"
#include "lib/text/span.h"

#define CYCLE_MIN_US 1000000u
#define CYCLE_MAX_US (UINT64_C(366) * 86400 * 1000000)
#define OPTIONAL_MAX 1024u

static const char *const members[] = {"version", "default_verdict", "fail_closed",
                                      "config",  "optional",        "rules"};
static const char *const config_members[] = {"cycle", "max_peers"};

void vane_policy_unknown_member(struct vane_policy_reading *reading, struct vane_json_view key,
                                const char *where, const char *const *known, size_t count)
{
    g_autofree char *name = NULL;
    const char *nearest;

    (void)vane_json_get_string(key, &name);
    nearest = vane_text_nearest(name ? name : "", known, count);
    vane_policy_problem(reading->problems, reading->rule, key.at, "\"%s\" is no member of %s%s%s%s",
                        name, where, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                        nearest ? "\"?" : "");
}

char *vane_policy_read_text(struct vane_policy_reading *reading, struct vane_json_view json,
                            const char *member, size_t max)
{
    g_autofree char *text = NULL;

    if (vane_json_get_string(json, &text) < 0) {
        vane_policy_problem(reading->problems, reading->rule, json.at, "\"%s\" must be a text",
                            member);
        return NULL;
    }
    if (!*text || strlen(text) > max) {
        vane_policy_problem(reading->problems, reading->rule, json.at, "\"%s\" is %s", member,
                            *text ? "too long" : "empty");
        return NULL;
    }
    return g_steal_pointer(&text);
}

struct vane_cel_program *vane_policy_compile(struct vane_policy_reading *reading,
                                             struct vane_json_view json, const char *member,
                                             struct vane_policy_group *group, unsigned flags)
{
    g_autofree char *text = NULL;
    const struct vane_cel_environment environment = {
        .names = (const struct vane_cel_name *)(void *)group->names->data,
        .n_names = group->names->len,
        .flags = flags,
    };
    struct vane_cel_error error = {0};
    struct vane_cel_program *program;

    if (vane_json_get_string(json, &text) < 0) {
        vane_policy_problem(reading->problems, reading->rule, json.at,
                            "\"%s\" must be an expression, as a text", member);
        return NULL;
    }
    program = vane_cel_compile(text, strlen(text), &environment, &error);
    if (!program)
        vane_policy_problem(reading->problems, reading->rule,
                            vane_policy_place_in(json, error.offset), "%s, at %zu:%zu: %s", member,
                            error.line, error.column, error.message);
    vane_cel_error_clear(&error);
    return program;
}

static void read_version(struct vane_policy_reading *reading, struct vane_json_view root)
{
    struct vane_json_view json;
    int64_t version = 0;

    if (!vane_json_find(root, "version", &json))
        vane_policy_problem(reading->problems, NULL, root.at,
                            "\"version\" is missing; it must be 1");
    else if (vane_json_get_int64(json, &version) < 0 || version != 1)
        vane_policy_problem(reading->problems, NULL, json.at,
                            "\"version\" must be 1, the only one that there is");
}

static void read_default(struct vane_policy_reading *reading, struct vane_json_view json)
{
    if (vane_json_equals(json, "allow"))
        reading->policy->default_verdict = VANE_POLICY_DEFAULT_ALLOW;
    else if (vane_json_equals(json, "deny"))
        reading->policy->default_verdict = VANE_POLICY_DEFAULT_DENY;
    else
        vane_policy_problem(reading->problems, NULL, json.at,
                            "\"default_verdict\" must be \"allow\" or \"deny\"");
    if (reading->policy->default_verdict == VANE_POLICY_DEFAULT_ALLOW && reading->remarks)
        vane_policy_problem(reading->remarks, NULL, json.at,
                            "\"default_verdict\":\"allow\" also lets other machines change "
                            "things; leave it out to have them read only");
}

static void read_cycle(struct vane_policy_reading *reading, struct vane_json_view json)
{
    g_autofree char *text = NULL;
    uint64_t span = 0;

    if (vane_json_get_string(json, &text) < 0 || vane_text_parse_span(text, &span) < 0 ||
        span > CYCLE_MAX_US)
        vane_policy_problem(reading->problems, NULL, json.at,
                            "\"cycle\" must be a span of time, as \"30s\" or \"5min\"");
    else if (span < CYCLE_MIN_US)
        vane_policy_problem(reading->problems, NULL, json.at, "\"cycle\" must be at least 1s");
    else
        reading->policy->cycle_ms = span / 1000;
}

static void read_max_peers(struct vane_policy_reading *reading, struct vane_json_view json)
{
    uint64_t number;

    if (vane_json_get_uint64(json, &number) < 0 || number < 1 || number > VANE_POLICY_MEMBERS_MAX)
        vane_policy_problem(reading->problems, NULL, json.at,
                            "\"max_peers\" must be a whole number from 1 to %u",
                            VANE_POLICY_MEMBERS_MAX);
    else
        reading->policy->max_peers = (unsigned)number;
}

static void read_config(struct vane_policy_reading *reading, struct vane_json_view json)
{
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view key, value;

    if (vane_json_type_of(json) != VANE_JSON_OBJECT) {
        vane_policy_problem(reading->problems, NULL, json.at, "\"config\" must be an object");
        return;
    }
    while (vane_json_next_member(&cursor, &key, &value))
        if (vane_json_equals(key, "cycle"))
            read_cycle(reading, value);
        else if (vane_json_equals(key, "max_peers"))
            read_max_peers(reading, value);
        else
            vane_policy_unknown_member(reading, key, "\"config\"", config_members,
                                       ELEMENTS(config_members));
}

static bool is_name(const char *text)
{
    return (g_ascii_isalpha(*text) || *text == '_') &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               strlen(text);
}

static void read_optional(struct vane_policy_reading *reading, struct vane_json_view json)
{
    GPtrArray *names = reading->policy->optional;
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view element;

    if (vane_json_type_of(json) != VANE_JSON_ARRAY)
        vane_policy_problem(reading->problems, NULL, json.at,
                            "\"optional\" must be a list of names that may be absent");
    while (vane_json_next_element(&cursor, &element)) {
        g_autofree char *name = vane_policy_read_text(reading, element, "optional", 128);

        if (name && (!is_name(name) || names->len >= OPTIONAL_MAX))
            vane_policy_problem(reading->problems, NULL, element.at, "\"%s\" %s", name,
                                is_name(name) ? "is one name too many" : "is no name");
        else if (name)
            g_ptr_array_add(names, g_steal_pointer(&name));
    }
}

static void read_rules(struct vane_policy_reading *reading, struct vane_json_view json)
{
    struct vane_json_cursor cursor = vane_json_walk(json);
    struct vane_json_view element;
    unsigned index = 0;

    if (vane_json_type_of(json) != VANE_JSON_ARRAY) {
        vane_policy_problem(reading->problems, NULL, json.at, "\"rules\" must be a list");
        return;
    }
    vane_policy_collect_facts(reading, json);
    for (; vane_json_next_element(&cursor, &element); index++) {
        struct vane_policy_rule *rule;

        if (index == VANE_POLICY_RULES_MAX) {
            vane_policy_problem(reading->problems, NULL, element.at, "there are more than %u rules",
                                VANE_POLICY_RULES_MAX);
            return;
        }
        rule = vane_policy_rule_read(reading, element, index);
        if (rule)
            g_ptr_array_add(reading->policy->rules, rule);
    }
}

static void read_members(struct vane_policy_reading *reading, struct vane_json_view root)
{
    struct vane_json_cursor cursor = vane_json_walk(root);
    struct vane_json_view key, value, rules = {0};
    bool has_rules = false;

    while (vane_json_next_member(&cursor, &key, &value)) {
        if (vane_json_equals(key, "default_verdict")) {
            read_default(reading, value);
        } else if (vane_json_equals(key, "fail_closed")) {
            if (vane_json_get_bool(value, &reading->policy->fail_closed) < 0)
                vane_policy_problem(reading->problems, NULL, value.at,
                                    "\"fail_closed\" must be true or false");
        } else if (vane_json_equals(key, "config")) {
            read_config(reading, value);
        } else if (vane_json_equals(key, "optional")) {
            read_optional(reading, value);
        } else if (vane_json_equals(key, "rules")) {
            rules = value;
            has_rules = true;
        } else if (!vane_json_equals(key, "version")) {
            vane_policy_unknown_member(reading, key, "a policy", members, ELEMENTS(members));
        }
    }
    if (has_rules) /* last: they need to know what is optional */
        read_rules(reading, rules);
    else
        vane_policy_problem(reading->problems, NULL, root.at, "\"rules\" is missing");
}

static void free_rule(gpointer rule)
{
    vane_policy_rule_free(rule);
}

static void free_group(gpointer data)
{
    struct vane_policy_group *group = data;

    g_array_unref(group->names);
    g_array_unref(group->used);
    g_free(group);
}

static struct vane_policy *policy_new(const char *text, size_t length)
{
    struct vane_policy *policy = g_new0(struct vane_policy, 1);

    policy->refs = 1;
    policy->fail_closed = true;
    policy->cycle_ms = VANE_POLICY_CYCLE_MS;
    policy->rules = g_ptr_array_new_with_free_func(free_rule);
    policy->groups = g_ptr_array_new_with_free_func(free_group);
    policy->optional = g_ptr_array_new_with_free_func(g_free);
    policy->facts = g_ptr_array_new_with_free_func(g_free);
    policy->text = g_malloc(length + 1); /* a NUL within is the scanner's to refuse */
    memcpy(policy->text, text, length);
    policy->text[length] = '\0';
    policy->length = length;
    return policy;
}

struct vane_policy *vane_policy_ref(struct vane_policy *policy)
{
    policy->refs++;
    return policy;
}

void vane_policy_unref(struct vane_policy *policy)
{
    if (!policy || --policy->refs > 0)
        return;
    g_ptr_array_unref(policy->rules);
    g_ptr_array_unref(policy->groups);
    g_ptr_array_unref(policy->optional);
    g_ptr_array_unref(policy->facts);
    g_free(policy->text);
    g_free(policy);
}

bool vane_policy_has(const struct vane_policy *policy, const char *subject)
{
    for (guint i = 0; i < policy->rules->len; i++)
        if (vane_policy_on_matches(vane_policy_rule_at(policy, i)->on, subject))
            return true;
    return false;
}

static void read_root(struct vane_policy_reading *reading)
{
    struct vane_json_view root = vane_json_root(reading->policy->text, reading->policy->length);

    if (vane_json_type_of(root) != VANE_JSON_OBJECT) {
        vane_policy_problem(reading->problems, NULL, reading->policy->text,
                            "a policy must be a JSON object");
        return;
    }
    read_version(reading, root);
    read_members(reading, root);
}

static bool scan(const struct vane_policy *policy, struct vane_policy_problems *problems)
{
    const struct vane_json_limits limits = {
        .size = VANE_POLICY_SIZE_MAX, .depth = 16, .members = 256};
    struct vane_json_error error;

    if (vane_json_scan(policy->text, policy->length, &limits, &error) == 0)
        return true;
    vane_policy_problem(problems, NULL, policy->text + MIN(error.offset, policy->length),
                        "this is not JSON as a policy has it: %s", error.reason);
    return false;
}

int vane_policy_read(const char *text, size_t length, struct vane_policy **policy,
                     struct vane_policy_problems *problems, struct vane_policy_problems *remarks)
{
    struct vane_policy_reading reading = {.problems = problems, .remarks = remarks};
    struct vane_policy *made = policy_new(text, MIN(length, VANE_POLICY_SIZE_MAX + 1));

    vane_policy_problems_init(problems, made->text);
    if (remarks)
        vane_policy_problems_init(remarks, made->text);
    reading.policy = made;
    if (scan(made, problems)) {
        reading.groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        reading.abouts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        reading.names = g_hash_table_new(g_str_hash, g_str_equal);
        read_root(&reading);
        g_hash_table_unref(reading.groups);
        g_hash_table_unref(reading.abouts);
        g_hash_table_unref(reading.names);
    }
    if (problems->list->len > 0) {
        vane_policy_unref(made);
        return -EINVAL;
    }
    *policy = made;
    return 0;
}
