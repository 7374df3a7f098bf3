/* The operator's own key: it opens NATS, and signs what he asks. */
#ifndef NETVANE_CLI_CLUSTER_OPERATOR_KEY_H
#define NETVANE_CLI_CLUSTER_OPERATOR_KEY_H

#include <stdint.h>

#include "lib/keys/nkey.h"

struct vane_operator_key {
    uint8_t seed[32];
    char nkey[VANE_NKEY_LENGTH + 1]; /* empty: there is no key */
};

/*
 * Reads a credentials file, a bare seed, or an unencrypted key in OpenSSH's format. Negative errno
 * with one sentence in `why` that begins with the path, to be freed.
 */
int vane_operator_key_read(const char *path, struct vane_operator_key *key, char **why);

/* Forgets the seed. */
void vane_operator_key_clear(struct vane_operator_key *key);

/* Ed25519 over a server's nonce. */
void vane_operator_key_sign(const struct vane_operator_key *key, const char *nonce,
                            uint8_t signature[64]);

#endif
