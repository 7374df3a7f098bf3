/*
 * How many file descriptors the process may have. The daemon takes all that it is allowed, as each
 * client costs one. Programs it starts get the limit back that it was started with: one that uses
 * select(2), or closes every number below the limit, does badly with a large one.
 */
#ifndef NETVANE_ENGINE_DESCRIPTORS_H
#define NETVANE_ENGINE_DESCRIPTORS_H

#include <stdbool.h>

/* Raises the soft limit to the hard one; once a process. */
void vane_descriptors_raise(void);

/* Around the start of a child, which inherits what holds at that moment. */
void vane_descriptors_for_child(bool begins);

#endif
