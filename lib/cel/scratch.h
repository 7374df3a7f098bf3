/* One evaluation under way: its input, its memory, what it may still cost. For lib/cel alone. */
#ifndef NETVANE_LIB_CEL_SCRATCH_H
#define NETVANE_LIB_CEL_SCRATCH_H

#include "lib/cel/arena.h"
#include "lib/cel/node.h"

/* Bytes that the values of one evaluation may take. */
#define VANE_CEL_MEMORY_MAX ((size_t)64 << 20)

#define VANE_CEL_ZONE_MAX 64 /* bytes of a time zone's name, its NUL included */

struct vane_cel_scratch {
    const struct vane_cel_value *slots;
    const struct vane_cel_input *input;
    struct vane_cel_value *locals;
    uint64_t left, limit; /* steps */
    size_t locals_size;
    struct vane_cel_value now; /* VANE_CEL_ABSENT until it is asked for */
    struct _GTimeZone *zone;   /* glib's: the last one; from a file, so it is kept */
    char zone_name[VANE_CEL_ZONE_MAX];
    struct vane_cel_arena arena;
};

/* An error value at that part of the expression; `message` is a constant. */
struct vane_cel_value vane_cel_fail(struct vane_cel_scratch *scratch,
                                    const struct vane_cel_node *node, const char *message)
    __attribute__((cold));
struct vane_cel_value vane_cel_failf(struct vane_cel_scratch *scratch,
                                     const struct vane_cel_node *node, const char *format, ...)
    __attribute__((cold, format(printf, 3, 4)));

/* "no such overload: OPERATION with KIND and KIND". */
struct vane_cel_value vane_cel_no_overload(struct vane_cel_scratch *scratch,
                                           const struct vane_cel_node *node, const char *operation,
                                           const struct vane_cel_value *operands, size_t n)
    __attribute__((cold));

/* The error when vane_cel_charge() or an allocation failed. */
struct vane_cel_value vane_cel_exhausted(struct vane_cel_scratch *scratch,
                                         const struct vane_cel_node *node) __attribute__((cold));

static inline bool vane_cel_charge(struct vane_cel_scratch *scratch, uint64_t steps)
{
    if (__builtin_expect(steps > scratch->left, 0)) {
        scratch->left = 0;
        return false;
    }
    scratch->left -= steps;
    return true;
}

/* For work over bytes: one step for 16, and none for fewer. */
static inline bool vane_cel_charge_bytes(struct vane_cel_scratch *scratch, size_t bytes)
{
    return bytes < 16 || vane_cel_charge(scratch, bytes / 16);
}

static inline bool vane_cel_is_error(struct vane_cel_value value)
{
    return value.kind == VANE_CEL_ERROR;
}

/* A new text that is `len` bytes of the scratch, charged for; NULL when it is exhausted. */
char *vane_cel_build(struct vane_cel_scratch *scratch, size_t len);

/* A copy of `bytes` as a string. */
struct vane_cel_value vane_cel_copy_string(struct vane_cel_scratch *scratch,
                                           const struct vane_cel_node *node, const char *bytes,
                                           size_t len);

struct vane_cel_value *vane_cel_build_values(struct vane_cel_scratch *scratch, size_t n);

/* The present: the input's, else the clock's, the same throughout an evaluation. */
struct vane_cel_value vane_cel_now(struct vane_cel_scratch *scratch);

#endif
