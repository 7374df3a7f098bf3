/*
 * Key files of OpenSSH. The first byte chooses: the text as it is; or the rest is the binary part,
 * which is put into the armour here, as a fuzzer would hardly find base64 by itself.
 */
#include <string.h>

#include <glib.h>

#include "lib/keys/sshkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_text(const char *text, size_t length)
{
    struct vane_sshkey key, again;
    char formatted[VANE_SSHKEY_TEXT_MAX];
    const char *problem = NULL;

    if (vane_sshkey_parse(text, length, &key, &problem) < 0) {
        g_assert(problem);
        return;
    }
    length = vane_sshkey_format(&key, 1, formatted);
    g_assert(vane_sshkey_parse(formatted, length, &again, &problem) == 0);
    g_assert(memcmp(&key, &again, sizeof(key)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *base64 = NULL, *text = NULL;

    if (size == 0)
        return 0;
    if (data[0] == '-') {
        text = g_memdup2(data, size);
        try_text(text, size);
        return 0;
    }
    base64 = g_base64_encode(data + 1, size - 1);
    text = g_strdup_printf("-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n"
                           "-----END OPENSSH PRIVATE KEY-----\n",
                           base64);
    try_text(text, strlen(text));
    return 0;
}
