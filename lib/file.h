/*
 * Files of others, read without trust in what they are: a FIFO holds nobody up, and what has no end
 * is not read to its end. And files of our own, written whole or not at all.
 */
#ifndef NETVANE_LIB_FILE_H
#define NETVANE_LIB_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The content of a regular file of at most `max` bytes, with a NUL behind it; to be freed with
 * g_free(). Returns 0; -EINVAL: it is of another type; -EFBIG; or an errno of open(2) or read(2).
 */
int vane_file_read(const char *path, size_t max, char **text, size_t *length);

/* What a descriptor still gives, whatever it is: a pipe is waited for. Else as above. */
int vane_file_read_stream(int fd, size_t max, char **text, size_t *length);

/*
 * Makes a file that was not there, whatever the umask; it is gone again if it cannot be written
 * whole. It may be lost with the power. Returns 0, -EEXIST or an errno of open(2) or write(2).
 */
int vane_file_create(const char *path, const void *data, size_t length, mode_t mode);

/*
 * Readers see the old file or the new one, also after a loss of power. It is written to ".NAME.tmp"
 * beside it first, so there must be one writer at a time; what a killed one left is replaced.
 * Returns 0 or an errno; the old file is then kept.
 */
int vane_file_replace(const char *path, const void *data, size_t length, mode_t mode);

#endif
