/* Checks of an option table. See option-table.h. */
#include "engine/config/option-table.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "engine/config/value.h"
#include "lib/array.h"

int vane_option_at(const struct vane_option *table, uint32_t size, uint32_t index,
                   struct vane_option *option)
{
    if (size < offsetof(struct vane_option, minimum))
        return -EINVAL;
    *option = (struct vane_option){0};
    memcpy(option, (const char *)table + (size_t)index * size, MIN(size, sizeof(*option)));
    return 0;
}

static bool is_word(const char *text)
{
    if (!text || !g_ascii_isalpha(*text))
        return false;
    for (; *text; text++)
        if (!g_ascii_isalnum(*text))
            return false;
    return true;
}

static bool is_long_option(const char *text)
{
    size_t length = strlen(text);

    return length > 1 && g_ascii_isalnum(text[0]) &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static bool is_reserved(const char *kind)
{
    static const char *const reserved[] = {"Engine", "Plugin", "Profile"};

    for (size_t i = 0; i < ELEMENTS(reserved); i++)
        if (strcmp(kind, reserved[i]) == 0)
            return true;
    return false;
}

static const char *find_fault(const struct vane_option *option)
{
    if (!is_word(option->name))
        return "its name must be letters and digits";
    if (option->section && (!is_word(option->section) || is_reserved(option->section)))
        return "its section must be a word other than Engine, Plugin and Profile";
    if (option->type < VANE_OPTION_STRING || option->type > VANE_OPTION_MODE)
        return "its type is unknown to this host";
    if (option->type == VANE_OPTION_CHOICE && (!option->choices || !option->choices[0]))
        return "it has no choices";
    if (option->letter && (option->letter > 127 || !g_ascii_isalnum(option->letter)))
        return "its command-line letter must be an ASCII letter or digit";
    if (option->long_option && !is_long_option(option->long_option))
        return "its long option must be small letters, digits and hyphens";
    if (option->section && (option->letter || option->long_option))
        return "only an option of [Plugin NAME] can be on the command line";
    if (option->minimum > option->maximum)
        return "its minimum is above its maximum";
    return NULL;
}

int vane_option_check(const struct vane_option *option, char **why)
{
    const char *fault = find_fault(option);
    struct vane_value value = {0};
    g_autofree char *reason = NULL;

    if (fault) {
        *why = g_strdup(fault);
        return -EINVAL;
    }
    if (option->default_value &&
        vane_value_parse(option, option->default_value, &value, &reason) < 0) {
        *why =
            g_strdup_printf("its default %s is no valid value: %s", option->default_value, reason);
        return -EINVAL;
    }
    vane_value_clear(&value);
    return 0;
}
