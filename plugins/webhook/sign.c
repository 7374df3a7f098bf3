/* Signatures of deliveries. See sign.h. */
#include "plugins/webhook/sign.h"

#include <inttypes.h>

#include <sodium.h>

#include "lib/text/hex.h"
#include "plugins/webhook/secret.h"

static void append(GString *value, const char *version, const uint8_t *signature, size_t length)
{
    char text[sodium_base64_ENCODED_LEN(64, sodium_base64_VARIANT_ORIGINAL)];

    sodium_bin2base64(text, sizeof(text), signature, length, sodium_base64_VARIANT_ORIGINAL);
    if (value->len > 0)
        g_string_append_c(value, ' ');
    g_string_append(value, version);
    g_string_append_c(value, ',');
    g_string_append(value, text);
}

/* The state on the stack holds what the key was made into: it is wiped. */
static void hmac(const struct vane_secret *secret, const char *head, size_t head_length,
                 const char *body, size_t length, uint8_t tag[32])
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, secret->key, secret->length);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)head, head_length);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)body, length);
    crypto_auth_hmacsha256_final(&state, tag);
    sodium_memzero(&state, sizeof(state));
}

void vane_sign_standard(const char *id, int64_t timestamp, const char *body, size_t length,
                        const GArray *secrets, const GArray *keys, GString *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    size_t head;

    g_string_printf(text, "%s.%" PRId64 ".", id, timestamp);
    head = text->len;
    for (guint i = 0; secrets && i < secrets->len; i++) {
        uint8_t tag[crypto_auth_hmacsha256_BYTES];

        hmac(&g_array_index(secrets, struct vane_secret, i), text->str, head, body, length, tag);
        append(value, "v1", tag, sizeof(tag));
    }
    if (keys && keys->len > 0)
        g_string_append_len(text, body, (gssize)length);
    for (guint i = 0; keys && i < keys->len; i++) {
        uint8_t signature[crypto_sign_BYTES];

        crypto_sign_detached(signature, NULL, (const uint8_t *)text->str, text->len,
                             g_array_index(keys, struct vane_signing_key, i).secret);
        append(value, "v1a", signature, sizeof(signature));
    }
}

void vane_sign_pilot(const char *body, size_t length, const GArray *secrets, GString *value)
{
    uint8_t tag[crypto_auth_hmacsha256_BYTES];
    char digits[2 * sizeof(tag) + 1];

    if (!secrets || secrets->len == 0)
        return;
    hmac(&g_array_index(secrets, struct vane_secret, 0), "", 0, body, length, tag);
    vane_text_hex(tag, sizeof(tag), digits);
    g_string_append_printf(value, "sha256=%s", digits);
}
