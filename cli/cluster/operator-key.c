/* The operator's own key. See operator-key.h. */
#include "cli/cluster/operator-key.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <glib.h>
#include <sodium.h>

#include "lib/file.h"
#include "lib/keys/credentials.h"
#include "lib/keys/sshkey.h"

static int parse(const char *path, const char *text, struct vane_operator_key *key, char **why)
{
    struct vane_credentials credentials;
    struct vane_sshkey ssh;
    const char *problem;

    if (vane_credentials_parse(text, &credentials) == 0) {
        memcpy(key->seed, credentials.seed, sizeof(key->seed));
        sodium_memzero(&credentials, sizeof(credentials));
        return 0;
    }
    if (!strstr(text, "OPENSSH PRIVATE KEY")) {
        *why = g_strdup_printf(
            "%s holds no seed of a NATS user (SU...) and no private key of OpenSSH", path);
        return -EINVAL;
    }
    if (vane_sshkey_parse(text, strlen(text), &ssh, &problem) < 0) {
        *why = g_strdup_printf("%s %s", path, problem);
        return -EINVAL;
    }
    memcpy(key->seed, ssh.seed, sizeof(key->seed));
    sodium_memzero(&ssh, sizeof(ssh));
    return 0;
}

static void name(struct vane_operator_key *key)
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];

    crypto_sign_seed_keypair(public_key, secret, key->seed);
    sodium_memzero(secret, sizeof(secret));
    vane_nkey_format(public_key, key->nkey);
}

/* A key that all may read is nobody's. */
static int check_mode(const char *path, char **why)
{
    struct stat status;

    if (stat(path, &status) < 0) {
        int error = errno;

        *why = g_strdup_printf("%s cannot be read: %s", path, g_strerror(error));
        return -error;
    }
    if (!S_ISREG(status.st_mode) || !(status.st_mode & (S_IRWXG | S_IRWXO)))
        return 0;
    *why = g_strdup_printf("%s holds a key and is open to others (mode %04o); close it with chmod "
                           "600",
                           path, (unsigned)(status.st_mode & 07777));
    return -EPERM;
}

int vane_operator_key_read(const char *path, struct vane_operator_key *key, char **why)
{
    size_t length;
    char *text;
    int r = vane_file_read(path, VANE_CREDENTIALS_MAX, &text, &length);
    if (r < 0) {
        *why = g_strdup_printf("%s cannot be read: %s", path, g_strerror(-r));
        return r;
    }
    r = parse(path, text, key, why);
    if (r == 0)
        r = check_mode(path, why); /* what is no key, as a .pub, need not be closed */
    if (r == 0)
        name(key);
    else
        vane_operator_key_clear(key);
    sodium_memzero(text, length);
    g_free(text);
    return r;
}

void vane_operator_key_clear(struct vane_operator_key *key)
{
    sodium_memzero(key, sizeof(*key));
}

void vane_operator_key_sign(const struct vane_operator_key *key, const char *nonce,
                            uint8_t signature[64])
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];

    crypto_sign_seed_keypair(public_key, secret, key->seed);
    crypto_sign_detached(signature, NULL, (const uint8_t *)nonce, strlen(nonce), secret);
    sodium_memzero(secret, sizeof(secret));
}
