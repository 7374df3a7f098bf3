/* Escaping what a terminal or a log would obey instead of showing. */
#include "lib/text/printable.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/text/utf8.h"

static bool is_harmless(uint32_t codepoint)
{
    if (codepoint < 0x20 || (codepoint >= 0x7f && codepoint <= 0x9f))
        return false;
    /* Left-to-right and right-to-left marks, U+2028 and 2029, embeddings, overrides, isolates. */
    return !(codepoint == 0x200e || codepoint == 0x200f || codepoint == 0x061c ||
             (codepoint >= 0x2028 && codepoint <= 0x202e) ||
             (codepoint >= 0x2066 && codepoint <= 0x2069));
}

static void escape(GString *out, unsigned char byte)
{
    switch (byte) {
    case '\n':
        g_string_append(out, "\\n");
        return;
    case '\r':
        g_string_append(out, "\\r");
        return;
    case '\t':
        g_string_append(out, "\\t");
        return;
    default:
        g_string_append_printf(out, "\\x%02x", byte);
    }
}

char *vane_text_printable(const char *bytes, size_t len)
{
    GString *out = g_string_sized_new(len + 16);

    for (size_t i = 0; i < len;) {
        uint32_t codepoint = 0;
        int taken = vane_utf8_decode(bytes + i, len - i, &codepoint);
        size_t step = (size_t)(taken < 0 ? -taken : taken);

        if (taken > 0 && is_harmless(codepoint)) {
            g_string_append_len(out, bytes + i, taken);
        } else {
            for (size_t k = 0; k < step; k++)
                escape(out, (unsigned char)bytes[i + k]);
        }
        i += step;
    }
    return g_string_free(out, FALSE);
}
