/* Any bytes as the members that were kept: nothing is taken over, or what is written again is the
 * same. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/policy/members.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_policy_members *members = vane_policy_members_new();
    struct vane_policy_members *again = vane_policy_members_new();
    g_autofree char *first = NULL, *second = NULL;
    size_t length, second_length;
    int r = vane_policy_members_parse(members, (const char *)data, size);

    g_assert(members->count == 0);
    if (r < 0) {
        g_assert(r == -EINVAL && g_hash_table_size(members->peers) == 0);
    } else {
        first = vane_policy_members_format(members, &length);
        g_assert(vane_policy_members_parse(again, first, length) == 0);
        second = vane_policy_members_format(again, &second_length);
        g_assert(length == second_length && memcmp(first, second, length) == 0);
    }
    vane_policy_members_free(members);
    vane_policy_members_free(again);
    return 0;
}
