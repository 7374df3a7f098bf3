/* The reader's numbers and truth values. */
#include <errno.h>
#include <glib.h>
#include <math.h>
#include <string.h>

#include "lib/json/reader.h"

/* Magnitude of an integer view. -EINVAL if it is none. */
static int get_magnitude(struct vane_json_view value, bool *negative, uint64_t *magnitude)
{
    uint64_t result = 0;
    size_t i;

    if (vane_json_type_of(value) != VANE_JSON_INTEGER)
        return -EINVAL;
    *negative = *value.at == '-';
    i = *negative;
    if (i == value.len)
        return -EINVAL;
    for (; i < value.len; i++) {
        if (!g_ascii_isdigit(value.at[i]))
            return -EINVAL;
        if (__builtin_mul_overflow(result, 10, &result) ||
            __builtin_add_overflow(result, (uint64_t)(value.at[i] - '0'), &result))
            return -ERANGE;
    }
    *magnitude = result;
    return 0;
}

int vane_json_get_int64(struct vane_json_view value, int64_t *number)
{
    uint64_t magnitude;
    bool negative;
    int r = get_magnitude(value, &negative, &magnitude);

    if (r < 0)
        return r;
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return -ERANGE;
    *number = (int64_t)(negative ? -magnitude : magnitude);
    return 0;
}

int vane_json_get_uint64(struct vane_json_view value, uint64_t *number)
{
    uint64_t magnitude;
    bool negative;
    int r = get_magnitude(value, &negative, &magnitude);

    if (r < 0)
        return r;
    if (negative && magnitude)
        return -ERANGE;
    *number = magnitude;
    return 0;
}

int vane_json_get_double(struct vane_json_view value, double *number)
{
    enum vane_json_type type = vane_json_type_of(value);
    double result;
    char *end;

    if (type != VANE_JSON_INTEGER && type != VANE_JSON_DOUBLE)
        return -EINVAL;
    g_autofree char *text = g_strndup(value.at, value.len);
    result = g_ascii_strtod(text, &end);
    if (*end || !isfinite(result))
        return *end ? -EINVAL : -ERANGE;
    *number = result;
    return 0;
}

int vane_json_get_bool(struct vane_json_view value, bool *truth)
{
    if (vane_json_type_of(value) != VANE_JSON_BOOL)
        return -EINVAL;
    *truth = *value.at == 't';
    return 0;
}
