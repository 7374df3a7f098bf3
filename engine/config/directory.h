/* Directories that the daemon makes for itself and its plugins. */
#ifndef NETVANE_ENGINE_CONFIG_DIRECTORY_H
#define NETVANE_ENGINE_CONFIG_DIRECTORY_H

#include <sys/types.h>

/*
 * Makes a directory and what is missing above it: `mode` is that of the last one, 0755 that of the
 * others; the umask does not count. Existing ones keep their modes. Symbolic links are followed
 * only above the last component, and only those that root or the daemon's own user made. The last
 * one must belong to the daemon's user. `path` is absolute. Errors: those of mkdir(2) and
 * openat(2); -ELOOP for a link that is not to be followed; -EPERM when it is somebody else's;
 * -EINVAL.
 */
int vane_directory_make(const char *path, mode_t mode);

#endif
