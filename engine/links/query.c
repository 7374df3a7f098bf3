/* What the kernel says of links just now. See query.h. */
#include "engine/links/query.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <string.h>

#include "engine/links/build.h"
#include "engine/links/netlink-socket.h"
#include "engine/links/snapshot.h"
#include "engine/links/words.h"

#define ANSWER_SIZE (64 * 1024) /* of one part of a dump: the kernel sends at most 32 KiB */

static struct vane_link_identity *identity_of(const struct vane_rtnl_link *link)
{
    const char *devtype = link->kind[0] ? vane_kind_devtype(link->kind) : NULL;

    return vane_link_identity_new(devtype && *devtype ? devtype : NULL,
                                  link->kind[0] ? vane_kind_driver(link->kind) : NULL);
}

static void add_link(GPtrArray *links, const struct nlmsghdr *message)
{
    static const struct vane_link_states unknown;
    struct vane_link_parts parts = {.states = &unknown};
    struct vane_rtnl_names names;
    struct vane_rtnl_link link;

    if (vane_parse_link(message, &link, &names) < 0)
        return;
    parts.identity = identity_of(&link);
    parts.facts = vane_link_facts_new(&link, &names);
    g_ptr_array_add(links, (gpointer)(uintptr_t)vane_link_snapshot_new(&parts));
    vane_link_identity_unref(parts.identity);
    vane_link_facts_unref(parts.facts);
}

/* Returns 1 when more is to come. */
static int take(struct nlmsghdr *message, int left, uint32_t sequence, GPtrArray *links)
{
    const char *unused;

    for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
        if (message->nlmsg_seq != sequence)
            continue;
        if (message->nlmsg_type == NLMSG_DONE)
            return 0;
        if (message->nlmsg_type == NLMSG_ERROR)
            return vane_parse_ack(message, &unused);
        if (message->nlmsg_type == RTM_NEWLINK)
            add_link(links, message);
        if (message->nlmsg_type == RTM_NEWLINK && !(message->nlmsg_flags & NLM_F_MULTI))
            return 0;
    }
    return 1;
}

static int receive(int fd, uint32_t sequence, GPtrArray *links)
{
    g_autofree char *buffer = g_malloc(ANSWER_SIZE);

    for (;;) {
        struct sockaddr_nl sender = {0};
        socklen_t size = sizeof(sender);
        ssize_t length = recvfrom(fd, buffer, ANSWER_SIZE, 0, (struct sockaddr *)&sender, &size);
        int r;

        if (length < 0 && errno != EINTR)
            return -errno;
        if (length <= 0 || sender.nl_pid != 0)
            continue;
        r = take((struct nlmsghdr *)(void *)buffer, (int)length, sequence, links);
        if (r <= 0)
            return r;
    }
}

static void unref_link(gpointer link)
{
    vane_payload_unref(link);
}

int vane_link_query(int fd, GBytes *question, GPtrArray **links)
{
    static gint next_sequence;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(unref_link);
    gsize size;
    const void *data = g_bytes_get_data(question, &size);
    g_autofree struct nlmsghdr *header = g_memdup2(data, size);
    int r;

    header->nlmsg_seq = (uint32_t)g_atomic_int_add(&next_sequence, 1) + 1;
    header->nlmsg_pid = 0;
    r = vane_netlink_send(fd, header);
    if (r == 0)
        r = receive(fd, header->nlmsg_seq, found);
    if (r == 0)
        *links = g_steal_pointer(&found);
    return r;
}

/* ---- what a link must still be ---- */

struct vane_link_expectation {
    uint32_t ifindex;
    char *name, *interface_type, *alias; /* NULL: any */
};

struct vane_link_expectation *vane_link_expectation_new(uint32_t ifindex,
                                                        const struct vane_link_expect *expect)
{
    struct vane_link_expectation *copy;

    if (!expect)
        return NULL;
    copy = g_new0(struct vane_link_expectation, 1);
    copy->ifindex = ifindex;
    copy->name = g_strdup(expect->name);
    copy->interface_type = g_strdup(expect->interface_type);
    copy->alias = g_strdup(expect->alias);
    return copy;
}

void vane_link_expectation_free(struct vane_link_expectation *expectation)
{
    if (!expectation)
        return;
    g_free(expectation->name);
    g_free(expectation->interface_type);
    g_free(expectation->alias);
    g_free(expectation);
}

static bool is_any_or(const char *wanted, const char *found)
{
    return !wanted || (found && strcmp(wanted, found) == 0);
}

int vane_link_expectation_check(const struct vane_link_expectation *expectation, int fd)
{
    g_autoptr(GPtrArray) links = NULL;
    g_autoptr(GBytes) question = NULL;
    const struct vane_rtnl_link *link;
    int r = vane_build_query(NULL, expectation->ifindex, &question);

    if (r == 0)
        r = vane_link_query(fd, question, &links);
    if (!links)
        return r;
    if (links->len != 1)
        return -ESTALE;
    link = &((const struct vane_link_snapshot *)links->pdata[0])->facts->kernel;
    if (!is_any_or(expectation->name, link->name) ||
        !is_any_or(expectation->interface_type, vane_arphrd_word(link->arphrd)) ||
        !is_any_or(expectation->alias, link->alias))
        return -ESTALE;
    return 0;
}
