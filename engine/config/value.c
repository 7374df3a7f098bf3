/* The value of one option. See value.h. */
#include "engine/config/value.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "lib/text/nearest.h"
#include "lib/text/number.h"
#include "lib/text/span.h"

/* What belongs to one type: how a text becomes a value, and what is expected of it. */
struct type {
    int (*parse)(const struct vane_option *option, const char *text, struct vane_value *value);
    const char *expected;
};

void vane_value_clear(struct vane_value *value)
{
    g_free(value->text);
    g_strfreev(value->list);
    if (value->place.file)
        g_ref_string_release((char *)value->place.file);
    *value = (struct vane_value){0};
}

static bool is_number(const struct vane_option *option)
{
    switch (option->type) {
    case VANE_OPTION_BOOL:
    case VANE_OPTION_INTEGER:
    case VANE_OPTION_TIME:
    case VANE_OPTION_SIZE:
    case VANE_OPTION_MODE:
        return true;
    default: /* types are plain numbers of the ABI */
        return false;
    }
}

bool vane_option_is_list(const struct vane_option *option)
{
    return option->type == VANE_OPTION_LIST || option->type == VANE_OPTION_PATH_LIST;
}

static int parse_string(const struct vane_option *option, const char *text,
                        struct vane_value *value)
{
    return 0;
}

static int parse_bool(const struct vane_option *option, const char *text, struct vane_value *value)
{
    bool truth;
    int r = vane_text_parse_bool(text, &truth);

    if (r == 0)
        value->number = truth;
    return r;
}

static int parse_integer(const struct vane_option *option, const char *text,
                         struct vane_value *value)
{
    return vane_text_parse_int64(text, INT64_MIN, INT64_MAX, &value->number);
}

static int parse_time(const struct vane_option *option, const char *text, struct vane_value *value)
{
    uint64_t usec;
    int r = vane_text_parse_span(text, &usec);

    if (r < 0)
        return r;
    if (usec != VANE_SPAN_INFINITY && usec >= INT64_MAX)
        return -ERANGE;
    value->number = usec == VANE_SPAN_INFINITY ? INT64_MAX : (int64_t)usec;
    return 0;
}

static int parse_size(const struct vane_option *option, const char *text, struct vane_value *value)
{
    uint64_t bytes;
    int r = vane_text_parse_size(text, &bytes);

    if (r < 0)
        return r;
    if (bytes > INT64_MAX)
        return -ERANGE;
    value->number = (int64_t)bytes;
    return 0;
}

static int parse_mode(const struct vane_option *option, const char *text, struct vane_value *value)
{
    int64_t mode = 0;

    if (strspn(text, "01234567") != strlen(text) || strlen(text) > 5)
        return -EINVAL;
    for (; *text; text++)
        mode = mode * 8 + (*text - '0');
    if (mode > 07777)
        return -ERANGE;
    value->number = mode;
    return 0;
}

static int parse_path(const struct vane_option *option, const char *text, struct vane_value *value)
{
    return text[0] == '/' && strlen(text) < PATH_MAX ? 0 : -EINVAL;
}

/* Splits at any of the separators; empty parts are dropped. */
static void split(const char *text, const char *separators, struct vane_value *value)
{
    g_auto(GStrv) parts = g_strsplit_set(text, separators, -1);
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    for (char **part = parts; *part; part++)
        if (*g_strstrip(*part))
            g_ptr_array_add(list, g_strdup(*part));
    value->count = list->len;
    g_ptr_array_add(list, NULL);
    value->list = (char **)g_ptr_array_steal(list, NULL);
}

static int parse_path_list(const struct vane_option *option, const char *text,
                           struct vane_value *value)
{
    split(text, ":", value);
    for (uint32_t i = 0; i < value->count; i++)
        if (parse_path(option, value->list[i], value) < 0)
            return -EINVAL;
    return 0;
}

static int parse_list(const struct vane_option *option, const char *text, struct vane_value *value)
{
    split(text, " \t,", value);
    return 0;
}

static int parse_choice(const struct vane_option *option, const char *text,
                        struct vane_value *value)
{
    g_auto(GStrv) words = g_strsplit(option->choices, " ", -1);

    return *text && g_strv_contains((const char *const *)words, text) ? 0 : -EINVAL;
}

static const struct type types[] = {
    [VANE_OPTION_STRING] = {parse_string, "expected text"},
    [VANE_OPTION_BOOL] = {parse_bool, "expected yes or no"},
    [VANE_OPTION_INTEGER] = {parse_integer, "expected a whole number"},
    [VANE_OPTION_TIME] = {parse_time, "expected a time span, as 90s, 1min 30s or infinity"},
    [VANE_OPTION_SIZE] = {parse_size, "expected a size in bytes, as 65536, 64K or 1M"},
    [VANE_OPTION_PATH] = {parse_path, "expected a path that begins with /"},
    [VANE_OPTION_PATH_LIST] = {parse_path_list,
                               "expected paths that begin with /, joined with colons"},
    [VANE_OPTION_LIST] = {parse_list, "expected words separated by spaces or commas"},
    [VANE_OPTION_CHOICE] = {parse_choice, "expected one of"},
    [VANE_OPTION_MODE] = {parse_mode, "expected a file mode in octal, as 0660"},
};

