/* One evaluation under way. See scratch.h. */
#include "lib/cel/scratch.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <glib.h>

/* Enough for any message but those that quote; they are cut. */
#define MESSAGE_MAX 256

struct vane_cel_scratch *vane_cel_scratch_new(void)
{
    struct vane_cel_scratch *scratch = g_new0(struct vane_cel_scratch, 1);

    scratch->arena.limit = VANE_CEL_MEMORY_MAX;
    return scratch;
}

void vane_cel_scratch_free(struct vane_cel_scratch *scratch)
{
    if (!scratch)
        return;
    vane_cel_arena_clear(&scratch->arena);
    g_clear_pointer(&scratch->zone, g_time_zone_unref);
    g_free(scratch->locals);
    g_free(scratch);
}

void vane_cel_scratch_reset(struct vane_cel_scratch *scratch)
{
    vane_cel_arena_reset(&scratch->arena);
}

void *vane_cel_scratch_alloc(struct vane_cel_scratch *scratch, size_t size)
{
    return vane_cel_arena_alloc(&scratch->arena, size);
}

uint64_t vane_cel_scratch_cost(const struct vane_cel_scratch *scratch)
{
    return scratch->limit - scratch->left;
}

struct vane_cel_value vane_cel_fail(struct vane_cel_scratch *scratch,
                                    const struct vane_cel_node *node, const char *message)
{
    static const struct vane_cel_problem no_memory = {.message = "out of memory"};
    struct vane_cel_problem *problem = vane_cel_arena_alloc(&scratch->arena, sizeof(*problem));
    struct vane_cel_value value = {.kind = VANE_CEL_ERROR, .problem = &no_memory};

    if (!problem)
        return value;
    *problem = (struct vane_cel_problem){
        .message = message, .offset = node->offset, .length = node->length};
    value.problem = problem;
    return value;
}

struct vane_cel_value vane_cel_failf(struct vane_cel_scratch *scratch,
                                     const struct vane_cel_node *node, const char *format, ...)
{
    char text[MESSAGE_MAX], *copy;
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    len = CLAMP(len, 0, MESSAGE_MAX - 1);
    copy = vane_cel_build(scratch, (size_t)len + 1);
    if (!copy)
        return vane_cel_exhausted(scratch, node);
    memcpy(copy, text, (size_t)len);
    copy[len] = '\0';
    return vane_cel_fail(scratch, node, copy);
}

struct vane_cel_value vane_cel_no_overload(struct vane_cel_scratch *scratch,
                                           const struct vane_cel_node *node, const char *operation,
                                           const struct vane_cel_value *operands, size_t n)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (size_t i = 0; i < n && i < 4; i++)
        g_string_append_printf(list, "%s%s", i ? ", " : "",
                               vane_cel_kind_name((enum vane_cel_kind)operands[i].kind));
    return vane_cel_failf(scratch, node, "no such overload: %s of %s", operation, list->str);
}

struct vane_cel_value vane_cel_exhausted(struct vane_cel_scratch *scratch,
                                         const struct vane_cel_node *node)
{
    return vane_cel_fail(scratch, node,
                         scratch->left == 0 ? "the evaluation exceeds its cost limit"
                                            : "the evaluation needs too much memory");
}

char *vane_cel_build(struct vane_cel_scratch *scratch, size_t len)
{
    if (len > UINT32_MAX || !vane_cel_charge_bytes(scratch, len))
        return NULL;
    return vane_cel_arena_alloc(&scratch->arena, len);
}

struct vane_cel_value vane_cel_copy_string(struct vane_cel_scratch *scratch,
                                           const struct vane_cel_node *node, const char *bytes,
                                           size_t len)
{
    char *copy = vane_cel_build(scratch, len);

    if (!copy)
        return vane_cel_exhausted(scratch, node);
    if (len > 0)
        memcpy(copy, bytes, len);
    return vane_cel_string(copy, len);
}

struct vane_cel_value *vane_cel_build_values(struct vane_cel_scratch *scratch, size_t n)
{
    if (n > UINT32_MAX || !vane_cel_charge(scratch, n))
        return NULL;
    return vane_cel_arena_alloc(&scratch->arena, n * sizeof(struct vane_cel_value));
}

struct vane_cel_value vane_cel_now(struct vane_cel_scratch *scratch)
{
    struct timespec now;

    if (scratch->now.kind == VANE_CEL_ABSENT) {
        clock_gettime(CLOCK_REALTIME, &now);
        scratch->now = vane_cel_timestamp(now.tv_sec, (uint32_t)now.tv_nsec);
    }
    return scratch->now;
}
