/*
 * Signed messages: NATS does not tell a receiver who sent something, so Netvane's own messages
 * carry it in their headers.
 *
 *     Netvane-Key        the sender's NKey
 *     Netvane-Time       when it was signed: milliseconds since 1970, decimal
 *     Netvane-Nonce      16 random bytes as 32 hexadecimal digits; a reply repeats its request's
 *     Netvane-Signature  Ed25519 (RFC 8032), 64 bytes as 128 hexadecimal digits
 *
 * Signed is "netvane:" PURPOSE ":cluster" NUL, then each of these parts behind its length as four
 * bytes, big-endian: subject, inbox (the subject that an answer goes to, else empty), time, nonce,
 * the values of the headers that the purpose names (absent: empty), body. Pure functions.
 */
#ifndef NETVANE_LIB_KEYS_SIGNED_H
#define NETVANE_LIB_KEYS_SIGNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/keys/nkey.h"

#define VANE_SIGNED_KEY       "Netvane-Key"
#define VANE_SIGNED_TIME      "Netvane-Time"
#define VANE_SIGNED_NONCE     "Netvane-Nonce"
#define VANE_SIGNED_SIGNATURE "Netvane-Signature"

#define VANE_NONCE_LENGTH          32
#define VANE_SIGNATURE_TEXT_LENGTH 128
#define VANE_SIGNED_HEADERS_MAX    4

/* What a signature is for; a signature for one purpose is of no use for another. */
enum vane_signed_purpose {
    VANE_SIGNED_REQUEST,  /* headers: Netvane-Call, Method-Flag, Netvane-Variants */
    VANE_SIGNED_REPLY,    /* headers: NKey, Signature, Nats-Service-Error, ...-Code */
    VANE_SIGNED_PRESENCE, /* none */
};

/* The word for `context` of identity->sign(), as "request". */
const char *vane_signed_context(enum vane_signed_purpose purpose);

/* The names of the headers that are signed along, ending with NULL. */
const char *const *vane_signed_headers(enum vane_signed_purpose purpose);

/* What is signed. Texts may be NULL for empty. */
struct vane_signed_parts {
    const char *subject, *inbox, *time, *nonce;
    const char *headers[VANE_SIGNED_HEADERS_MAX]; /* in the order of vane_signed_headers() */
    const void *body;
    size_t body_length;
};

/* The parts as bytes, without the purpose in front; to be freed. */
uint8_t *vane_signed_bytes(const struct vane_signed_parts *parts, size_t *length);

/* Signs with a seed's key, for who is not the daemon. */
void vane_signed_sign(enum vane_signed_purpose purpose, const struct vane_signed_parts *parts,
                      const uint8_t seed[32], char signature[VANE_SIGNATURE_TEXT_LENGTH + 1]);

/*
 * 0: `key` has signed this. -EINVAL: key, time, nonce or signature are not written as above;
 * -EBADMSG: the signature is not of this key for this message.
 */
int vane_signed_verify(enum vane_signed_purpose purpose, const struct vane_signed_parts *parts,
                       const char *key, const char *signature);

/* Milliseconds since 1970 out of a Netvane-Time. -EINVAL. */
int vane_signed_time(const char *text, int64_t *milliseconds);

#endif
