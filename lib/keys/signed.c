/* Signed messages. See signed.h. */
#include "lib/keys/signed.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <sodium.h>

#include "lib/text/hex.h"
#include "lib/text/number.h"

static const struct {
    const char *context;
    const char *headers[VANE_SIGNED_HEADERS_MAX + 1];
} purposes[] = {
    [VANE_SIGNED_REQUEST] = {"request", {"Netvane-Call", "Method-Flag", "Netvane-Variants"}},
    [VANE_SIGNED_REPLY] = {"reply",
                           {"NKey", "Signature", "Nats-Service-Error", "Nats-Service-Error-Code"}},
    [VANE_SIGNED_PRESENCE] = {"presence", {NULL}},
};

const char *vane_signed_context(enum vane_signed_purpose purpose)
{
    return purposes[purpose].context;
}

const char *const *vane_signed_headers(enum vane_signed_purpose purpose)
{
    return purposes[purpose].headers;
}

static void put(GByteArray *bytes, const void *part, size_t length)
{
    const uint8_t size[] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16),
                            (uint8_t)(length >> 8), (uint8_t)length};

    g_byte_array_append(bytes, size, sizeof(size));
    if (length > 0)
        g_byte_array_append(bytes, part, (guint)length);
}

static void put_text(GByteArray *bytes, const char *text)
{
    put(bytes, text, text ? strlen(text) : 0);
}

static void put_parts(GByteArray *bytes, const struct vane_signed_parts *parts)
{
    put_text(bytes, parts->subject);
    put_text(bytes, parts->inbox);
    put_text(bytes, parts->time);
    put_text(bytes, parts->nonce);
    for (size_t i = 0; i < VANE_SIGNED_HEADERS_MAX; i++)
        put_text(bytes, parts->headers[i]);
    put(bytes, parts->body, parts->body_length);
}

uint8_t *vane_signed_bytes(const struct vane_signed_parts *parts, size_t *length)
{
    GByteArray *bytes = g_byte_array_new();

    put_parts(bytes, parts);
    *length = bytes->len;
    return g_byte_array_free(bytes, FALSE);
}

/* What identity->sign() signs for the plugin "cluster". */
static GByteArray *message_of(enum vane_signed_purpose purpose,
                              const struct vane_signed_parts *parts)
{
    g_autofree char *prefix = g_strdup_printf("netvane:%s:cluster", vane_signed_context(purpose));
    GByteArray *bytes = g_byte_array_new();

    g_byte_array_append(bytes, (const uint8_t *)prefix, (guint)strlen(prefix) + 1);
    put_parts(bytes, parts);
    return bytes;
}

void vane_signed_sign(enum vane_signed_purpose purpose, const struct vane_signed_parts *parts,
                      const uint8_t seed[32], char signature[VANE_SIGNATURE_TEXT_LENGTH + 1])
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    uint8_t bytes[crypto_sign_BYTES];
    GByteArray *message = message_of(purpose, parts);

    crypto_sign_seed_keypair(public_key, secret, seed);
    crypto_sign_detached(bytes, NULL, message->data, message->len, secret);
    vane_text_hex(bytes, sizeof(bytes), signature);
    sodium_memzero(secret, sizeof(secret));
    g_byte_array_unref(message);
}

int vane_signed_time(const char *text, int64_t *milliseconds)
{
    return vane_text_parse_int64(text, 0, INT64_MAX / 1000000, milliseconds) < 0 ? -EINVAL : 0;
}

static bool is_nonce(const char *text)
{
    uint8_t bytes[VANE_NONCE_LENGTH / 2];

    return vane_text_unhex(text, bytes, sizeof(bytes)) == 0;
}

int vane_signed_verify(enum vane_signed_purpose purpose, const struct vane_signed_parts *parts,
                       const char *key, const char *signature)
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], bytes[crypto_sign_BYTES];
    GByteArray *message;
    int64_t time;
    int r;

    if (!key || !signature || !parts->time || !parts->nonce ||
        vane_nkey_parse(key, public_key) < 0 ||
        vane_text_unhex(signature, bytes, sizeof(bytes)) < 0 ||
        vane_signed_time(parts->time, &time) < 0 || !is_nonce(parts->nonce))
        return -EINVAL;
    message = message_of(purpose, parts);
    r = crypto_sign_verify_detached(bytes, message->data, message->len, public_key);
    g_byte_array_unref(message);
    return r < 0 ? -EBADMSG : 0;
}
