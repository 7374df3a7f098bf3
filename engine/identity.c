/* The machine's identity. See identity.h. */
#include "engine/identity.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include <glib.h>
#include <sodium.h>

#include "engine/engine.h"
#include "lib/keys/keyfile.h"
#include "engine/version.h"

#define CONTEXT_MAX 64
#define NONCE_MIN   8
#define NONCE_MAX   64
/* One page of its own: libsodium's guarded allocation would take four and dirty two. */
#define SECRET_SIZE 4096

struct vane_identity_key {
    char *path;
    bool is_own; /* made by us when it is missing */
    enum { NOT_LOADED, LOADED, UNUSABLE } state;
    uint8_t public_key[VANE_PUBLIC_KEY_SIZE];
    uint8_t *secret; /* crypto_sign_SECRETKEYBYTES on a locked page */
};

int vane_identity_key_new(struct vane_engine *engine, const char *state_dir, const char *key_file,
                          struct vane_identity_key **key)
{
    struct vane_identity_key *made = g_new0(struct vane_identity_key, 1);

    made->is_own = key_file == NULL;
    made->path = key_file ? g_strdup(key_file) : g_build_filename(state_dir, "identity.key", NULL);
    *key = made;
    return 0;
}

void vane_identity_key_free(struct vane_identity_key *key)
{
    if (!key)
        return;
    if (key->secret) {
        sodium_memzero(key->secret, crypto_sign_SECRETKEYBYTES);
        munmap(key->secret, SECRET_SIZE);
    }
    g_free(key->path);
    g_free(key);
}

/* A page that is neither swapped out nor in a core file nor in a child. */
static uint8_t *map_secret(void)
{
    void *page =
        mmap(NULL, SECRET_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return NULL;
    (void)mlock(page, SECRET_SIZE); /* beyond our limit it may be swapped, and still works */
    (void)madvise(page, SECRET_SIZE, MADV_DONTDUMP);
    (void)madvise(page, SECRET_SIZE, MADV_WIPEONFORK);
    return page;
}

static int read_or_make(const struct vane_identity_key *key, struct vane_sshkey *read, char **why)
{
    int r = vane_keyfile_read(key->path, read, why);

    if (r != -ENOENT || !key->is_own)
        return r;
    g_clear_pointer(why, g_free);
    r = vane_keyfile_make(key->path, why);
    if (r == 0)
        vane_notice("identity", "made this machine's key %s", key->path);
    if (r < 0 && r != -EEXIST)
        return r;
    return vane_keyfile_read(key->path, read, why);
}

static int load(struct vane_identity_key *key, char **why)
{
    struct vane_sshkey read;
    int r;

    if (sodium_init() < 0)
        return -EIO;
    r = read_or_make(key, &read, why);
    if (r < 0)
        return r;
    key->secret = map_secret();
    if (key->secret)
        crypto_sign_seed_keypair(key->public_key, key->secret, read.seed);
    sodium_memzero(&read, sizeof(read));
    return key->secret ? 0 : -ENOMEM;
}

int vane_identity_key_load(struct vane_identity_key *key)
{
    g_autofree char *why = NULL;
    int r;

    if (key->state == LOADED)
        return 0;
    if (key->state == UNUSABLE)
        return -ENOKEY;
    r = load(key, &why);
    key->state = r < 0 ? UNUSABLE : LOADED;
    if (r == 0)
        return 0;
    vane_error("identity", "this machine has no usable key: %s", why ? why : strerror(-r));
    return -ENOKEY;
}

uint32_t vane_identity_node_id(const uint8_t public_key[VANE_PUBLIC_KEY_SIZE])
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint32_t id;

    crypto_hash_sha256(hash, public_key, VANE_PUBLIC_KEY_SIZE);
    id = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
    return id ? id : 1;
}

