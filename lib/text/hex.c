/* Bytes as hexadecimal digits and back. */
#include "lib/text/hex.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

void vane_text_hex(const void *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *at = bytes;

    for (size_t i = 0; i < len; i++) {
        *out++ = digits[at[i] >> 4];
        *out++ = digits[at[i] & 0xf];
    }
    *out = '\0';
}

int vane_text_unhex(const char *text, uint8_t *bytes, size_t len)
{
    if (strlen(text) != 2 * len)
        return -EINVAL;
    for (size_t i = 0; i < len; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return -EINVAL;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}
