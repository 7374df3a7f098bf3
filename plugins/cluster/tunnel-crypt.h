/*
 * The cryptography of tunnels, pure of network and clock.
 *
 * Who is there: a signed Diffie-Hellman exchange with both names under both signatures, as the
 * three-pass mutual authentication of ISO/IEC 9798-3 and the "SIGn" of SIGMA (H. Krawczyk, "SIGMA:
 * the SIGn-and-MAc approach to authenticated Diffie-Hellman", CRYPTO 2003, sections 3 and 5).
 * X25519 (RFC 7748) with keys that live as long as the session, Ed25519 (RFC 8032) with the
 * machines' keys. The initiator's signature goes sealed, which proves that it has the secret.
 *
 * What they say: ChaCha20-Poly1305 (RFC 8439), a key for each direction, the packet's number as
 * nonce and its head as associated data. A number is used once; a receiver takes rising numbers
 * only. After 2^16 packets a key is replaced by one derived from it, and forgotten.
 *
 * All primitives are libsodium's: crypto_scalarmult, crypto_sign, crypto_generichash (BLAKE2b, RFC
 * 7693), crypto_kdf, crypto_aead_chacha20poly1305_ietf.
 */
#ifndef NETVANE_CLUSTER_TUNNEL_CRYPT_H
#define NETVANE_CLUSTER_TUNNEL_CRYPT_H

#include <stdbool.h>

#include "plugins/cluster/tunnel-frame.h"

#define VANE_TUNNEL_HASH_SIZE 32

/* A key is good for so many packets. */
#define VANE_TUNNEL_EPOCH_BITS 16

/* What each signs: the words for `context` of identity->sign(). */
#define VANE_TUNNEL_ANSWER_CONTEXT "tunnel-answer"
#define VANE_TUNNEL_FINISH_CONTEXT "tunnel-finish"

/* A key pair for one session. */
struct vane_tunnel_ephemeral {
    uint8_t secret[VANE_TUNNEL_KEY_SIZE], public_key[VANE_TUNNEL_KEY_SIZE];
};

void vane_tunnel_ephemeral_new(struct vane_tunnel_ephemeral *ephemeral);

/* What both sign and derive keys from: cluster, both NKeys, hello, and answer but its signature. */
void vane_tunnel_transcript(const char *cluster, const char *initiator, const char *responder,
                            const uint8_t hello[VANE_TUNNEL_HELLO_SIZE],
                            const uint8_t answer[VANE_TUNNEL_ANSWER_SIGNED],
                            uint8_t hash[VANE_TUNNEL_HASH_SIZE]);

/* 0: the key with this NKey has signed the transcript. -EBADMSG. */
int vane_tunnel_verify(const char *context, const uint8_t hash[VANE_TUNNEL_HASH_SIZE],
                       const char *nkey, const uint8_t signature[VANE_TUNNEL_SIGNATURE_SIZE]);

/* Signs with a seed's key as identity->sign() does with its own for the plugin "cluster". */
void vane_tunnel_sign(const char *context, const void *data, size_t length, const uint8_t seed[32],
                      uint8_t signature[VANE_TUNNEL_SIGNATURE_SIZE]);

/* One direction. */
struct vane_tunnel_key {
    uint8_t key[VANE_TUNNEL_KEY_SIZE];
    uint64_t epoch;
    uint64_t next; /* the number that is used, or expected at least, next */
};

struct vane_tunnel_keys {
    struct vane_tunnel_key sends, receives;
};

/* -EBADMSG: the other's key is none (RFC 7748, section 6.1: the all-zero secret). Wipes `own`. */
int vane_tunnel_keys_derive(struct vane_tunnel_keys *keys, bool initiator,
                            struct vane_tunnel_ephemeral *own,
                            const uint8_t other[VANE_TUNNEL_KEY_SIZE],
                            const uint8_t hash[VANE_TUNNEL_HASH_SIZE]);
void vane_tunnel_keys_wipe(struct vane_tunnel_keys *keys);

/* Seals `length` bytes into a packet of VANE_TUNNEL_SEALED_HEAD + length + VANE_TUNNEL_TAG_SIZE
 * bytes. Never twice with one number. */
void vane_tunnel_seal(struct vane_tunnel_key *key, uint64_t to, const uint8_t *plain, size_t length,
                      uint8_t *packet);

/*
 * Opens a packet that was parsed, from the whole of its bytes; `plain` has room for sealed_length.
 * Returns the length. -EALREADY: the number is not above the last; -EBADMSG: it was not sealed
 * with this key, or not so.
 */
int vane_tunnel_open(struct vane_tunnel_key *key, const struct vane_tunnel_packet *packet,
                     const uint8_t *bytes, uint8_t *plain);

#endif
