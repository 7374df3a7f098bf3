/* How often something may happen: at most `count` times in any span of `per`, for each key. */
#ifndef NETVANE_LIB_POLICY_LIMIT_H
#define NETVANE_LIB_POLICY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define VANE_POLICY_LIMIT_KEYS 1024u

struct vane_policy_limit;

struct vane_policy_limit *vane_policy_limit_new(uint32_t count, uint64_t per_ns);
void vane_policy_limit_free(struct vane_policy_limit *limit);

/* May it happen once more? Then it is counted, unless this is only a question. When there are more
 * keys than can be counted, no. */
bool vane_policy_limit_take(struct vane_policy_limit *limit, const char *key, uint64_t now_ns,
                            bool only_ask);

#endif
