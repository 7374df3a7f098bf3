/*
 * The hot loop of writer, scanner and reader: how many bytes at the start of a string are printable
 * ASCII without quote and backslash, and so need no attention. Eight bytes a step.
 */
#ifndef NETVANE_LIB_JSON_PLAIN_H
#define NETVANE_LIB_JSON_PLAIN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VANE_JSON_BYTES(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of each byte that is zero; exact up to the first such byte, which is all we use. */
static inline uint64_t vane_json_zero_bytes(uint64_t word)
{
    return (word - VANE_JSON_BYTES(0x01)) & ~word;
}

static inline bool vane_json_is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* The high bit of each byte of a little-endian word that is not plain; exact up to the first such
 * byte. */
static inline uint64_t vane_json_special_bytes(uint64_t word)
{
    uint64_t special = word | ((word - VANE_JSON_BYTES(0x20)) & ~word);

    special |= vane_json_zero_bytes(word ^ VANE_JSON_BYTES('"'));
    special |= vane_json_zero_bytes(word ^ VANE_JSON_BYTES('\\'));
    special |= vane_json_zero_bytes(word ^ VANE_JSON_BYTES(0x7f));
    return special & VANE_JSON_BYTES(0x80);
}

static inline size_t vane_json_plain(const char *at, size_t len)
{
    size_t i = 0;

    for (; len - i >= 8; i += 8) {
        uint64_t word, special;

        memcpy(&word, at + i, 8);
        special = vane_json_special_bytes(le64toh(word));
        if (special)
            return i + (size_t)__builtin_ctzll(special) / 8;
    }
    while (i < len && vane_json_is_plain((unsigned char)at[i]))
        i++;
    return i;
}

/* The same, copying on the way: up to `len` bytes of `out` are overwritten, and the result counts.
 */
static inline size_t vane_json_copy_plain(char *out, const char *at, size_t len)
{
    size_t i = 0;

    for (; len - i >= 8; i += 8) {
        uint64_t word, special;

        memcpy(&word, at + i, 8);
        memcpy(out + i, &word, 8);
        special = vane_json_special_bytes(le64toh(word));
        if (special)
            return i + (size_t)__builtin_ctzll(special) / 8;
    }
    for (; i < len && vane_json_is_plain((unsigned char)at[i]); i++)
        out[i] = at[i];
    return i;
}

#endif
