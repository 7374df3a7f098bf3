/* Decoding, encoding and checking of UTF-8, one sequence at a time. */
#include "lib/text/utf8.h"

/* What may follow a lead byte: how many bytes, and the range of the first of them (RFC 3629, 4). */
struct lead {
    int length;
    uint8_t low, high;
};

static struct lead classify(uint8_t byte)
{
    if (byte < 0x80)
        return (struct lead){1, 0, 0};
    if (byte < 0xc2 || byte > 0xf4)
        return (struct lead){0, 0, 0};
    if (byte < 0xe0)
        return (struct lead){2, 0x80, 0xbf};
    if (byte < 0xf0)
        return (struct lead){3, byte == 0xe0 ? 0xa0 : 0x80, byte == 0xed ? 0x9f : 0xbf};
    return (struct lead){4, byte == 0xf0 ? 0x90 : 0x80, byte == 0xf4 ? 0x8f : 0xbf};
}

int vane_utf8_decode(const char *at, size_t left, uint32_t *codepoint)
{
    static const uint8_t lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const uint8_t *bytes = (const uint8_t *)at;
    struct lead lead = classify(bytes[0]);

    if (!lead.length)
        return -1;
    *codepoint = bytes[0] & lead_bits[lead.length];
    for (int i = 1; i < lead.length; i++) {
        if ((size_t)i >= left || bytes[i] < lead.low || bytes[i] > lead.high)
            return -i;
        *codepoint = *codepoint << 6 | (bytes[i] & 0x3f);
        lead.low = 0x80;
        lead.high = 0xbf;
    }
    return lead.length;
}

size_t vane_utf8_encode(uint32_t codepoint, char *out)
{
    if (codepoint < 0x80) {
        out[0] = (char)codepoint;
        return 1;
    }
    if (codepoint < 0x800) {
        out[0] = (char)(0xc0 | codepoint >> 6);
        out[1] = (char)(0x80 | (codepoint & 0x3f));
        return 2;
    }
    if (codepoint < 0x10000) {
        out[0] = (char)(0xe0 | codepoint >> 12);
        out[1] = (char)(0x80 | (codepoint >> 6 & 0x3f));
        out[2] = (char)(0x80 | (codepoint & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | codepoint >> 18);
    out[1] = (char)(0x80 | (codepoint >> 12 & 0x3f));
    out[2] = (char)(0x80 | (codepoint >> 6 & 0x3f));
    out[3] = (char)(0x80 | (codepoint & 0x3f));
    return 4;
}

bool vane_utf8_valid(const char *text, size_t len)
{
    uint32_t codepoint;

    for (size_t i = 0; i < len;) {
        int taken = vane_utf8_decode(text + i, len - i, &codepoint);

        if (taken < 0)
            return false;
        i += (size_t)taken;
    }
    return true;
}
