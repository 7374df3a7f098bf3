/* NKeys. See nkey.h. */
#include "lib/keys/nkey.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <sodium.h>

#define KIND_USER 20u /* of 32, the first letter's place in the alphabet */
#define KIND_SEED 18u
#define CRC_SIZE  2u

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* CRC-16/XMODEM: polynomial 0x1021, nothing reflected, from 0. */
static uint16_t checksum(const uint8_t *bytes, size_t length)
{
    uint16_t crc = 0;

    for (size_t i = 0; i < length; i++) {
        crc = (uint16_t)(crc ^ bytes[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

/* Base32 (RFC 4648 section 6) without padding. */
static void encode(const uint8_t *bytes, size_t length, char *text)
{
    uint32_t held = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < length; i++) {
        held = held << 8 | bytes[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *text++ = alphabet[held >> (bits - 5) & 31];
    }
    if (bits > 0)
        *text++ = alphabet[held << (5 - bits) & 31];
    *text = '\0';
}

/* The first `length` bytes; bits left over must be zero, so that a key has one spelling. */
static int decode(const char *text, uint8_t *bytes, size_t length)
{
    uint32_t held = 0;
    unsigned bits = 0;

    for (size_t done = 0; done < length;) {
        const char *letter = *text ? strchr(alphabet, *text++) : NULL;

        if (!letter)
            return -EINVAL;
        held = held << 5 | (uint32_t)(letter - alphabet);
        bits += 5;
        if (bits < 8)
            continue;
        bits -= 8;
        bytes[done++] = (uint8_t)(held >> bits);
    }
    return held & ((1u << bits) - 1) ? -EINVAL : 0;
}

static bool is_intact(const uint8_t *bytes, size_t length)
{
    uint16_t crc = checksum(bytes, length - CRC_SIZE);

    return bytes[length - 2] == (crc & 0xff) && bytes[length - 1] == crc >> 8;
}

void vane_nkey_format(const uint8_t public_key[32], char text[VANE_NKEY_LENGTH + 1])
{
    uint8_t bytes[1 + 32 + CRC_SIZE] = {KIND_USER << 3};
    uint16_t crc;

    memcpy(bytes + 1, public_key, 32);
    crc = checksum(bytes, sizeof(bytes) - CRC_SIZE);
    bytes[sizeof(bytes) - 2] = (uint8_t)crc;
    bytes[sizeof(bytes) - 1] = (uint8_t)(crc >> 8);
    encode(bytes, sizeof(bytes), text);
}

int vane_nkey_parse(const char *text, uint8_t public_key[32])
{
    uint8_t bytes[1 + 32 + CRC_SIZE];

    if (strnlen(text, VANE_NKEY_LENGTH + 1) != VANE_NKEY_LENGTH ||
        decode(text, bytes, sizeof(bytes)) < 0 || bytes[0] != KIND_USER << 3 ||
        !is_intact(bytes, sizeof(bytes)))
        return -EINVAL;
    memcpy(public_key, bytes + 1, 32);
    return 0;
}

bool vane_nkey_valid(const char *text)
{
    uint8_t public_key[32];

    return vane_nkey_parse(text, public_key) == 0;
}

/* The kind of the key is in the low bits of the first byte and the high ones of the second. */
int vane_nkey_parse_seed(const char *text, uint8_t seed[32])
{
    uint8_t bytes[2 + 32 + CRC_SIZE];
    int r = decode(text, bytes, sizeof(bytes));

    if (r == 0 && (bytes[0] != (KIND_SEED << 3 | KIND_USER >> 2) ||
                   bytes[1] != (uint8_t)(KIND_USER << 6) || !is_intact(bytes, sizeof(bytes))))
        r = -EINVAL;
    if (r == 0)
        memcpy(seed, bytes + 2, 32);
    sodium_memzero(bytes, sizeof(bytes));
    return r;
}
