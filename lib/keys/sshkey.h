/*
 * Private keys in OpenSSH's own format ("openssh-key-v1", PROTOCOL.key of OpenSSH): one Ed25519
 * key, not encrypted. Pure functions on bytes; files and their owners are keyfile.h's business.
 */
#ifndef NETVANE_LIB_KEYS_SSHKEY_H
#define NETVANE_LIB_KEYS_SSHKEY_H

#include <stddef.h>
#include <stdint.h>

#define VANE_SSHKEY_MAX      16384 /* bytes of text that are looked at */
#define VANE_SSHKEY_TEXT_MAX 512   /* bytes that vane_sshkey_format() writes, NUL included */

struct vane_sshkey {
    uint8_t public_key[32];
    uint8_t seed[32];
};

/* -EINVAL; `problem` then says why, as the end of a sentence that begins with the file. */
int vane_sshkey_parse(const char *text, size_t length, struct vane_sshkey *key,
                      const char **problem);

/* The text of a key file. `check` is any number; two copies of it tell a reader that nothing is
 * encrypted. Returns its length. */
size_t vane_sshkey_format(const struct vane_sshkey *key, uint32_t check,
                          char text[VANE_SSHKEY_TEXT_MAX]);

#endif
