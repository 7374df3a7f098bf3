/* Blocks of growing size, each filled from its start. See arena.h. */
#include "lib/cel/arena.h"

#include <glib.h>

#define ALIGNMENT   8
#define FIRST_BLOCK 4096
#define KEPT_MAX    65536

struct vane_cel_block {
    struct vane_cel_block *next;
    size_t size; /* of `bytes` */
    char bytes[] __attribute__((aligned(ALIGNMENT)));
};

static struct vane_cel_block *grow(struct vane_cel_arena *arena, size_t size)
{
    size_t first = arena->first ? arena->first : FIRST_BLOCK;
    size_t wanted = MAX(arena->blocks ? arena->blocks->size * 2 : first, size);
    struct vane_cel_block *block;

    if (arena->used + wanted > arena->limit)
        wanted = size;
    if (size > arena->limit || arena->used > arena->limit - size)
        return NULL;
    block = g_malloc(sizeof(*block) + wanted);
    block->size = wanted;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->used += wanted;
    arena->at = block->bytes;
    arena->end = block->bytes + wanted;
    return block;
}

void *vane_cel_arena_alloc(struct vane_cel_arena *arena, size_t size)
{
    void *start;

    if (size > arena->limit)
        return NULL;
    size = (MAX(size, 1) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if ((size_t)(arena->end - arena->at) < size && !grow(arena, size))
        return NULL;
    start = arena->at;
    arena->at += size;
    return start;
}

static void free_blocks(struct vane_cel_block *block)
{
    while (block) {
        struct vane_cel_block *next = block->next;

        g_free(block);
        block = next;
    }
}

void vane_cel_arena_reset(struct vane_cel_arena *arena)
{
    struct vane_cel_block *last = arena->blocks;

    if (!last)
        return;
    while (last->next) {
        struct vane_cel_block *next = last->next;

        g_free(last);
        last = next;
    }
    arena->blocks = last;
    if (last->size > KEPT_MAX) {
        vane_cel_arena_clear(arena);
        return;
    }
    arena->used = last->size;
    arena->at = last->bytes;
    arena->end = last->bytes + last->size;
}

void vane_cel_arena_clear(struct vane_cel_arena *arena)
{
    free_blocks(arena->blocks);
    *arena = (struct vane_cel_arena){.limit = arena->limit, .first = arena->first};
}
