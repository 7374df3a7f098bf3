/* Keys as text: NKeys, SSH's public lines, credential files. What is read is written back alike. */
#include <string.h>

#include <glib.h>

#include "lib/keys/credentials.h"
#include "lib/keys/nkey.h"
#include "lib/keys/sshpublic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    struct vane_credentials credentials;
    char again[VANE_NKEY_LENGTH + 1];
    const char *problem = NULL;
    uint8_t key[32];

    if (vane_nkey_parse(text, key) == 0) {
        vane_nkey_format(key, again);
        g_assert(strcmp(again, text) == 0);
    }
    if (vane_sshpublic_parse(text, key, &problem) < 0)
        g_assert(problem);
    else
        vane_nkey_format(key, again);
    if (vane_credentials_parse(text, &credentials) == 0 && credentials.jwt)
        g_assert(credentials.jwt_length <= strlen(credentials.jwt));
    return 0;
}
