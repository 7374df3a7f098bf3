/* An occurrence written as JSON. See example.h. */
#include "lib/policy/example.h"

#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "lib/cel/json.h"
#include "lib/json/scanner.h"
#include "lib/policy/subjects.h"

/* Members of the event or the question itself, by the names that expressions have for them. */
static bool find_own(const struct vane_policy_example *example, const char *name,
                     struct vane_json_view *value)
{
    if (!example->occurrence.gate) {
        if (strcmp(name, "event_id") == 0)
            return vane_json_find(example->root, "id", value);
        return strcmp(name, "cause") == 0 && vane_json_find(example->root, name, value);
    }
    if (strcmp(name, "asker") != 0 && strcmp(name, "origin") != 0 && strcmp(name, "access") != 0 &&
        strcmp(name, "cause") != 0)
        return false;
    return vane_json_find(example->root, name, value);
}

static struct vane_cel_value gate_default(const struct vane_policy_example *example,
                                          const char *name)
{
    if (example->occurrence.gate && strcmp(name, "origin") == 0)
        return vane_cel_string("local", 5);
    if (example->occurrence.gate && strcmp(name, "access") == 0)
        return vane_cel_string("change", 6);
    return (struct vane_cel_value){0};
}

/* RFC 3339 as events have it. */
static struct vane_cel_value time_of(const struct vane_policy_example *example)
{
    struct vane_json_view view;
    g_autofree char *text = NULL;
    g_autoptr(GDateTime) time = NULL;

    if (!vane_json_find(example->root, "time", &view) || vane_json_get_string(view, &text) < 0)
        return (struct vane_cel_value){0};
    time = g_date_time_new_from_iso8601(text, NULL);
    if (!time)
        return (struct vane_cel_value){0};
    return vane_cel_timestamp(g_date_time_to_unix(time),
                              (uint32_t)g_date_time_get_microsecond(time) * 1000u);
}

static struct vane_cel_value fact(void *data, const char *name, struct vane_cel_scratch *room)
{
    const struct vane_policy_example *example = data;
    struct vane_cel_value value = {0};
    struct vane_json_view view;

    if (!example->occurrence.gate && strcmp(name, "time") == 0)
        return time_of(example);
    if (!vane_json_find(example->facts, name, &view) && !find_own(example, name, &view))
        return gate_default(example, name);
    if (vane_cel_read_json(view, VANE_CEL_PLAIN, room, &value, NULL) < 0)
        return (struct vane_cel_value){0};
    return value;
}

static int refuse(char **why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(char **why, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    *why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return -EINVAL;
}

static int read_event(struct vane_policy_example *example, struct vane_json_view topic, char **why)
{
    if (vane_json_get_string(topic, &example->subject) < 0)
        return refuse(why, "\"topic\" must be a text");
    if (!vane_json_find(example->root, "payload", &example->facts))
        example->facts = (struct vane_json_view){0};
    return 0;
}

static int read_question(struct vane_policy_example *example, struct vane_json_view action,
                         char **why)
{
    example->occurrence.gate = true;
    if (vane_json_get_string(action, &example->subject) < 0)
        return refuse(why, "\"action\" must be a text");
    if (!vane_json_find(example->root, "facts", &example->facts))
        example->facts = (struct vane_json_view){0};
    return 0;
}

/* The event tells what was asked: its members are the question's and the facts. */
static int read_denial(struct vane_policy_example *example, char **why)
{
    struct vane_json_view action;

    if (!vane_json_find(example->facts, "action", &action))
        return refuse(why, "a policy.denied without an \"action\"");
    g_clear_pointer(&example->subject, g_free);
    if (vane_json_get_string(action, &example->subject) < 0)
        return refuse(why, "\"action\" must be a text");
    example->occurrence.gate = true;
    return 0;
}

/* Of what became of a peer the event says what the rules were asked about. */
static void read_standing(struct vane_policy_example *example)
{
    static const char *const subjects[] = {"join", "leave", "cycle"};
    struct vane_json_view on;

    if (g_str_has_prefix(example->subject, "policy.member.") &&
        vane_json_find(example->facts, "on", &on))
        for (size_t i = 0; i < ELEMENTS(subjects); i++)
            if (vane_json_equals(on, subjects[i])) {
                g_free(example->subject);
                example->subject = g_strdup(subjects[i]);
            }
    example->occurrence.judged = strcmp(example->subject, "join") == 0;
}

static int read_root(struct vane_policy_example *example, char **why)
{
    struct vane_json_view subject;
    int r;

    if (vane_json_find(example->root, "action", &subject))
        return read_question(example, subject, why);
    if (!vane_json_find(example->root, "topic", &subject))
        return refuse(why, "it must be {\"topic\":..,\"payload\":{..}} for an event, or "
                           "{\"action\":..,\"facts\":{..}} for a question to the gate");
    r = read_event(example, subject, why);
    if (r == 0 && strcmp(example->subject, "policy.denied") == 0)
        r = read_denial(example, why);
    else if (r == 0)
        read_standing(example);
    return r;
}

/* A question about a peer is one that names it. */
static void find_peer(struct vane_policy_example *example)
{
    struct vane_json_view view;
    uint64_t id;

    if (vane_json_find(example->facts, "peer_nkey", &view) &&
        vane_json_get_string(view, &example->nkey) == 0)
        example->occurrence.peer_nkey = example->nkey;

    if (!vane_json_find(example->facts, "peer_id", &view) || vane_json_get_uint64(view, &id) < 0 ||
        id > UINT32_MAX)
        return;
    example->occurrence.has_peer = true;
    example->occurrence.peer_id = (uint32_t)id;
}

int vane_policy_example_read(const char *text, size_t length, struct vane_policy_example *example,
                             char **why)
{
    struct vane_json_error error;
    int r;

    *example = (struct vane_policy_example){0};
    *why = NULL;
    r = vane_json_scan(text, length, NULL, &error);
    if (r < 0)
        return refuse(why, "%zu:%zu: this is not JSON: %s", error.line, error.column, error.reason);
    example->text = g_strndup(text, length);
    example->root = vane_json_root(example->text, length);
    r = read_root(example, why);
    if (r == 0 && (!*example->subject || strpbrk(example->subject, "*> ") ||
                   !vane_policy_on_valid(example->subject)))
        r = refuse(why, "\"%s\" is no topic and no action", example->subject);
    if (r < 0) {
        vane_policy_example_clear(example);
        return r;
    }
    find_peer(example);
    example->occurrence.subject = example->subject;
    example->occurrence.fact = fact;
    example->occurrence.data = example;
    return 0;
}

void vane_policy_example_clear(struct vane_policy_example *example)
{
    g_clear_pointer(&example->subject, g_free);
    g_clear_pointer(&example->nkey, g_free);
    g_clear_pointer(&example->text, g_free);
}
