/* Reading the arrays of strings that callers send. */
#include <errno.h>

#include "engine/control/internal.h"

/*
 * The library's own reader counts all strings it has for every one that it adds, and a message has
 * room for a hundred thousand: the loop would stand still for a minute.
 */
int vane_message_read_strings(sd_bus_message *message, uint32_t most, char ***strings)
{
    g_autoptr(GPtrArray) read = g_ptr_array_new_with_free_func(g_free);
    const char *string;
    int r = sd_bus_message_enter_container(message, 'a', "s");

    while (r >= 0 && (r = sd_bus_message_read_basic(message, 's', &string)) > 0) {
        if (read->len == most)
            return -E2BIG;
        g_ptr_array_add(read, g_strdup(string));
    }
    if (r >= 0)
        r = sd_bus_message_exit_container(message);
    if (r < 0)
        return r;
    g_ptr_array_add(read, NULL);
    *strings = (char **)g_ptr_array_free(g_steal_pointer(&read), FALSE);
    return 0;
}
