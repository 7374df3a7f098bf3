/* Any bytes as a secret or a signing key: refused, or a key of the right length. */
#include <errno.h>
#include <string.h>

#include <glib.h>
#include <sodium.h>

#include "plugins/webhook/secret.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    return sodium_init() < 0 ? -1 : 0;
}

static void check_secret(const char *text, size_t size, bool plain)
{
    struct vane_secret secret = {0};
    const char *why = NULL;

    if (vane_secret_parse(text, size, plain, &secret, &why) < 0) {
        g_assert(why && !secret.key);
        return;
    }
    g_assert(secret.key && secret.length > 0 && secret.length <= MAX(size, VANE_SECRET_MAX));
    g_assert(plain || (secret.length >= VANE_SECRET_MIN && secret.length <= VANE_SECRET_MAX));
    vane_secret_clear(&secret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_signing_key key = {0};

    if (size > 4096)
        return 0;
    check_secret((const char *)data, size, false);
    check_secret((const char *)data, size, true);
    if (vane_signing_key_parse((const char *)data, size, &key) == 0) {
        g_assert(key.secret);
        vane_signing_key_clear(&key);
    } else {
        g_assert(!key.secret);
    }
    return 0;
}
