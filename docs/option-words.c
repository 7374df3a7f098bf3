/* What an option takes, in words. See option-words.h. */
#include "docs/option-words.h"

#include <inttypes.h>
#include <string.h>

#include <glib.h>

#include "lib/text/span.h"

static char *bound_text(uint32_t type, int64_t bound)
{
    if (type == VANE_OPTION_TIME)
        return bound == INT64_MAX ? g_strdup("infinity") : vane_text_format_span((uint64_t)bound);
    if (type == VANE_OPTION_SIZE && bound >= 1048576 && bound % 1048576 == 0)
        return g_strdup_printf("%" PRId64 "M", bound / 1048576);
    if (type == VANE_OPTION_MODE)
        return g_strdup_printf("%04" PRIo64, (uint64_t)bound);
    return g_strdup_printf("%" PRId64, bound);
}

static char *choices_text(const char *choices)
{
    g_auto(GStrv) words = g_strsplit(choices, " ", -1);
    g_autofree char *list = g_strjoinv(", ", words);

    return g_strdup_printf("one of %s", list);
}

static char *kind_text(const struct vane_option *option)
{
    switch (option->type) {
    case VANE_OPTION_BOOL:
        return g_strdup("yes or no");
    case VANE_OPTION_INTEGER:
        return g_strdup("a number");
    case VANE_OPTION_TIME:
        return g_strdup("a time span");
    case VANE_OPTION_SIZE:
        return g_strdup("a size in bytes");
    case VANE_OPTION_PATH:
        return g_strdup("an absolute path");
    case VANE_OPTION_PATH_LIST:
        return g_strdup("absolute paths, joined with colons");
    case VANE_OPTION_LIST:
        return g_strdup("words, separated by spaces or commas");
    case VANE_OPTION_CHOICE:
        return choices_text(option->choices);
    case VANE_OPTION_MODE:
        return g_strdup("a file mode in octal");
    default:
        return g_strdup("text");
    }
}

char *vane_option_value_text(const struct vane_option *option)
{
    g_autofree char *kind = kind_text(option);
    g_autofree char *least = bound_text(option->type, option->minimum);
    g_autofree char *most = bound_text(option->type, option->maximum);

    if (option->minimum == 0 && option->maximum == 0)
        return g_steal_pointer(&kind);
    if (option->maximum == INT64_MAX)
        return g_strdup_printf("%s of at least %s", kind, least);
    return g_strdup_printf("%s from %s to %s", kind, least, most);
}

char *vane_escaped(const char *text)
{
    GString *result = g_string_new(NULL);

    for (; *text; text++) {
        if (strchr("_*\\", *text))
            g_string_append_c(result, '\\');
        g_string_append_c(result, *text);
    }
    return g_string_free(result, FALSE);
}
