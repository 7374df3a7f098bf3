/* An occurrence written as JSON, for those who want to try a policy:
 *     {"topic":"link.state","payload":{"interface_name":"eth0", ...}}      an event
 *     {"action":"script.run","asker":"scripts","facts":{"script":"/etc/x"}}   a question
 *     {"topic":"join","payload":{"peer_tags":["edge"]}}   a machine wants to join a network
 */
#ifndef NETVANE_LIB_POLICY_EXAMPLE_H
#define NETVANE_LIB_POLICY_EXAMPLE_H

#include "lib/policy/state.h"

struct vane_policy_example {
    struct vane_policy_occurrence occurrence;
    struct vane_json_view root, facts;
    char *subject, *text, *nkey;
};

/* Returns 0, or -EINVAL with one sentence in *why (to be freed). A `policy.denied` event stands for
 * the question that it answered, a `policy.member.*` for the "join", "leave" or "cycle" that led to
 * it. */
int vane_policy_example_read(const char *text, size_t length, struct vane_policy_example *example,
                             char **why);
void vane_policy_example_clear(struct vane_policy_example *example);

#endif
