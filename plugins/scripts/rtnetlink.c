/* A question and its answer. See rtnetlink.h. */
#include "plugins/scripts/rtnetlink.h"

#include <errno.h>
#include <sys/socket.h>

#include <glib.h>
#include <netlink/msg.h>

#include "lib/cleanup.h"

#define ANSWER_MAX (64 * 1024)

/* 1: more may come. */
static int take(char *buffer, int length, void (*each)(void *user, struct nlmsghdr *message),
                void *user)
{
    struct nlmsghdr *message = (struct nlmsghdr *)buffer;
    int more = 0;

    for (; nlmsg_ok(message, length); message = nlmsg_next(message, &length)) {
        if (message->nlmsg_type == NLMSG_ERROR)
            return ((struct nlmsgerr *)nlmsg_data(message))->error;
        if (message->nlmsg_type == NLMSG_DONE)
            return 0;
        each(user, message);
        more = message->nlmsg_flags & NLM_F_MULTI ? 1 : 0;
    }
    return more;
}

int vane_rtnetlink_ask(const struct nlmsghdr *question,
                       void (*each)(void *user, struct nlmsghdr *message), void *user)
{
    _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    g_autofree char *buffer = g_malloc(ANSWER_MAX);
    int r = 1;

    if (fd < 0 || send(fd, question, question->nlmsg_len, 0) < 0)
        return -errno;
    while (r > 0) {
        ssize_t length = recv(fd, buffer, ANSWER_MAX, MSG_DONTWAIT);

        if (length < 0)
            return -errno;
        r = take(buffer, (int)length, each, user);
    }
    return r;
}
