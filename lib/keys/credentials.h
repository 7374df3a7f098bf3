/*
 * Credential files of NATS (docs.nats.io, "Creds files"): a user's JWT and the seed of his key,
 * each between a BEGIN and an END line. A file with a bare seed is read, too. Pure functions.
 */
#ifndef NETVANE_LIB_KEYS_CREDENTIALS_H
#define NETVANE_LIB_KEYS_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VANE_CREDENTIALS_MAX 65536

struct vane_credentials {
    const char *jwt; /* within the text; NULL: none */
    size_t jwt_length;
    uint8_t seed[32];
};

/* `text` ends with NUL. -EINVAL: there is no user's seed in it. */
int vane_credentials_parse(const char *text, struct vane_credentials *credentials);

/* A user's JWT in such a file, or in one that has nothing else. NULL: there is none. */
const char *vane_credentials_jwt(const char *text, size_t *length);

#endif
