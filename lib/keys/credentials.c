/* Credential files. See credentials.h. */
#include "lib/keys/credentials.h"

#include <errno.h>
#include <string.h>

#include "lib/keys/nkey.h"

#define SPACE " \t\r\n"

/* The word below the line that begins a part; NULL: there is no such part. */
static const char *find_part(const char *text, const char *title)
{
    const char *at = strstr(text, title);

    if (!at)
        return NULL;
    at += strcspn(at, "\n");
    return at + strspn(at, SPACE);
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
