/* Names of D-Bus. See names.h. */
#include "lib/nats/names.h"

#include <string.h>

#include <glib.h>

#define NOT_TOO_LONG(text, max) (strnlen(text, (max) + 1) <= (max))

/* One or more of [A-Za-z0-9_] and `more` (0: nothing more); the first one no digit, unless it may
 * be. Returns what is behind, NULL if there is none. */
static const char *skip_element(const char *at, char more, bool digit_first)
{
    const char *start = at;

    if (g_ascii_isdigit(*at) && !digit_first)
        return NULL;
    while (g_ascii_isalnum(*at) || *at == '_' || (more && *at == more))
        at++;
    return at > start ? at : NULL;
}

/* Two or more elements with dots between them. */
static bool is_dotted(const char *at, char more, bool digit_first)
{
    unsigned elements = 1;

    for (at = skip_element(at, more, digit_first); at && *at == '.'; elements++)
        at = skip_element(at + 1, more, digit_first);
    return at && *at == '\0' && elements >= 2;
}

bool vane_dbus_is_bus_name(const char *text)
{
    bool unique = *text == ':';

    return NOT_TOO_LONG(text, VANE_DBUS_NAME_MAX) && is_dotted(text + unique, '-', unique);
}

bool vane_dbus_is_interface(const char *text)
{
    return NOT_TOO_LONG(text, VANE_DBUS_NAME_MAX) && is_dotted(text, 0, false);
}

bool vane_dbus_is_member(const char *text)
{
    const char *end = skip_element(text, 0, false);

    return end && *end == '\0' && NOT_TOO_LONG(text, VANE_DBUS_NAME_MAX);
}

bool vane_dbus_is_path(const char *text)
{
    if (strcmp(text, "/") == 0)
        return true;
    if (*text == '\0' || !NOT_TOO_LONG(text, VANE_DBUS_PATH_MAX))
        return false;
    while (text && *text == '/')
        text = skip_element(text + 1, 0, true);
    return text && *text == '\0';
}
