/*
 * Ownership on the stack: cleanup attributes for what glib does not cover.
 * Types that glib knows use g_autofree and g_autoptr.
 */
#ifndef NETVANE_LIB_CLEANUP_H
#define NETVANE_LIB_CLEANUP_H

#include <stdio.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void cleanup_fclose(FILE **file)
{
    if (*file)
        fclose(*file);
}

#define _cleanup_close_  _cleanup_(cleanup_close)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)

/* The descriptor, which the variable no longer owns. */
static inline int steal_fd(int *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

#endif
