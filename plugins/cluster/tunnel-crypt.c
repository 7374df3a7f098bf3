/* The cryptography of tunnels. See tunnel-crypt.h. */
#include "plugins/cluster/tunnel-crypt.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <glib.h>
#include <sodium.h>

#include "lib/keys/nkey.h"

#define PROTOCOL      "netvane tunnel 1"
#define KDF_DIRECTION "nvtunnel" /* contexts of crypto_kdf have 8 bytes */
#define KDF_NEXT      "nvrekey1"

G_STATIC_ASSERT(VANE_TUNNEL_KEY_SIZE == crypto_aead_chacha20poly1305_ietf_KEYBYTES);
G_STATIC_ASSERT(VANE_TUNNEL_KEY_SIZE == crypto_kdf_KEYBYTES);
G_STATIC_ASSERT(VANE_TUNNEL_KEY_SIZE == crypto_scalarmult_BYTES);
G_STATIC_ASSERT(VANE_TUNNEL_TAG_SIZE == crypto_aead_chacha20poly1305_ietf_ABYTES);
G_STATIC_ASSERT(VANE_TUNNEL_SIGNATURE_SIZE == crypto_sign_BYTES);

void vane_tunnel_ephemeral_new(struct vane_tunnel_ephemeral *ephemeral)
{
    randombytes_buf(ephemeral->secret, sizeof(ephemeral->secret));
    (void)crypto_scalarmult_base(ephemeral->public_key, ephemeral->secret);
}

/* Behind its length, so that no two lists of parts are the same bytes. */
static void add(crypto_generichash_state *state, const void *part, size_t length)
{
    const uint8_t size[] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16),
                            (uint8_t)(length >> 8), (uint8_t)length};

    crypto_generichash_update(state, size, sizeof(size));
    crypto_generichash_update(state, part, length);
}

void vane_tunnel_transcript(const char *cluster, const char *initiator, const char *responder,
                            const uint8_t hello[VANE_TUNNEL_HELLO_SIZE],
                            const uint8_t answer[VANE_TUNNEL_ANSWER_SIGNED],
                            uint8_t hash[VANE_TUNNEL_HASH_SIZE])
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, VANE_TUNNEL_HASH_SIZE);
    add(&state, PROTOCOL, strlen(PROTOCOL));
    add(&state, cluster, strlen(cluster));
    add(&state, initiator, strlen(initiator));
    add(&state, responder, strlen(responder));
    add(&state, hello, VANE_TUNNEL_HELLO_SIZE);
    add(&state, answer, VANE_TUNNEL_ANSWER_SIGNED);
    crypto_generichash_final(&state, hash, VANE_TUNNEL_HASH_SIZE);
}

static GByteArray *message_of(const char *context, const void *data, size_t length)
{
    g_autofree char *prefix = g_strdup_printf("netvane:%s:cluster", context);
    GByteArray *bytes = g_byte_array_new();

    g_byte_array_append(bytes, (const uint8_t *)prefix, (guint)strlen(prefix) + 1);
    g_byte_array_append(bytes, data, (guint)length);
    return bytes;
}

int vane_tunnel_verify(const char *context, const uint8_t hash[VANE_TUNNEL_HASH_SIZE],
                       const char *nkey, const uint8_t signature[VANE_TUNNEL_SIGNATURE_SIZE])
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    g_autoptr(GByteArray) message = NULL;

    if (vane_nkey_parse(nkey, public_key) < 0)
        return -EBADMSG;
    message = message_of(context, hash, VANE_TUNNEL_HASH_SIZE);
    return crypto_sign_verify_detached(signature, message->data, message->len, public_key) < 0
               ? -EBADMSG
               : 0;
}

void vane_tunnel_sign(const char *context, const void *data, size_t length, const uint8_t seed[32],
                      uint8_t signature[VANE_TUNNEL_SIGNATURE_SIZE])
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    g_autoptr(GByteArray) message = message_of(context, data, length);

    crypto_sign_seed_keypair(public_key, secret, seed);
    crypto_sign_detached(signature, NULL, message->data, message->len, secret);
    sodium_memzero(secret, sizeof(secret));
}

