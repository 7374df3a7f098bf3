/* Requests to create, delete and change links. See request.h. */
#include "engine/links/request.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "engine/links/build.h"
#include "engine/links/exchange.h"
#include "engine/links/netns.h"
#include "engine/links/query.h"
#include "lib/cleanup.h"

struct request {
    struct vane_ledger_entry entry;
    uv_work_t work;
    struct vane_link_requests *owner;          /* NULL: the owner is gone, nobody is told */
    GPtrArray *messages;                       /* NULL: none */
    GBytes *question;                          /* NULL: none */
    GPtrArray *links;                          /* what was found */
    struct vane_link_expectation *expectation; /* NULL: none */
    int netns_fd, named_fd;
    int socket_fd;       /* -1: not open */
    vane_link_done done; /* with `found` NULL: nobody wants to know */
    vane_links_found found;
    void *user;
    int result;
    char *text;
};

struct vane_link_requests {
    uv_loop_t *loop;
    GQueue waiting;
    struct request *running;
    int spare_fd; /* a socket that the next request can use; -1: none */
};

int vane_link_requests_new(uv_loop_t *loop, struct vane_link_requests **out)
{
    *out = g_new0(struct vane_link_requests, 1);
    (*out)->loop = loop;
    (*out)->spare_fd = -1;
    g_queue_init(&(*out)->waiting);
    return 0;
}

static void free_request(struct request *request)
{
    vane_ledger_strike(&request->entry);
    g_clear_pointer(&request->messages, g_ptr_array_unref);
    g_clear_pointer(&request->question, g_bytes_unref);
    g_clear_pointer(&request->links, g_ptr_array_unref);
    vane_link_expectation_free(request->expectation);
    cleanup_close(&request->netns_fd);
    cleanup_close(&request->named_fd);
    cleanup_close(&request->socket_fd);
    g_free(request->text);
    g_free(request);
}

static void tell(struct request *request, int result, const char *text)
{
    vane_link_done done = g_steal_pointer(&request->done);
    vane_links_found found = g_steal_pointer(&request->found);
    GPtrArray *links = request->links;

    vane_ledger_strike(&request->entry);
    if (done)
        done(request->user, result, text);
    if (found)
        found(request->user, result,
              links ? (const struct vane_payload *const *)links->pdata : NULL,
              links ? links->len : 0);
}

/* A rename of a link that is up: older kernels refuse it, then it goes down for a moment. */
static int rename_down(int fd, GBytes *message, char **text)
{
    const struct nlmsghdr *header = g_bytes_get_data(message, NULL);
    const struct ifinfomsg *info = NLMSG_DATA(header);
    g_autoptr(GBytes) down = vane_build_flags((uint32_t)info->ifi_index, false);
    g_autoptr(GBytes) up = vane_build_flags((uint32_t)info->ifi_index, true);
    g_autofree char *unused = NULL;
    int r = vane_netlink_exchange(fd, down, text);

    if (r < 0)
        return r;
    g_clear_pointer(text, g_free);
    r = vane_netlink_exchange(fd, message, text);
    vane_netlink_exchange(fd, up, &unused);
    return r;
}

static bool is_rename(GBytes *message)
{
    gsize size;
    const struct nlmsghdr *header = g_bytes_get_data(message, &size);
    const struct rtattr *attribute =
        (const void *)((const char *)header + NLMSG_LENGTH(sizeof(struct ifinfomsg)));

    return header->nlmsg_type == RTM_NEWLINK && !(header->nlmsg_flags & NLM_F_CREATE) &&
           size > NLMSG_LENGTH(sizeof(struct ifinfomsg)) && attribute->rta_type == IFLA_IFNAME;
}

static void send_all(struct request *request, int fd)
{
    for (guint i = 0; i < request->messages->len && request->result == 0; i++) {
        GBytes *message = request->messages->pdata[i];

        g_clear_pointer(&request->text, g_free);
        request->result = vane_netlink_exchange(fd, message, &request->text);
        if (request->result == -EBUSY && is_rename(message)) {
            g_clear_pointer(&request->text, g_free);
            request->result = rename_down(fd, message, &request->text);
        }
    }
}

static void on_work(uv_work_t *work)
{
    struct request *request = work->data;

    if (request->socket_fd < 0)
        request->socket_fd = vane_netns_open_route_socket(request->netns_fd);
    request->result = MIN(request->socket_fd, 0);
    if (request->expectation && request->result == 0)
        request->result = vane_link_expectation_check(request->expectation, request->socket_fd);
    if (request->messages)
        send_all(request, request->socket_fd);
    if (request->question && request->result == 0)
        request->result = vane_link_query(request->socket_fd, request->question, &request->links);
}

static void run_next(struct vane_link_requests *requests);

static void on_worked(uv_work_t *work, int status)
{
    struct request *request = work->data;
    struct vane_link_requests *requests = request->owner;

    if (requests) {
        requests->running = NULL;
        if (request->netns_fd < 0 && request->result == 0) /* nothing is left unread in it */
            requests->spare_fd = steal_fd(&request->socket_fd);
        run_next(requests);
    }
    tell(request, status < 0 ? status : request->result, request->text);
    free_request(request);
}

static void run_next(struct vane_link_requests *requests)
{
    struct request *request = g_queue_pop_head(&requests->waiting);

    if (!request)
        return;
    requests->running = request;
    if (request->netns_fd < 0)
        request->socket_fd = steal_fd(&requests->spare_fd);
    request->work.data = request;
    uv_queue_work(requests->loop, &request->work, on_work, on_worked);
}

/* The plugin that asked is gone; what it asked for is still done. */
static void forget(struct vane_ledger_entry *entry)
{
    struct request *request = (struct request *)(void *)entry; /* the first member */

    request->done = NULL;
    request->found = NULL;
    vane_ledger_strike(entry);
}

int vane_link_requests_submit(struct vane_link_requests *requests, struct vane_ledger *ledger,
                              const struct vane_link_submission *submission)
{
    struct request *request = g_new0(struct request, 1);

    vane_ledger_enter(ledger, &request->entry, "link request", forget);
    request->owner = requests;
    request->socket_fd = -1;
    request->messages = submission->messages;
    request->question = submission->question;
    request->expectation =
        vane_link_expectation_new(submission->expected_index, submission->expect);
    request->netns_fd = submission->netns_fd;
    request->named_fd = submission->named_fd;
    request->done = submission->done;
    request->found = submission->found;
    request->user = submission->user;
    g_queue_push_tail(&requests->waiting, request);
    if (!requests->running)
        run_next(requests);
    return 0;
}

void vane_link_requests_free(struct vane_link_requests *requests)
{
    struct request *request;

    if (!requests)
        return;
    if (requests->running) {
        requests->running->owner = NULL;
        tell(requests->running, -ESHUTDOWN, NULL);
    }
    while ((request = g_queue_pop_head(&requests->waiting))) {
        tell(request, -ESHUTDOWN, NULL);
        free_request(request);
    }
    cleanup_close(&requests->spare_fd);
    g_free(requests);
}
