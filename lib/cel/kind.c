/* The names of types, as type() gives them. */
#include "lib/cel/kind.h"

#include <string.h>

#include "lib/array.h"

static const struct {
    const char *name;
    bool constant; /* the name stands for the type in expressions */
} kinds[] = {
    [VANE_CEL_ABSENT] = {"absent", false},
    [VANE_CEL_ERROR] = {"error", false},
    [VANE_CEL_NULL] = {"null_type", true},
    [VANE_CEL_BOOL] = {"bool", true},
    [VANE_CEL_INT] = {"int", true},
    [VANE_CEL_UINT] = {"uint", true},
    [VANE_CEL_DOUBLE] = {"double", true},
    [VANE_CEL_STRING] = {"string", true},
    [VANE_CEL_BYTES] = {"bytes", true},
    [VANE_CEL_LIST] = {"list", true},
    [VANE_CEL_MAP] = {"map", true},
    [VANE_CEL_TIMESTAMP] = {"google.protobuf.Timestamp", true},
    [VANE_CEL_DURATION] = {"google.protobuf.Duration", true},
    [VANE_CEL_TYPE] = {"type", true},
    [VANE_CEL_NETWORK] = {"net.CIDR", true},
    [VANE_CEL_OPTIONAL] = {"optional_type", true},
    [VANE_CEL_DYN] = {"dyn", false},
};

const char *vane_cel_kind_name(enum vane_cel_kind kind)
{
    return (size_t)kind < ELEMENTS(kinds) ? kinds[kind].name : "unknown";
}

struct vane_cel_value vane_cel_type(enum vane_cel_kind kind)
{
    const char *name = vane_cel_kind_name(kind);

    return (struct vane_cel_value){
        .kind = VANE_CEL_TYPE, .len = (uint32_t)strlen(name), .text = name};
}

bool vane_cel_type_named(const char *name, struct vane_cel_value *type)
{
    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        if (kinds[i].constant && strcmp(kinds[i].name, name) == 0) {
            *type = vane_cel_type((enum vane_cel_kind)i);
            return true;
        }
    }
    return false;
}
