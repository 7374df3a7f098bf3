/*
 * Public keys as OpenSSH writes them on one line: "ssh-ed25519 AAAA... comment" (sshd(8),
 * AUTHORIZED_KEYS FILE FORMAT), and behind a host name as ssh-keyscan(1) and known_hosts have it.
 */
#ifndef NETVANE_LIB_KEYS_SSHPUBLIC_H
#define NETVANE_LIB_KEYS_SSHPUBLIC_H

#include <stddef.h>
#include <stdint.h>

/*
 * Finds the Ed25519 key on a line, at its beginning or behind one other word. -EINVAL; `problem`
 * then says why, as the end of a sentence that begins with the line or its file.
 */
int vane_sshpublic_parse(const char *line, uint8_t public_key[32], const char **problem);

#endif
