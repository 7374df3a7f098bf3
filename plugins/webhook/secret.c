/* Keys as texts, and the memory they are kept in. See secret.h; secret-file.c reads the files. */
#include "plugins/webhook/secret.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#define SECRET_PREFIX "whsec_"
#define KEY_PREFIX    "whsk_"
#define PUBLIC_PREFIX "whpk_"

void vane_secret_clear(struct vane_secret *secret)
{
    sodium_free(secret->key);
    *secret = (struct vane_secret){0};
}

void vane_signing_key_clear(struct vane_signing_key *key)
{
    sodium_free(key->secret);
    *key = (struct vane_signing_key){0};
}

static void clear_secret(void *secret)
{
    vane_secret_clear(secret);
}

static void clear_key(void *key)
{
    vane_signing_key_clear(key);
}

GArray *vane_secrets_new(void)
{
    GArray *secrets = g_array_new(FALSE, TRUE, sizeof(struct vane_secret));

    g_array_set_clear_func(secrets, clear_secret);
    return secrets;
}

GArray *vane_signing_keys_new(void)
{
    GArray *keys = g_array_new(FALSE, TRUE, sizeof(struct vane_signing_key));

    g_array_set_clear_func(keys, clear_key);
    return keys;
}

static void trim(const char **text, size_t *length)
{
    while (*length > 0 && g_ascii_isspace(**text)) {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && g_ascii_isspace((*text)[*length - 1]))
        (*length)--;
}

static bool has_prefix(const char *text, size_t length, const char *prefix)
{
    return length >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

/* With or without the padding. */
static int decode(const char *text, size_t length, uint8_t *bytes, size_t size, size_t *decoded)
{
    const char *end;

    while (length > 0 && text[length - 1] == '=')
        length--;
    if (sodium_base642bin(bytes, size, text, length, NULL, decoded, &end,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING) < 0 ||
        end != text + length)
        return -EINVAL;
    return 0;
}

static int take(const uint8_t *bytes, size_t length, struct vane_secret *secret)
{
    secret->key = sodium_malloc(length);
    if (!secret->key)
        return -ENOMEM;
    memcpy(secret->key, bytes, length);
    secret->length = length;
    return 0;
}

static int refuse(const char **why, const char *text)
{
    *why = text;
    return -EINVAL;
}

int vane_secret_parse(const char *text, size_t length, bool plain, struct vane_secret *secret,
                      const char **why)
{
    const size_t prefix = strlen(SECRET_PREFIX);
    uint8_t bytes[VANE_SECRET_MAX];
    size_t decoded = 0;
    int r;

    trim(&text, &length);
    if (!has_prefix(text, length, SECRET_PREFIX)) {
        if (plain && length > 0 && !memchr(text, '\0', length))
            return take((const uint8_t *)text, length, secret);
        return refuse(why, plain ? "it is empty" : "it does not begin with whsec_");
    }
    r = decode(text + prefix, length - prefix, bytes, sizeof(bytes), &decoded);
    if (r == 0 && decoded >= VANE_SECRET_MIN)
        r = take(bytes, decoded, secret);
    else
        r = refuse(why, "what follows whsec_ is not the base64 of 24 to 64 bytes");
    sodium_memzero(bytes, sizeof(bytes));
    return r;
}

static int from_seed(const uint8_t *seed, struct vane_signing_key *key)
{
    key->secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
    if (!key->secret)
        return -ENOMEM;
    return crypto_sign_seed_keypair(key->public, key->secret, seed);
}

int vane_signing_key_parse(const char *text, size_t length, struct vane_signing_key *key)
{
    const size_t prefix = strlen(KEY_PREFIX);
    uint8_t bytes[crypto_sign_SECRETKEYBYTES];
    size_t decoded = 0;
    int r = -EINVAL;

    trim(&text, &length);
    if (has_prefix(text, length, KEY_PREFIX))
        r = decode(text + prefix, length - prefix, bytes, sizeof(bytes), &decoded);
    if (r == 0)
        r = decoded == crypto_sign_SEEDBYTES || decoded == crypto_sign_SECRETKEYBYTES
                ? from_seed(bytes, key)
                : -EINVAL;
    sodium_memzero(bytes, sizeof(bytes));
    return r;
}

int vane_signing_key_make(struct vane_signing_key *key)
{
    uint8_t seed[crypto_sign_SEEDBYTES];
    int r;

    randombytes_buf(seed, sizeof(seed));
    r = from_seed(seed, key);
    sodium_memzero(seed, sizeof(seed));
    return r;
}

char *vane_signing_key_public(const struct vane_signing_key *key)
{
    char text[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL)];

    sodium_bin2base64(text, sizeof(text), key->public, sizeof(key->public),
                      sodium_base64_VARIANT_ORIGINAL);
    return g_strconcat(PUBLIC_PREFIX, text, NULL);
}
