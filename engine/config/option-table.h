/* Checks of an option table before it is used: a plugin's mistake must not become the user's. */
#ifndef NETVANE_ENGINE_CONFIG_OPTION_TABLE_H
#define NETVANE_ENGINE_CONFIG_OPTION_TABLE_H

#include <netvane/plugin.h>

/*
 * Copies the option at `index` of a table whose elements are `size` bytes apart; members that an
 * older table lacks are zero. -EINVAL when the elements are too small to be options at all.
 */
int vane_option_at(const struct vane_option *table, uint32_t size, uint32_t index,
                   struct vane_option *option);

/* Returns 0, or -EINVAL with the reason, a part of a sentence, in *why; free it with g_free(). */
int vane_option_check(const struct vane_option *option, char **why);

#endif
