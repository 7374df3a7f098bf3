/* The words behind "get" and "invoke". See query.h. */
#include "cli/cluster/query.h"

#include <errno.h>
#include <string.h>

#include "cli/cluster/arguments.h"
#include "lib/nats/names.h"

void vane_query_clear(struct vane_query *query)
{
    vane_asking_clear(&query->asking);
    vane_bus_call_clear(&query->call);
    g_free(query->arguments);
}

static int refuse(char **why, const char *what, const char *word, const char *example)
{
    *why = g_strdup_printf("\"%s\" is no %s of D-Bus, as %s", word, what, example);
    return -EINVAL;
}

/* "Member", or "an.interface.Member". */
static int read_member(struct vane_bus_call *call, const char *word, char **why)
{
    const char *dot = strrchr(word, '.');
    bool property = call->kind == VANE_CALL_PROPERTY;

    call->member = g_strdup(dot ? dot + 1 : word);
    call->interface = dot ? g_strndup(word, (gsize)(dot - word)) : NULL;
    if (!vane_dbus_is_member(call->member) ||
        (call->interface && !vane_dbus_is_interface(call->interface)))
        return refuse(why, property ? "property" : "method", word,
                      property ? "ActiveState, or with its interface "
                                 "org.freedesktop.systemd1.Unit.ActiveState"
                               : "GetDefaultTarget, or with its interface "
                                 "org.freedesktop.systemd1.Manager.GetDefaultTarget");
    return 0;
}

/* Destination, path, member: the n-th word that is no option. */
static int read_part(struct vane_query *query, guint number, const char *word, char **why)
{
    struct vane_bus_call *call = &query->call;

    switch (number) {
    case 0:
        call->destination = g_strdup(word);
        return vane_dbus_is_bus_name(word) ? 0
                                           : refuse(why, "name", word, "org.freedesktop.systemd1");
    case 1:
        call->path = g_strdup(word);
        return vane_dbus_is_path(word) ? 0 : refuse(why, "path", word, "/org/freedesktop/systemd1");
    default:
        return read_member(call, word, why);
    }
}

static int read_arguments(struct vane_query *query, GPtrArray *rest, char **why)
{
    g_ptr_array_add(rest, NULL);
    if (query->call.kind == VANE_CALL_PROPERTY && rest->len > 1) {
        *why = g_strdup_printf("\"%s\" is too much: nothing follows a property",
                               (const char *)g_ptr_array_index(rest, 0));
        return -EINVAL;
    }
    query->arguments = vane_arguments_json((char *const *)rest->pdata, why);
    return query->arguments ? 0 : -EINVAL;
}

/* Numbers may be negative; anything else with a dash is no argument, unless behind "--". */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] && !g_ascii_isdigit(word[1]);
}

static int take_word(struct vane_query *query, GPtrArray *rest, guint *parts, const char *word,
                     char **why)
{
    if (*parts < 3)
        return read_part(query, (*parts)++, word, why);
    g_ptr_array_add(rest, (gpointer)word);
    return 0;
}

static int read_words(struct vane_query *query, GPtrArray *rest, char *const *words, char **why)
{
    bool only_words = false;
    guint parts = 0;
    int r = 0;

    for (; r >= 0 && *words; words++) {
        if (!only_words && g_str_equal(*words, "--")) {
            only_words = true;
        } else if (!only_words && g_str_equal(*words, "--variants")) {
            query->variants = true;
        } else if (!only_words && is_option(*words)) {
            const char *word = *words;

            r = vane_asking_take(&query->asking, &words, why);
            if (r == 0) {
                *why = g_strdup_printf("\"%s\" is no option, or its value is missing", word);
                return -EINVAL;
            }
        } else {
            r = take_word(query, rest, &parts, *words, why);
        }
    }
    if (r >= 0 && parts < 3) {
        *why = g_strdup_printf("incomplete command: DESTINATION PATH %s are wanted",
                               query->call.kind == VANE_CALL_PROPERTY ? "PROPERTY"
                                                                      : "METHOD [ARGUMENT...]");
        return -EINVAL;
    }
    return r;
}

int vane_query_read(struct vane_query *query, enum vane_call_kind kind, char *const *words,
                    char **why)
{
    g_autoptr(GPtrArray) rest = g_ptr_array_new();
    int r;

    *query = (struct vane_query){.call.kind = kind};
    vane_asking_init(&query->asking);
    r = read_words(query, rest, words, why);
    return r < 0 ? r : read_arguments(query, rest, why);
}
