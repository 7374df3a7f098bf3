/* JetStream's JSON. See jetstream.h. */
#include "plugins/cluster/jetstream.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/json/reader.h"
#include "lib/json/scanner.h"
#include "lib/json/writer.h"
#include "lib/text/printable.h"

#define ANSWER_MAX   ((size_t)1 << 20)
#define SUBJECTS_MAX 1024u
#define WHY_MAX      512u /* bytes of a reason that are kept for logs and events */

void vane_jetstream_clear(struct vane_jetstream_answer *answer)
{
    g_clear_pointer(&answer->stream, g_free);
    g_clear_pointer(&answer->subjects, g_strfreev);
    g_clear_pointer(&answer->why, g_free);
}

/* It may be shown to people. */
static int read_text(struct vane_json_view value, char **text)
{
    g_autofree char *raw = NULL;

    if (vane_json_get_string(value, &raw) < 0)
        return -EINVAL;
    *text = vane_text_printable(raw, strlen(raw));
    return 0;
}

static int read_member(struct vane_json_view object, const char *name, char **text)
{
    struct vane_json_view value;

    return vane_json_find(object, name, &value) ? read_text(value, text) : 0;
}

static void shorten(char *text)
{
    if (strlen(text) > WHY_MAX)
        *g_utf8_find_prev_char(text, text + WHY_MAX) = '\0';
}

static int read_error(struct vane_json_view error, struct vane_jetstream_answer *answer)
{
    struct vane_json_view value;
    int r = read_member(error, "description", &answer->why);

    if (r < 0)
        return r;
    if (!vane_json_find(error, "code", &value) || vane_json_get_uint64(value, &answer->code) < 0 ||
        answer->code == 0)
        return -EINVAL;
    if (vane_json_find(error, "err_code", &value))
        r = vane_json_get_uint64(value, &answer->number);
    if (!answer->why)
        answer->why = g_strdup("it does not say why");
    shorten(answer->why);
    return r;
}

static int read_subjects(struct vane_json_view list, struct vane_jetstream_answer *answer)
{
    struct vane_json_cursor cursor = vane_json_walk(list);
    struct vane_json_view value;
    guint count = 0;

    answer->subjects = g_new0(char *, SUBJECTS_MAX + 1);
    while (vane_json_next_element(&cursor, &value)) {
        if (count == SUBJECTS_MAX || read_text(value, &answer->subjects[count++]) < 0)
            return -EINVAL;
    }
    return 0;
}

static int read_stored(struct vane_json_view object, struct vane_jetstream_answer *answer)
{
    struct vane_json_view value;
    int r = read_member(object, "stream", &answer->stream);

    if (r == 0 && vane_json_find(object, "duplicate", &value))
        r = vane_json_get_bool(value, &answer->duplicate);
    return r;
}

static int read_state(struct vane_json_view config, struct vane_jetstream_answer *answer)
{
    struct vane_json_view value;
    int r = read_member(config, "name", &answer->stream);

    return r == 0 && vane_json_find(config, "subjects", &value) ? read_subjects(value, answer) : r;
}

int vane_jetstream_parse(const char *text, size_t length, struct vane_jetstream_answer *answer)
{
    struct vane_json_limits limits = VANE_JSON_LIMITS_DEFAULT;
    struct vane_json_view root = vane_json_root(text, length), value;
    int r;

    limits.size = ANSWER_MAX;
    limits.uint64 = true;
    *answer = (struct vane_jetstream_answer){0};
    if (vane_json_scan(text, length, &limits, NULL) < 0 ||
        vane_json_type_of(root) != VANE_JSON_OBJECT)
        return -EINVAL;
    if (vane_json_find(root, "error", &value))
        r = read_error(value, answer);
    else if (vane_json_find(root, "config", &value))
        r = read_state(value, answer);
    else
        r = read_stored(root, answer);
    if (r == 0 && !answer->why && !answer->stream)
        r = -EINVAL;
    if (r < 0)
        vane_jetstream_clear(answer);
    return r < 0 ? -EINVAL : 0;
}

char *vane_jetstream_format(const struct vane_jetstream_config *config, size_t *length)
{
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_member_string(&json, "name", config->name);
    vane_json_key(&json, "subjects");
    vane_json_array_begin(&json);
    vane_json_string(&json, config->subject);
    vane_json_array_end(&json);
    vane_json_member_string(&json, "retention", "limits");
    vane_json_member_string(&json, "storage", "file");
    vane_json_member_string(&json, "discard", "old");
    vane_json_member_int64(&json, "max_consumers", -1);
    vane_json_member_int64(&json, "max_msgs", -1);
    vane_json_member_int64(&json, "max_msg_size", -1);
    vane_json_member_int64(&json, "max_bytes",
                           config->max_bytes > 0 ? (int64_t)config->max_bytes : -1);
    vane_json_member_uint64(&json, "max_age", config->max_age_ns);
    vane_json_member_int64(&json, "num_replicas", 1);
    vane_json_object_end(&json);
    return vane_json_steal(&json, length);
}

static size_t token_length(const char *at)
{
    return strcspn(at, ".");
}

static bool is_token(const char *at, size_t length, const char *token)
{
    return length == strlen(token) && strncmp(at, token, length) == 0;
}

static bool covers(const char *subject, const char *pattern)
{
    for (;;) {
        size_t mine = token_length(subject), other = token_length(pattern);

        if (is_token(subject, mine, ">"))
            return true;
        if (is_token(pattern, other, ">") || is_token(subject, mine, "") ||
            (!is_token(subject, mine, "*") &&
             (mine != other || strncmp(subject, pattern, mine) != 0)))
            return false;
        if (subject[mine] == '\0' || pattern[other] == '\0')
            return subject[mine] == pattern[other];
        subject += mine + 1;
        pattern += other + 1;
    }
}

bool vane_jetstream_covers(char *const *subjects, const char *pattern)
{
    for (; subjects && *subjects; subjects++)
        if (covers(*subjects, pattern))
            return true;
    return false;
}
