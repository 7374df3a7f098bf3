/* Reading base64. See base64.h. */
#include "lib/cel/base64.h"

#include <stdint.h>

static int value_of(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    if (letter == '+' || letter == '-')
        return 62;
    return letter == '/' || letter == '_' ? 63 : -1;
}

ssize_t vane_cel_base64_decode(const char *text, size_t len, char *bytes)
{
    uint32_t bits = 0;
    unsigned have = 0;
    ssize_t n = 0;

    for (unsigned padding = 0; padding < 2 && len > 0 && text[len - 1] == '='; padding++)
        len--;
    if (len % 4 == 1)
        return -1;
    for (size_t i = 0; i < len; i++) {
        int value = value_of(text[i]);

        if (value < 0)
            return -1;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            bytes[n++] = (char)(bits >> have);
        }
    }
    return n;
}
