/* Equality and order of values. See compare.h. */
#include "lib/cel/compare.h"

#include <math.h>

#include <glib.h>

#include "lib/cel/network.h"

#define ORDER(a, b) ((enum vane_cel_order)(((a) > (b)) - ((a) < (b))))

static enum vane_cel_order order_int_uint(int64_t a, uint64_t b)
{
    return a < 0 ? VANE_CEL_BEFORE : ORDER((uint64_t)a, b);
}

/* An int beside a double counts as the nearest double, as CEL has it. */
static enum vane_cel_order order_int_double(int64_t a, double b)
{
    return isnan(b) ? VANE_CEL_UNORDERED : ORDER((double)a, b);
}

static enum vane_cel_order order_uint_double(uint64_t a, double b)
{
    return isnan(b) ? VANE_CEL_UNORDERED : ORDER((double)a, b);
}

static enum vane_cel_order reverse(enum vane_cel_order order)
{
    if (order == VANE_CEL_BEFORE)
        return VANE_CEL_AFTER;
    return order == VANE_CEL_AFTER ? VANE_CEL_BEFORE : order;
}

static enum vane_cel_order order_double(double a, double b)
{
    return isnan(a) || isnan(b) ? VANE_CEL_UNORDERED : ORDER(a, b);
}

/* Two numbers of different types. */
static enum vane_cel_order order_mixed(struct vane_cel_value a, struct vane_cel_value b)
{
    if (a.kind > b.kind)
        return reverse(order_mixed(b, a));
    if (a.kind == VANE_CEL_INT && b.kind == VANE_CEL_UINT)
        return order_int_uint(a.integer, b.natural);
    if (a.kind == VANE_CEL_INT)
        return order_int_double(a.integer, b.real);
    return order_uint_double(a.natural, b.real);
}

static enum vane_cel_order order_bytes(struct vane_cel_value a, struct vane_cel_value b)
{
    size_t len = MIN(a.len, b.len);
    int order = len ? memcmp(a.text, b.text, len) : 0;

    return order != 0 ? ORDER(order, 0) : ORDER(a.len, b.len);
}

enum vane_cel_order vane_cel_order(struct vane_cel_value a, struct vane_cel_value b)
{
    if (a.kind != b.kind)
        return vane_cel_is_number(a.kind) && vane_cel_is_number(b.kind) ? order_mixed(a, b)
                                                                        : VANE_CEL_NO_ORDER;
    switch ((enum vane_cel_kind)a.kind) {
    case VANE_CEL_BOOL:
        return ORDER(a.truth, b.truth);
    case VANE_CEL_INT:
    case VANE_CEL_DURATION:
        return ORDER(a.integer, b.integer);
    case VANE_CEL_UINT:
        return ORDER(a.natural, b.natural);
    case VANE_CEL_DOUBLE:
        return order_double(a.real, b.real);
    case VANE_CEL_STRING:
    case VANE_CEL_BYTES:
        return order_bytes(a, b);
    case VANE_CEL_TIMESTAMP:
        return a.seconds != b.seconds ? ORDER(a.seconds, b.seconds) : ORDER(a.nanos, b.nanos);
    case VANE_CEL_ABSENT:
    case VANE_CEL_ERROR:
    case VANE_CEL_NULL:
    case VANE_CEL_LIST:
    case VANE_CEL_MAP:
    case VANE_CEL_TYPE:
    case VANE_CEL_NETWORK:
    case VANE_CEL_OPTIONAL:
    case VANE_CEL_DYN:
        break;
    }
    return VANE_CEL_NO_ORDER;
}

static int equal_elements(struct vane_cel_scratch *scratch, struct vane_cel_value a,
                          struct vane_cel_value b)
{
    if (a.len != b.len)
        return 0;
    for (uint32_t i = 0; i < a.len; i++) {
        int equal = vane_cel_equal_charged(scratch, a.elements[i], b.elements[i]);

        if (equal != 1)
            return equal;
    }
    return 1;
}

static int equal_maps(struct vane_cel_scratch *scratch, struct vane_cel_value a,
                      struct vane_cel_value b)
{
    if (a.len != b.len)
        return 0;
    for (uint32_t i = 0; i < a.len; i++) {
        const struct vane_cel_entry *other = vane_cel_find(scratch, b, a.entries[i].key);
        int equal = other ? vane_cel_equal_charged(scratch, a.entries[i].value, other->value)
                    : scratch->left ? 0
                                    : -1;

        if (equal != 1)
            return equal;
    }
    return 1;
}

int vane_cel_equal_charged(struct vane_cel_scratch *scratch, struct vane_cel_value a,
                           struct vane_cel_value b)
{
    if (a.kind != b.kind)
        return vane_cel_is_number(a.kind) && vane_cel_is_number(b.kind) &&
               order_mixed(a, b) == VANE_CEL_SAME;
    switch ((enum vane_cel_kind)a.kind) {
    case VANE_CEL_NULL:
        return 1;
    case VANE_CEL_STRING:
    case VANE_CEL_BYTES:
    case VANE_CEL_TYPE:
        if (a.len != b.len)
            return 0;
        return vane_cel_charge_bytes(scratch, a.len) ? vane_cel_same_bytes(a, b) : -1;
    case VANE_CEL_LIST:
    case VANE_CEL_OPTIONAL:
        return vane_cel_charge(scratch, a.len) ? equal_elements(scratch, a, b) : -1;
    case VANE_CEL_MAP:
        return vane_cel_charge(scratch, a.len) ? equal_maps(scratch, a, b) : -1;
    case VANE_CEL_NETWORK:
        return vane_cel_network_equal(a.network, b.network);
    case VANE_CEL_BOOL:
    case VANE_CEL_INT:
    case VANE_CEL_UINT:
    case VANE_CEL_DOUBLE:
    case VANE_CEL_TIMESTAMP:
    case VANE_CEL_DURATION:
        return vane_cel_order(a, b) == VANE_CEL_SAME;
    case VANE_CEL_ABSENT:
    case VANE_CEL_ERROR:
    case VANE_CEL_DYN:
        break;
    }
    return 0;
}

bool vane_cel_equal(struct vane_cel_value a, struct vane_cel_value b)
{
    struct vane_cel_scratch unlimited = {.left = UINT64_MAX};

    return vane_cel_equal_charged(&unlimited, a, b) == 1;
}

const struct vane_cel_entry *vane_cel_find(struct vane_cel_scratch *scratch,
                                           struct vane_cel_value map, struct vane_cel_value key)
{
    if (!vane_cel_charge(scratch, map.len / 4))
        return NULL;
    for (uint32_t i = 0; i < map.len; i++) {
        const struct vane_cel_entry *entry = map.entries + i;

        if (key.kind == VANE_CEL_STRING) {
            if (entry->key.kind == VANE_CEL_STRING && vane_cel_same_bytes(entry->key, key))
                return entry;
        } else if (vane_cel_equal(entry->key, key)) {
            return entry;
        }
    }
    return NULL;
}
