/* One-line public keys. See sshpublic.h. */
#include "lib/keys/sshpublic.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#define KEY_TYPE    "ssh-ed25519"
#define BLANKS      " \t"
#define BLOB_LENGTH (4 + sizeof(KEY_TYPE) - 1 + 4 + 32)

static int refuse(const char **problem, const char *reason)
{
    *problem = reason;
    return -EINVAL;
}

static const char *skip_word(const char *at)
{
    at += strcspn(at, BLANKS "\r\n");
    return at + strspn(at, BLANKS);
}

static bool is_key_type(const char *at)
{
    return strncmp(at, KEY_TYPE, strlen(KEY_TYPE)) == 0 && at[strlen(KEY_TYPE)] != '\0' &&
           strchr(BLANKS, at[strlen(KEY_TYPE)]);
}

/* string "ssh-ed25519", string key (RFC 8709 section 4) */
static bool is_blob(const uint8_t *blob, size_t length)
{
    static const uint8_t head[] = "\0\0\0\x0bssh-ed25519\0\0\0\x20";

    return length == BLOB_LENGTH && memcmp(blob, head, BLOB_LENGTH - 32) == 0;
}

int vane_sshpublic_parse(const char *line, uint8_t public_key[32], const char **problem)
{
    const char *at = line + strspn(line, BLANKS);
    uint8_t blob[BLOB_LENGTH];
    size_t length;

    if (!is_key_type(at))
        at = skip_word(at);
    if (!is_key_type(at))
        return refuse(problem,
                      strstr(line, "PRIVATE KEY")
                          ? "is a private key; give the public one, which ends in .pub"
                          : "is no Ed25519 public key of OpenSSH (\"ssh-ed25519 AAAA...\")");
    at = skip_word(at);
    if (sodium_base642bin(blob, sizeof(blob), at, strcspn(at, BLANKS "\r\n"), NULL, &length, NULL,
                          sodium_base64_VARIANT_ORIGINAL) < 0 ||
        !is_blob(blob, length))
        return refuse(problem, "is damaged: its base64 part is no Ed25519 key");
    memcpy(public_key, blob + BLOB_LENGTH - 32, 32);
    return 0;
}
