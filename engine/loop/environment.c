/* What a child process gets to know of the daemon's environment. */
#include <string.h>

#include <glib.h>

#include "engine/loop/loop.h"
#include "lib/array.h"

/* Set for the daemon by its service manager (systemd.exec(5), sd_notify(3)): in a script they would
 * speak in the daemon's name or mislead. A trailing '*' stands for any rest. */
static const char *const private_names[] = {
    "NOTIFY_SOCKET", "WATCHDOG_*",  "LISTEN_*",       "INVOCATION_ID",     "JOURNAL_STREAM",
    "MAINPID",       "MANAGERPID",  "FDSTORE",        "SYSTEMD_EXEC_PID",  "CREDENTIALS_DIRECTORY",
    "EXIT_CODE",     "EXIT_STATUS", "SERVICE_RESULT", "MEMORY_PRESSURE_*",
};

static gboolean name_is(const char *variable, const char *name, size_t length)
{
    return strncmp(variable, name, length) == 0 && variable[length] == '=';
}

static gboolean is_private(const char *variable)
{
    for (size_t i = 0; i < ELEMENTS(private_names); i++) {
        const char *name = private_names[i];
        size_t length = strlen(name);

        if (name[length - 1] == '*' ? strncmp(variable, name, length - 1) == 0
                                    : name_is(variable, name, length))
            return TRUE;
    }
    return FALSE;
}

static gboolean is_overridden(const char *variable, const char *const *additions)
{
    const char *equals = strchr(variable, '=');

    for (; equals && additions && *additions; additions++)
        if (name_is(*additions, variable, (size_t)(equals - variable)))
            return TRUE;
    return FALSE;
}

char **vane_child_environment(char *const *inherited, const char *const *additions)
{
    g_autoptr(GPtrArray) result = g_ptr_array_new();

    for (; inherited && *inherited; inherited++)
        if (!is_private(*inherited) && !is_overridden(*inherited, additions))
            g_ptr_array_add(result, g_strdup(*inherited));
    for (; additions && *additions; additions++)
        g_ptr_array_add(result, g_strdup(*additions));
    g_ptr_array_add(result, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&result), FALSE);
}
