/*
 * NKeys: how NATS writes Ed25519 keys (github.com/nats-io/nkeys, README). A kind, 32 bytes and a
 * CRC-16, in base32 without padding: a user's public key is 56 letters and begins with U, its seed
 * 58 and begins with SU. Pure functions.
 */
#ifndef NETVANE_LIB_KEYS_NKEY_H
#define NETVANE_LIB_KEYS_NKEY_H

#include <stdbool.h>
#include <stdint.h>

#define VANE_NKEY_LENGTH      56
#define VANE_NKEY_SEED_LENGTH 58

/* A user's public key as text, which ends with NUL. */
void vane_nkey_format(const uint8_t public_key[32], char text[VANE_NKEY_LENGTH + 1]);

/* -EINVAL: not the public key of a user, or mistyped. The key is then untouched. */
int vane_nkey_parse(const char *text, uint8_t public_key[32]);

/* Is this text the public key of a user? */
bool vane_nkey_valid(const char *text);

/* The seed of a user's key, of which `text` may have more behind it. -EINVAL. */
int vane_nkey_parse_seed(const char *text, uint8_t seed[32]);

#endif
