/* Any bytes as introspection data: refused with a reason, or members whose parts are legal. */
#include <stdint.h>

#include <glib.h>

#include "lib/nats/names.h"
#include "plugins/cluster/introspect.h"
#include "lib/nats/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_for(const struct vane_description *description, enum vane_member_kind kind,
                     const char *name)
{
    const struct vane_member *other;
    const struct vane_member *member = vane_description_find(description, kind, NULL, name, &other);

    if (!member)
        return;
    g_assert(vane_dbus_is_interface(member->interface));
    g_assert(vane_signature_valid(member->signature));
    if (kind == VANE_MEMBER_METHOD)
        g_assert(g_strv_length(member->arguments) == vane_signature_count(member->signature));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *problem = NULL;
    struct vane_description *description =
        vane_description_parse((const char *)data, size, &problem);

    if (!description) {
        g_assert(problem);
        return 0;
    }
    look_for(description, VANE_MEMBER_METHOD, "X");
    look_for(description, VANE_MEMBER_METHOD, "Get");
    look_for(description, VANE_MEMBER_PROPERTY, "X");
    vane_description_unref(description);
    return 0;
}