char *vane_option_format(const struct vane_option *option, int64_t number)
{
    static const char units[] = "KMGT";
    unsigned unit = 0;

    if (option->type == VANE_OPTION_TIME)
        return number == INT64_MAX ? g_strdup("infinity")
                                   : vane_text_format_span((uint64_t)MAX(number, 0));
    if (option->type == VANE_OPTION_MODE)
        return g_strdup_printf("%04" G_GINT64_MODIFIER "o", (guint64)number);
    if (option->type != VANE_OPTION_SIZE)
        return g_strdup_printf("%" G_GINT64_FORMAT, number);
    while (number != 0 && number % 1024 == 0 && unit < 4) {
        number /= 1024;
        unit++;
    }
    return unit ? g_strdup_printf("%" G_GINT64_FORMAT "%c", number, units[unit - 1])
                : g_strdup_printf("%" G_GINT64_FORMAT, number);
}

static bool has_bounds(const struct vane_option *option)
{
    return is_number(option) && (option->minimum != 0 || option->maximum != 0);
}

static int check_bounds(const struct vane_option *option, int64_t number, char **why)
{
    g_autofree char *low = NULL, *high = NULL;

    if (!has_bounds(option) || (number >= option->minimum && number <= option->maximum))
        return 0;
    low = vane_option_format(option, option->minimum);
    high = vane_option_format(option, option->maximum);
    *why = g_strdup_printf("must be from %s to %s", low, high);
    return -EINVAL;
}

static char *explain_choice(const struct vane_option *option, const char *text)
{
    g_auto(GStrv) words = g_strsplit(option->choices, " ", -1);
    const char *nearest = vane_text_nearest(text, (const char *const *)words, g_strv_length(words));
    g_autofree char *all = g_strjoinv(", ", words);

    if (nearest)
        return g_strdup_printf("expected one of %s; did you mean %s?", all, nearest);
    return g_strdup_printf("expected one of %s", all);
}

static int refuse(char **why, char *reason)
{
    *why = reason;
    return -EINVAL;
}

static char *explain(const struct vane_option *option, const char *text, int error)
{
    if (option->type == VANE_OPTION_CHOICE)
        return explain_choice(option, text);
    if (error == -ERANGE)
        return g_strdup("is out of range");
    return g_strdup(types[option->type].expected);
}

int vane_value_parse(const struct vane_option *option, const char *text, struct vane_value *value,
                     char **why)
{
    int r = types[option->type].parse(option, text, value);

    if (r < 0)
        *why = explain(option, text, r);
    else if (value->count > VANE_LIST_MAX)
        r = refuse(why, g_strdup_printf("has more than %u parts", VANE_LIST_MAX));
    else
        r = check_bounds(option, value->number, why);
    if (r < 0) {
        vane_value_clear(value);
        return -EINVAL;
    }
    value->set = true;
    value->text = g_strdup(text);
    return 0;
}

void vane_value_reset(const struct vane_option *option, struct vane_value *value)
{
    g_autofree char *why = NULL;

    vane_value_clear(value);
    if (option->default_value)
        (void)vane_value_parse(option, option->default_value, value, &why);
}

/* The text of a list with another part at its end. */
static char *joined(const struct vane_option *option, const struct vane_value *value,
                    const char *text)
{
    const char *separator = option->type == VANE_OPTION_PATH_LIST ? ":" : " ";

    if (!value->assigned || value->count == 0)
        return g_strdup(text);
    return g_strconcat(value->text, separator, text, NULL);
}

int vane_value_assign(const struct vane_option *option, struct vane_value *value, const char *text,
                      const struct vane_place *place, bool replace, char **why)
{
    bool adds = vane_option_is_list(option) && *text && !replace;
    g_autofree char *whole = adds ? joined(option, value, text) : g_strdup(text);
    struct vane_value new = {0};
    int r;

    if (!*text && !vane_option_is_list(option) && !replace) {
        vane_value_reset(option, value);
        return 0;
    }
    r = vane_value_parse(option, whole, &new, why);
    if (r < 0)
        return r;
    new.assigned = true;
    new.place = *place;
    new.place.file = g_ref_string_new_intern(place->file);
    vane_value_clear(value);
    *value = new;
    return 0;
}

static bool lists_equal(const struct vane_value *a, const struct vane_value *b)
{
    if (!a->list || !b->list)
        return a->list == b->list;
    return g_strv_equal((const char *const *)a->list, (const char *const *)b->list);
}

/* "90s" and "1min 30s" are the same value, "no" and "off" too; so are lists with other separators.
 */
bool vane_value_equal(const struct vane_option *option, const struct vane_value *a,
                      const struct vane_value *b)
{
    if (a->set != b->set)
        return false;
    if (vane_option_is_list(option))
        return lists_equal(a, b);
    return is_number(option) ? a->number == b->number : g_strcmp0(a->text, b->text) == 0;
}
