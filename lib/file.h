/*
 * Files of others, read without trust in what they are: a FIFO holds nobody up, and what has no end
 * is not read to its end.
 */
#ifndef NETVANE_LIB_FILE_H
#define NETVANE_LIB_FILE_H

#include <stddef.h>

/*
 * The content of a regular file of at most `max` bytes, with a NUL behind it; to be freed with
 * g_free(). Returns 0; -EINVAL: it is of another type; -EFBIG; or an errno of open(2) or read(2).
 */
int vane_file_read(const char *path, size_t max, char **text, size_t *length);

#endif
