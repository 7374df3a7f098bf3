/* Terminal columns. See width.h. */
#include "cli/width.h"

size_t vane_cli_width(const char *text)
{
    size_t width = 0;

    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);

        if (g_unichar_iszerowidth(character))
            continue;
        width += g_unichar_iswide(character) ? 2 : 1;
    }
    return width;
}

void vane_cli_pad(GString *out, size_t from, size_t to)
{
    for (; from < to; from++)
        g_string_append_c(out, ' ');
}
