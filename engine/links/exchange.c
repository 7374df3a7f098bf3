/* One request to the kernel and its answer. See exchange.h. */
#include "engine/links/exchange.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/links/netlink-socket.h"
#include "engine/links/parse.h"

#define ANSWER_SIZE (16 * 1024)

/* Returns 1 and the result when the answer to `sequence` is among the messages. */
static int find_answer(struct nlmsghdr *message, int left, uint32_t sequence, int *result,
                       char **text)
{
    for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
        const char *found;

        if (message->nlmsg_seq != sequence || message->nlmsg_type != NLMSG_ERROR)
            continue;
        *result = vane_parse_ack(message, &found);
        *text = g_strdup(found);
        return 1;
    }
    return 0;
}

static int receive(int fd, char *buffer, uint32_t sequence, char **text)
{
    for (;;) {
        struct sockaddr_nl sender = {0};
        socklen_t size = sizeof(sender);
        ssize_t length = recvfrom(fd, buffer, ANSWER_SIZE, 0, (struct sockaddr *)&sender, &size);
        int result;

        if (length < 0 && errno != EINTR)
            return -errno;
        if (length > 0 && sender.nl_pid == 0 &&
            find_answer((struct nlmsghdr *)(void *)buffer, (int)length, sequence, &result, text))
            return result;
    }
}

int vane_netlink_exchange(int fd, GBytes *message, char **text)
{
    static gint next_sequence;
    gsize size;
    const void *data = g_bytes_get_data(message, &size);
    g_autofree struct nlmsghdr *header = g_memdup2(data, size);
    g_autofree char *buffer = g_malloc(ANSWER_SIZE);
    int r;

    header->nlmsg_seq = (uint32_t)g_atomic_int_add(&next_sequence, 1) + 1;
    header->nlmsg_pid = 0;
    *text = NULL;
    r = vane_netlink_send(fd, header);
    return r < 0 ? r : receive(fd, buffer, header->nlmsg_seq, text);
}