/* The key of the engine that `self` belongs to, ready for use. */
static int get_key(const struct vane_self *self, struct vane_identity_key **key)
{
    int r = vane_enter(self);

    if (r < 0)
        return r;
    *key = self->engine->identity;
    return *key ? vane_identity_key_load(*key) : -ENOKEY;
}

static int identity_node_id(struct vane_self *self, uint32_t *id)
{
    struct vane_identity_key *key;
    int r = id ? get_key(self, &key) : -EINVAL;

    if (r == 0)
        *id = vane_identity_node_id(key->public_key);
    return r;
}

static int identity_path(struct vane_self *self, const char **path)
{
    struct vane_identity_key *key;
    int r = path ? get_key(self, &key) : -EINVAL;

    if (r == 0)
        *path = key->path;
    return r;
}

static int identity_public_key(struct vane_self *self, uint8_t public_key[VANE_PUBLIC_KEY_SIZE])
{
    struct vane_identity_key *key;
    int r = public_key ? get_key(self, &key) : -EINVAL;

    if (r == 0)
        memcpy(public_key, key->public_key, sizeof(key->public_key));
    return r;
}

static bool is_context(const char *context)
{
    size_t length = context ? strnlen(context, CONTEXT_MAX + 1) : 0;

    return length > 0 && length <= CONTEXT_MAX &&
           strspn(context, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length;
}

/* "netvane:" CONTEXT ":" PLUGIN NUL DATA */
static uint8_t *make_message(const char *plugin, const char *context, const void *data,
                             size_t length, size_t *total)
{
    g_autofree char *prefix = g_strdup_printf("netvane:%s:%s", context, plugin);
    size_t head = strlen(prefix) + 1;
    uint8_t *message = length <= SIZE_MAX - head ? g_try_malloc(head + length) : NULL;

    if (!message)
        return NULL;
    memcpy(message, prefix, head);
    if (length > 0)
        memcpy(message + head, data, length);
    *total = head + length;
    return message;
}

static int identity_sign(struct vane_self *self, const char *context, const void *data,
                         size_t length, uint8_t signature[VANE_SIGNATURE_SIZE])
{
    g_autofree uint8_t *message = NULL;
    struct vane_identity_key *key;
    size_t total;
    int r;

    if (!is_context(context) || (!data && length > 0) || !signature)
        return -EINVAL;
    r = get_key(self, &key);
    if (r < 0)
        return r;
    message = make_message(self->name, context, data, length, &total);
    if (!message)
        return -ENOMEM;
    crypto_sign_detached(signature, NULL, message, total, key->secret);
    return 0;
}

/* What SSH and our own signatures are made over begins with binary lengths, or has a colon. */
static bool is_nonce(const char *nonce)
{
    size_t length = nonce ? strnlen(nonce, NONCE_MAX + 1) : 0;

    return length >= NONCE_MIN && length <= NONCE_MAX &&
           strspn(nonce, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-") ==
               length;
}

static int identity_sign_nonce(struct vane_self *self, const char *nonce,
                               uint8_t signature[VANE_SIGNATURE_SIZE])
{
    struct vane_identity_key *key;
    int r = is_nonce(nonce) && signature ? get_key(self, &key) : -EINVAL;

    if (r == 0)
        crypto_sign_detached(signature, NULL, (const uint8_t *)nonce, strlen(nonce), key->secret);
    return r;
}

static const char *identity_host_version(void)
{
    return vane_version();
}

static const char *identity_host_commit(void)
{
    return vane_commit();
}

static const char *identity_host_build_time(void)
{
    return vane_build_time();
}

const struct vane_identity vane_identity_table = {
    .size = sizeof(struct vane_identity),
    .version = VANE_ABI_MINOR,
    .node_id = identity_node_id,
    .path = identity_path,
    .public_key = identity_public_key,
    .sign = identity_sign,
    .host_version = identity_host_version,
    .host_commit = identity_host_commit,
    .host_build_time = identity_host_build_time,
    .sign_nonce = identity_sign_nonce,
};
