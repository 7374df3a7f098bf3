/* The machine's key on the cluster. See cluster.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "lib/file.h"
#include "lib/keys/credentials.h"
#include "lib/keys/keyfile.h"
#include "lib/text/hex.h"
#include "plugins/cluster/cluster.h"
#include "plugins/cluster/tunnel-crypt.h"

#define SEED_SIZE 32u

static uint8_t *keep_seed(const uint8_t seed[SEED_SIZE])
{
    uint8_t *kept = sodium_malloc(SEED_SIZE);

    if (kept)
        memcpy(kept, seed, SEED_SIZE);
    return kept;
}

static int complain(struct vane_cluster *cluster, int error, const char *text)
{
    (void)cluster->host->log->print(cluster->self, VANE_LOG_ERROR, "%s", text);
    return error;
}

static int load_host_key(struct vane_cluster *cluster)
{
    g_autofree char *why = NULL;
    struct vane_sshkey key;
    int r = vane_keyfile_read(cluster->options.host_key_file, &key, &why);

    if (r < 0)
        return complain(cluster, r, why);
    cluster->key.seed = keep_seed(key.seed);
    vane_nkey_format(key.public_key, cluster->key.nkey);
    sodium_memzero(&key, sizeof(key));
    return cluster->key.seed ? 0 : -ENOMEM;
}

static int load_identity(struct vane_cluster *cluster)
{
    uint8_t public_key[VANE_PUBLIC_KEY_SIZE];
    int r = cluster->host->identity->public_key(cluster->self, public_key);

    if (r < 0)
        return complain(cluster, r, "this machine has no key to show to the cluster");
    vane_nkey_format(public_key, cluster->key.nkey);
    return 0;
}

/* What others can read is no secret any more. */
static int check_mode(struct vane_cluster *cluster, const char *path)
{
    g_autofree char *why = NULL;
    struct stat st;

    if (stat(path, &st) < 0 || !(st.st_mode & 077))
        return 0; /* reading says what else is wrong */
    why = g_strdup_printf("%s has mode %04o, so that others get at the key in it (chmod 0600)",
                          path, st.st_mode & 07777);
    return complain(cluster, -EPERM, why);
}

static int load_credentials(struct vane_cluster *cluster)
{
    const char *path = cluster->options.credentials_file;
    struct vane_credentials credentials;
    g_autofree char *text = NULL;
    g_autofree char *why = NULL;
    size_t length = 0;
    int r = check_mode(cluster, path);

    if (r < 0)
        return r;
    r = vane_file_read(path, VANE_CREDENTIALS_MAX, &text, &length);
    if (r == 0)
        r = vane_credentials_parse(text, &credentials);
    if (r == 0 && credentials.jwt)
        cluster->login_seed = keep_seed(credentials.seed);
    if (text)
        sodium_memzero(text, length);
    if (cluster->login_seed)
        return 0;
    why = g_strdup_printf("cannot use the credentials in %s: %s", path,
                          r == 0 || r == -EINVAL ? "there is no JWT with a seed in it"
                                                 : g_strerror(-r));
    return complain(cluster, r < 0 ? r : -EINVAL, why);
}

int vane_key_load(struct vane_cluster *cluster)
{
    int r = cluster->options.host_key_file ? load_host_key(cluster) : load_identity(cluster);

    return r == 0 && cluster->options.credentials_file ? load_credentials(cluster) : r;
}

void vane_key_clear(struct vane_cluster *cluster)
{
    sodium_free(g_steal_pointer(&cluster->key.seed));
    sodium_free(g_steal_pointer(&cluster->login_seed));
}

static void sign_with(const uint8_t *seed, const char *nonce, uint8_t signature[64])
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];

    crypto_sign_seed_keypair(public_key, secret, seed);
    crypto_sign_detached(signature, NULL, (const uint8_t *)nonce, strlen(nonce), secret);
    sodium_memzero(secret, sizeof(secret));
}

/* A file's key signs what the identity would: a nonce has no byte that binary formats begin with.
 */
static bool is_nonce(const char *nonce)
{
    size_t length = strnlen(nonce, 65);

    return length >= 8 && length <= 64 &&
           strspn(nonce, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-") ==
               length;
}

int vane_key_sign_nonce(struct vane_cluster *cluster, const char *nonce, uint8_t signature[64])
{
    const uint8_t *seed = cluster->login_seed ? cluster->login_seed : cluster->key.seed;

    if (!seed)
        return cluster->host->identity->sign_nonce(cluster->self, nonce, signature);
    if (!is_nonce(nonce))
        return -EINVAL;
    sign_with(seed, nonce, signature);
    return 0;
}

int vane_key_sign_bytes(struct vane_cluster *cluster, const char *context, const void *data,
                        size_t length, uint8_t signature[VANE_SIGNATURE_SIZE])
{
    if (!cluster->key.seed)
        return cluster->host->identity->sign(cluster->self, context, data, length, signature);
    vane_tunnel_sign(context, data, length, cluster->key.seed, signature);
    return 0;
}

int vane_key_sign(struct vane_cluster *cluster, enum vane_signed_purpose purpose,
                  const struct vane_signed_parts *parts,
                  char signature[VANE_SIGNATURE_TEXT_LENGTH + 1])
{
    g_autofree uint8_t *bytes = NULL;
    uint8_t raw[VANE_SIGNATURE_SIZE];
    size_t length;
    int r;

    if (cluster->key.seed) {
        vane_signed_sign(purpose, parts, cluster->key.seed, signature);
        return 0;
    }
    bytes = vane_signed_bytes(parts, &length);
    r = cluster->host->identity->sign(cluster->self, vane_signed_context(purpose), bytes, length,
                                      raw);
    if (r == 0)
        vane_text_hex(raw, sizeof(raw), signature);
    return r;
}
