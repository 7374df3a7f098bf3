/* Which function a call means. See functions.h. */
#include "lib/cel/functions.h"

#include <string.h>

#include "lib/array.h"

const struct vane_cel_function *vane_cel_function_find(const char *name, bool method, uint32_t n,
                                                       bool *known)
{
    static const struct vane_cel_function *const tables[] = {
        vane_cel_core_functions,    vane_cel_conversion_functions, vane_cel_time_functions,
        vane_cel_network_functions, vane_cel_optional_functions,
    };

    *known = false;
    for (size_t i = 0; i < ELEMENTS(tables); i++) {
        for (const struct vane_cel_function *function = tables[i]; function->name; function++) {
            if (strcmp(function->name, name) != 0 ||
                !(function->style & (method ? VANE_CEL_METHOD : VANE_CEL_GLOBAL)))
                continue;
            *known = true;
            if (function->min <= n && n <= function->max)
                return function;
        }
    }
    return NULL;
}
