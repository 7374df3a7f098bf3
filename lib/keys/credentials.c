/* Credential files. See credentials.h. */
#include "lib/keys/credentials.h"

#include <errno.h>
#include <string.h>

#include "lib/keys/nkey.h"

#define SPACE    " \t\r\n"
#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=."

/* The word below the line that begins a part; NULL: there is no such part. */
static const char *find_part(const char *text, const char *title)
{
    const char *at = strstr(text, title);

    if (!at)
        return NULL;
    at += strcspn(at, "\n");
    return at + strspn(at, SPACE);
}

/* A JWT is three parts of base64 with dots between (RFC 7515 section 7.1). */
const char *vane_credentials_jwt(const char *text, size_t *length)
{
    const char *jwt = find_part(text, "BEGIN NATS USER JWT");

    if (!jwt)
        jwt = text + strspn(text, SPACE);
    *length = strcspn(jwt, SPACE);
    if (*length == 0 || strspn(jwt, ALPHABET) != *length)
        return NULL;
    return jwt;
}

int vane_credentials_parse(const char *text, struct vane_credentials *credentials)
{
    const char *seed = find_part(text, "BEGIN USER NKEY SEED");

    memset(credentials, 0, sizeof(*credentials));
    credentials->jwt = find_part(text, "BEGIN NATS USER JWT");
    if (credentials->jwt)
        credentials->jwt_length = strcspn(credentials->jwt, SPACE);
    if (!seed)
        seed = text + strspn(text, SPACE);
    if (strcspn(seed, SPACE) != VANE_NKEY_SEED_LENGTH)
        return -EINVAL;
    return vane_nkey_parse_seed(seed, credentials->seed);
}
