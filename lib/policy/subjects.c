/* What rules are about. See subjects.h. */
#include "lib/policy/subjects.h"

#include <string.h>

#include "lib/array.h"
#include "lib/text/nearest.h"
#include "lib/topic.h"

/* Texts within the tables, not pointers to them: then nothing of it is relocated at the start. */
struct field {
    char name[31];
    uint8_t kind; /* enum vane_cel_kind */
};

struct subject {
    char name[43];
    bool gate;
    uint16_t first, count; /* fields */
};

#include "lib/policy/subjects.inc"

/* Names that the engine of rules itself knows, whatever the subject. */
static const struct vane_cel_name always[] = {
    {"local_tags", VANE_CEL_LIST, false},   {"network_id", VANE_CEL_INT, false},
    {"members", VANE_CEL_INT, false},       {"cycle_num", VANE_CEL_INT, false},
    {"trusted_count", VANE_CEL_INT, false}, {"now", VANE_CEL_TIMESTAMP, false},
};
static const struct vane_cel_name of_events[] = {
    {"topic", VANE_CEL_STRING, false},
    {"event_id", VANE_CEL_STRING, true},
    {"time", VANE_CEL_TIMESTAMP, true},
    {"cause", VANE_CEL_STRING, true},
};
static const struct vane_cel_name of_gates[] = {
    {"action", VANE_CEL_STRING, false}, {"asker", VANE_CEL_STRING, true},
    {"origin", VANE_CEL_STRING, true},  {"access", VANE_CEL_STRING, true},
    {"cause", VANE_CEL_STRING, true},
};

static bool is_quiet(const char *subject)
{
    return strcmp(subject, "cycle") == 0 || strcmp(subject, "join") == 0 ||
           strcmp(subject, "leave") == 0;
}

bool vane_policy_on_valid(const char *on)
{
    return !strchr(on, ' ') && vane_patterns_valid(on);
}

bool vane_policy_on_matches(const char *on, const char *subject)
{
    if (strcmp(on, subject) == 0)
        return true;
    return !is_quiet(subject) && strpbrk(on, "*>") && vane_patterns_match(on, subject);
}

static bool same_first_token(const char *a, const char *b)
{
    size_t length = strcspn(a, ".");

    return length == strcspn(b, ".") && strncmp(a, b, length) == 0;
}

bool vane_policy_taken(const char *on)
{
    for (size_t i = 0; i < ELEMENTS(subjects); i++)
        if (same_first_token(on, subjects[i].name))
            return true;
    return !strchr(on, '.') && on[0] != '>' && on[0] != '*';
}

const char *vane_policy_nearest(const char *on)
{
    const char *names[ELEMENTS(subjects)];

    for (size_t i = 0; i < ELEMENTS(subjects); i++)
        names[i] = subjects[i].name;
    return vane_text_nearest(on, names, ELEMENTS(names));
}

unsigned vane_policy_sides(const char *on)
{
    unsigned sides = 0;

    for (size_t i = 0; i < ELEMENTS(subjects); i++)
        if (vane_policy_on_matches(on, subjects[i].name))
            sides |= subjects[i].gate ? VANE_POLICY_GATE : VANE_POLICY_EVENT;
    if (sides == 0 && vane_policy_taken(on))
        return 0;
    if (sides == 0 || strpbrk(on, "*>"))
        sides = VANE_POLICY_EVENT | VANE_POLICY_GATE;
    return sides;
}

char *vane_policy_scope(const char *on)
{
    char *scope = g_malloc(ELEMENTS(subjects) + 2);

    scope[0] = (char)('0' + vane_policy_sides(on));
    for (size_t i = 0; i < ELEMENTS(subjects); i++)
        scope[i + 1] = vane_policy_on_matches(on, subjects[i].name) ? '1' : '0';
    scope[ELEMENTS(subjects) + 1] = '\0';
    return scope;
}

bool vane_policy_documented(const char *on)
{
    for (size_t i = 0; i < ELEMENTS(subjects); i++)
        if (vane_policy_on_matches(on, subjects[i].name))
            return true;
    return false;
}

/* A name that comes twice has a type of its own only if both agree. */
static void add(GArray *names, GHashTable *known, const char *name, enum vane_cel_kind kind,
                bool optional)
{
    struct vane_cel_name made = {name, kind, optional};
    gpointer at;

    if (g_hash_table_lookup_extended(known, name, NULL, &at)) {
        struct vane_cel_name *there =
            &g_array_index(names, struct vane_cel_name, GPOINTER_TO_UINT(at));

        if (there->kind != kind)
            there->kind = VANE_CEL_DYN;
        return;
    }
    g_hash_table_insert(known, (gpointer)name, GUINT_TO_POINTER(names->len));
    g_array_append_val(names, made);
}

static void add_all(GArray *names, GHashTable *known, const struct vane_cel_name *from, size_t n,
                    bool optional)
{
    for (size_t i = 0; i < n; i++)
        add(names, known, from[i].name, from[i].kind, from[i].optional || optional);
}

static void add_fields(GArray *names, GHashTable *known, const struct subject *subject)
{
    for (unsigned i = subject->first; i < (unsigned)subject->first + subject->count; i++)
        add(names, known, fields[i].name, (enum vane_cel_kind)fields[i].kind, true);
}

GArray *vane_policy_names(const char *on, const GPtrArray *optional, const GPtrArray *facts)
{
    GArray *names = g_array_new(FALSE, FALSE, sizeof(struct vane_cel_name));
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    unsigned sides = vane_policy_sides(on);
    bool both = sides == (VANE_POLICY_EVENT | VANE_POLICY_GATE);

    add_all(names, known, always, ELEMENTS(always), false);
    if (sides & VANE_POLICY_EVENT)
        add_all(names, known, of_events, ELEMENTS(of_events), both);
    if (sides & VANE_POLICY_GATE)
        add_all(names, known, of_gates, ELEMENTS(of_gates), both);
    for (size_t i = 0; i < ELEMENTS(subjects); i++)
        if (vane_policy_on_matches(on, subjects[i].name))
            add_fields(names, known, &subjects[i]);
    for (guint i = 0; i < facts->len; i++)
        add(names, known, facts->pdata[i], VANE_CEL_DYN, true);
    for (guint i = 0; i < optional->len; i++)
        add(names, known, optional->pdata[i], VANE_CEL_DYN, true);
    return names;
}
