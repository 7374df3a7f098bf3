/* optional.of() and what goes with it: for members that may not be there. */
#include "lib/cel/eval.h"

static struct vane_cel_value none(const struct vane_cel_node *node,
                                  const struct vane_cel_value *arguments,
                                  struct vane_cel_scratch *scratch)
{
    return vane_cel_none();
}

static struct vane_cel_value of(const struct vane_cel_node *node,
                                const struct vane_cel_value *arguments,
                                struct vane_cel_scratch *scratch)
{
    return vane_cel_some(node, scratch, arguments[0]);
}

/* What a variable of that type is before anything is put into it. */
static bool is_zero(struct vane_cel_value value)
{
    switch ((enum vane_cel_kind)value.kind) {
    case VANE_CEL_NULL:
        return true;
    case VANE_CEL_BOOL:
        return !value.truth;
    case VANE_CEL_INT:
    case VANE_CEL_UINT:
    case VANE_CEL_DURATION:
        return value.natural == 0;
    case VANE_CEL_DOUBLE:
        return value.real == 0;
    case VANE_CEL_STRING:
    case VANE_CEL_BYTES:
    case VANE_CEL_LIST:
    case VANE_CEL_MAP:
    case VANE_CEL_OPTIONAL:
        return value.len == 0;
    case VANE_CEL_TIMESTAMP:
        return value.seconds == 0 && value.nanos == 0;
    case VANE_CEL_ABSENT:
    case VANE_CEL_ERROR:
    case VANE_CEL_TYPE:
    case VANE_CEL_NETWORK:
    case VANE_CEL_DYN:
        break;
    }
    return false;
}

static struct vane_cel_value of_non_zero(const struct vane_cel_node *node,
                                         const struct vane_cel_value *arguments,
                                         struct vane_cel_scratch *scratch)
{
    return is_zero(arguments[0]) ? vane_cel_none() : vane_cel_some(node, scratch, arguments[0]);
}

static struct vane_cel_value has_value(const struct vane_cel_node *node,
                                       const struct vane_cel_value *arguments,
                                       struct vane_cel_scratch *scratch)
{
    return vane_cel_bool(arguments[0].len > 0);
}

static struct vane_cel_value value_of(const struct vane_cel_node *node,
                                      const struct vane_cel_value *arguments,
                                      struct vane_cel_scratch *scratch)
{
    return arguments[0].len > 0 ? arguments[0].elements[0]
                                : vane_cel_fail(scratch, node, "the optional has no value");
}

static struct vane_cel_value either(const struct vane_cel_node *node,
                                    const struct vane_cel_value *arguments,
                                    struct vane_cel_scratch *scratch)
{
    return arguments[arguments[0].len > 0 ? 0 : 1];
}

static struct vane_cel_value value_or(const struct vane_cel_node *node,
                                      const struct vane_cel_value *arguments,
                                      struct vane_cel_scratch *scratch)
{
    return arguments[0].len > 0 ? arguments[0].elements[0] : arguments[1];
}

#define OPTIONAL VANE_CEL_K(OPTIONAL)

const struct vane_cel_function vane_cel_optional_functions[] = {
    {"optional.none", none, {0}, VANE_CEL_GLOBAL, 0, 0, VANE_CEL_OPTIONAL},
    {"optional.of", of, {VANE_CEL_ANY}, VANE_CEL_GLOBAL, 1, 1, VANE_CEL_OPTIONAL},
    {"optional.ofNonZeroValue",
     of_non_zero,
     {VANE_CEL_ANY},
     VANE_CEL_GLOBAL,
     1,
     1,
     VANE_CEL_OPTIONAL},
    {"hasValue", has_value, {OPTIONAL}, VANE_CEL_METHOD, 1, 1, VANE_CEL_BOOL},
    {"value", value_of, {OPTIONAL}, VANE_CEL_METHOD, 1, 1, VANE_CEL_DYN},
    {"or", either, {OPTIONAL, OPTIONAL}, VANE_CEL_METHOD, 2, 2, VANE_CEL_OPTIONAL},
    {"orValue", value_or, {OPTIONAL, VANE_CEL_ANY}, VANE_CEL_METHOD, 2, 2, VANE_CEL_DYN},
    {NULL, NULL, {0}, 0, 0, 0, 0},
};
