/* What the kernel says of links just now, in any network namespace. Blocks; from any thread. */
#ifndef NETVANE_ENGINE_LINKS_QUERY_H
#define NETVANE_ENGINE_LINKS_QUERY_H

#include <glib.h>

#include <netvane/links.h>

/* Sends a question (vane_build_query()) and collects the links of the answer as payloads, with
 * references that the array owns. 0 or a negative errno, which leaves *links alone. */
int vane_link_query(int fd, GBytes *question, GPtrArray **links);

struct vane_link_expectation;

/* Copies; NULL for NULL. */
struct vane_link_expectation *vane_link_expectation_new(uint32_t ifindex,
                                                        const struct vane_link_expect *expect);
/* NULL is a no-op. */
void vane_link_expectation_free(struct vane_link_expectation *expectation);

/* 0; -ESTALE: the link is another one now; -ENODEV and the like. */
int vane_link_expectation_check(const struct vane_link_expectation *expectation, int fd);

#endif
