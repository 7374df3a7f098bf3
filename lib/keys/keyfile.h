/* Key files: who may own one, how one is made so that two makers end with the same. */
#ifndef NETVANE_LIB_KEYS_KEYFILE_H
#define NETVANE_LIB_KEYS_KEYFILE_H

#include "lib/keys/sshkey.h"

/*
 * Reads a key that belongs to us or root and that nobody else may read or write. Negative errno;
 * `why` then says why in a sentence that begins with the path, to be freed with g_free().
 */
int vane_keyfile_read(const char *path, struct vane_sshkey *key, char **why);

/* Makes a new key, mode 0600, complete from the moment it has its name. -EEXIST: there is one. */
int vane_keyfile_make(const char *path, char **why);

#endif
