/*
 * Keys to sign with: read from files that nobody else may read, kept in memory that is neither
 * swapped nor dumped.
 */
#ifndef NETVANE_WEBHOOK_SECRET_H
#define NETVANE_WEBHOOK_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#define VANE_SECRET_MIN 24u /* bytes of a key: Standard Webhooks 1.0 */
#define VANE_SECRET_MAX 64u

/* A key for HMAC-SHA256. */
struct vane_secret {
    uint8_t *key; /* of sodium_malloc() */
    size_t length;
};

/* An Ed25519 key pair. */
struct vane_signing_key {
    uint8_t *secret; /* 64 bytes, of sodium_malloc() */
    uint8_t public[32];
};

void vane_secret_clear(struct vane_secret *secret);
void vane_signing_key_clear(struct vane_signing_key *key);

/*
 * Reads "whsec_" and base64 of 24 to 64 bytes, white space around it ignored. With `plain` any
 * other text is taken as the key's bytes. -EINVAL with `why`. Pure.
 */
int vane_secret_parse(const char *text, size_t length, bool plain, struct vane_secret *secret,
                      const char **why);

/* Reads "whsk_" and base64 of a seed (32 bytes) or a secret key (64). -EINVAL. Pure. */
int vane_signing_key_parse(const char *text, size_t length, struct vane_signing_key *key);

/*
 * Reads the file of a secret: an absolute path, or "credential:NAME", a credential of the service
 * manager. It must be regular, root's or the daemon's own, and closed to everybody else. Negative
 * errno, with one sentence in `why` to be freed with g_free().
 */
int vane_secret_read(const char *source, bool plain, struct vane_secret *secret, char **why);

/*
 * Reads such a file as it is, NUL behind it, into memory that is not dumped. To be freed with
 * sodium_free(). Negative errno, with `why`.
 */
int vane_secret_text_read(const char *source, char **text, size_t *length, char **why);

/*
 * The plugin's own signing keys, one a line, the newest first. Made with one key when the file is
 * not there. `keys` gets struct vane_signing_key. Negative errno, with `why`.
 */
int vane_signing_keys_read(const char *path, GArray *keys, char **why);

/* Writes them, atomically, mode 0600. */
int vane_signing_keys_write(const char *path, const GArray *keys);

int vane_signing_key_make(struct vane_signing_key *key);

/* "whpk_..." for receivers. To be freed with g_free(). */
char *vane_signing_key_public(const struct vane_signing_key *key);

/* An array that clears its elements. */
GArray *vane_secrets_new(void);
GArray *vane_signing_keys_new(void);

#endif