int vane_tunnel_keys_derive(struct vane_tunnel_keys *keys, bool initiator,
                            struct vane_tunnel_ephemeral *own,
                            const uint8_t other[VANE_TUNNEL_KEY_SIZE],
                            const uint8_t hash[VANE_TUNNEL_HASH_SIZE])
{
    uint8_t shared[crypto_scalarmult_BYTES], master[crypto_kdf_KEYBYTES];
    int r = crypto_scalarmult(shared, own->secret, other);

    *keys = (struct vane_tunnel_keys){0};
    sodium_memzero(own->secret, sizeof(own->secret));
    if (r < 0)
        return -EBADMSG;
    crypto_generichash(master, sizeof(master), hash, VANE_TUNNEL_HASH_SIZE, shared, sizeof(shared));
    crypto_kdf_derive_from_key(keys->sends.key, VANE_TUNNEL_KEY_SIZE, initiator ? 1 : 2,
                               KDF_DIRECTION, master);
    crypto_kdf_derive_from_key(keys->receives.key, VANE_TUNNEL_KEY_SIZE, initiator ? 2 : 1,
                               KDF_DIRECTION, master);
    sodium_memzero(shared, sizeof(shared));
    sodium_memzero(master, sizeof(master));
    return 0;
}

void vane_tunnel_keys_wipe(struct vane_tunnel_keys *keys)
{
    sodium_memzero(keys, sizeof(*keys));
}

static void derive_next(const struct vane_tunnel_key *key, uint8_t next[VANE_TUNNEL_KEY_SIZE])
{
    crypto_kdf_derive_from_key(next, VANE_TUNNEL_KEY_SIZE, 1, KDF_NEXT, key->key);
}

static void replace(struct vane_tunnel_key *key, uint8_t next[VANE_TUNNEL_KEY_SIZE])
{
    memcpy(key->key, next, VANE_TUNNEL_KEY_SIZE);
    sodium_memzero(next, VANE_TUNNEL_KEY_SIZE);
    key->epoch++;
}

/* The last eight of the twelve bytes are the number. */
static void make_nonce(const uint8_t head[VANE_TUNNEL_SEALED_HEAD],
                       uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES])
{
    memset(nonce, 0, 4);
    memcpy(nonce + 4, head + VANE_TUNNEL_SEALED_HEAD - 8, 8);
}

void vane_tunnel_seal(struct vane_tunnel_key *key, uint64_t to, const uint8_t *plain, size_t length,
                      uint8_t *packet)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES], next[VANE_TUNNEL_KEY_SIZE];

    if (key->next >> VANE_TUNNEL_EPOCH_BITS != key->epoch) {
        derive_next(key, next);
        replace(key, next);
    }
    vane_tunnel_sealed_put(packet, to, key->next++);
    make_nonce(packet, nonce);
    crypto_aead_chacha20poly1305_ietf_encrypt(packet + VANE_TUNNEL_SEALED_HEAD, NULL, plain, length,
                                              packet, VANE_TUNNEL_SEALED_HEAD, NULL, nonce,
                                              key->key);
}

static int decrypt(const uint8_t key[VANE_TUNNEL_KEY_SIZE], const struct vane_tunnel_packet *packet,
                   const uint8_t *bytes, uint8_t *plain)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    unsigned long long length;

    make_nonce(bytes, nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(plain, &length, NULL, packet->sealed,
                                                  packet->sealed_length, bytes,
                                                  VANE_TUNNEL_SEALED_HEAD, nonce, key) < 0)
        return -EBADMSG;
    return (int)length;
}

int vane_tunnel_open(struct vane_tunnel_key *key, const struct vane_tunnel_packet *packet,
                     const uint8_t *bytes, uint8_t *plain)
{
    uint64_t epoch = packet->number >> VANE_TUNNEL_EPOCH_BITS;
    uint8_t next[VANE_TUNNEL_KEY_SIZE];
    int length;

    if (packet->sealed_length > INT_MAX)
        return -EBADMSG;
    if (packet->number < key->next)
        return -EALREADY;
    if (epoch == key->epoch) {
        length = decrypt(key->key, packet, bytes, plain);
    } else if (epoch == key->epoch + 1) {
        derive_next(key, next);
        length = decrypt(next, packet, bytes, plain);
        if (length >= 0)
            replace(key, next);
        sodium_memzero(next, sizeof(next));
    } else {
        return -EBADMSG; /* so many are never under way */
    }
    if (length >= 0)
        key->next = packet->number + 1;
    return length;
}
