/* Memory that is given back all at once: of a program's parts, and of one evaluation's values. */
#ifndef NETVANE_LIB_CEL_ARENA_H
#define NETVANE_LIB_CEL_ARENA_H

#include <stddef.h>

struct vane_cel_block;

/* All-zero with a limit is an empty arena. */
struct vane_cel_arena {
    struct vane_cel_block *blocks; /* the newest first */
    char *at, *end;                /* what is free in it */
    size_t used, limit;            /* bytes in blocks, and how many there may be */
    size_t first;                  /* bytes of the first block; 0: 4096 */
};

/* Aligned for any value; NULL beyond the limit. */
void *vane_cel_arena_alloc(struct vane_cel_arena *arena, size_t size);

/* Gives everything back, but keeps one block for what comes next, unless that is a large one. */
void vane_cel_arena_reset(struct vane_cel_arena *arena);
void vane_cel_arena_clear(struct vane_cel_arena *arena);

#endif
