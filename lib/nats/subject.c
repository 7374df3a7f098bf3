/* Subjects of CBus. See subject.h. */
#include "lib/nats/subject.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/nats/names.h"

#define AGENT       "dbus.agent."
#define BROADCAST   "dbus.broadcast."
#define SIGNALS     "dbus.signals."
#define SUBJECT_MAX 3072

static const char *const kinds[] = {[VANE_CALL_PROPERTY] = "prop", [VANE_CALL_METHOD] = "method"};

void vane_bus_call_clear(struct vane_bus_call *call)
{
    g_clear_pointer(&call->destination, g_free);
    g_clear_pointer(&call->path, g_free);
    g_clear_pointer(&call->member, g_free);
    g_clear_pointer(&call->interface, g_free);
}

static bool is_call(const struct vane_bus_call *call)
{
    return vane_dbus_is_bus_name(call->destination) && vane_dbus_is_path(call->path) &&
           vane_dbus_is_member(call->member) &&
           (!call->interface || vane_dbus_is_interface(call->interface));
}

static void put_name(GString *subject, const char *name)
{
    for (; *name; name++)
        g_string_append_c(subject, *name == '.' || *name == ':' ? '_' : *name);
}

/* With a dot before each element. */
static void put_path(GString *subject, const char *path)
{
    for (; strcmp(path, "/") != 0 && *path; path++)
        g_string_append_c(subject, *path == '/' ? '.' : *path);
}

char *vane_subject_of_call(const struct vane_bus_call *call, const char *nkey)
{
    GString *subject;

    if (!is_call(call) || (nkey && !vane_nkey_valid(nkey)))
        return NULL;
    subject = g_string_new(nkey ? AGENT : BROADCAST);
    if (nkey)
        g_string_append_printf(subject, "%s.", nkey);
    put_name(subject, call->destination);
    put_path(subject, call->path);
    g_string_append_printf(subject, ".%s.%s", kinds[call->kind], call->member);
    return g_string_free(subject, FALSE);
}

char *vane_subject_of_signal(const char *nkey, const char *sender, const char *path)
{
    GString *subject;

    if (!vane_dbus_is_bus_name(sender) || !vane_dbus_is_path(path))
        return NULL;
    subject = g_string_new(SIGNALS);
    g_string_append_printf(subject, "%s.", nkey);
    put_name(subject, sender);
    put_path(subject, path);
    return g_string_free(subject, FALSE);
}

/* A leading `_` was a colon, every other one counts as a dot. */
static char *read_name(const char *token)
{
    char *name = g_strdelimit(g_strdup(token), "_", '.');

    if (*name == '.')
        *name = ':';
    return name;
}

/* DESTINATION [PATH...] KIND MEMBER */
static int read_call(char **tokens, struct vane_bus_call *call)
{
    guint count = g_strv_length(tokens);
    const char *kind = count >= 3 ? tokens[count - 2] : "";
    g_autofree char *elements = NULL;

    if (strcmp(kind, kinds[VANE_CALL_PROPERTY]) == 0)
        call->kind = VANE_CALL_PROPERTY;
    else if (strcmp(kind, kinds[VANE_CALL_METHOD]) == 0)
        call->kind = VANE_CALL_METHOD;
    else
        return -EINVAL;
    call->member = g_strdup(tokens[count - 1]);
    g_clear_pointer(&tokens[count - 2], g_free);
    g_clear_pointer(&tokens[count - 1], g_free);
    elements = g_strjoinv("/", tokens + 1);
    call->path = g_strconcat("/", elements, NULL);
    call->destination = read_name(tokens[0]);
    /* one empty element would look like the root */
    return is_call(call) && (count == 3 || *elements) ? 0 : -EINVAL;
}

static int read_target(const char **subject, char nkey[VANE_NKEY_LENGTH + 1])
{
    nkey[0] = '\0';
    if (g_str_has_prefix(*subject, BROADCAST)) {
        *subject += strlen(BROADCAST);
        return 0;
    }
    if (!g_str_has_prefix(*subject, AGENT) ||
        strcspn(*subject + strlen(AGENT), ".") != VANE_NKEY_LENGTH)
        return -EINVAL;
    g_strlcpy(nkey, *subject + strlen(AGENT), VANE_NKEY_LENGTH + 1);
    *subject += strlen(AGENT) + VANE_NKEY_LENGTH;
    return *(*subject)++ == '.' && vane_nkey_valid(nkey) ? 0 : -EINVAL;
}

int vane_subject_parse(const char *subject, char nkey[VANE_NKEY_LENGTH + 1],
                       struct vane_bus_call *call)
{
    struct vane_bus_call read = {0};
    g_auto(GStrv) tokens = NULL;
    int r;

    /* colons and slashes are written otherwise, so that a call has one subject */
    if (strnlen(subject, SUBJECT_MAX + 1) > SUBJECT_MAX || strpbrk(subject, ":/") ||
        read_target(&subject, nkey) < 0)
        return -EINVAL;
    tokens = g_strsplit(subject, ".", -1);
    r = read_call(tokens, &read);
    if (r < 0)
        vane_bus_call_clear(&read);
    else
        *call = read;
    return r;
}
