/* HTTP on the host's loop. See http.h. */
#include "plugins/webhook/http.h"

#include <errno.h>
#include <unistd.h>

struct socket {
    struct vane_http *http;
    int fd;
    bool ours; /* we opened it, and are told when it is closed; else it is the resolver's */
    struct vane_watch *watch;
    uint32_t wanted; /* by libcurl; 0: it rests */
    uint32_t armed;  /* in the loop */
};

static void drive(struct vane_http *http, curl_socket_t fd, int events);

/* ---- the timer ---- */

static void on_timer(void *user)
{
    struct vane_http *http = user;

    http->timer = NULL;
    drive(http, CURL_SOCKET_TIMEOUT, 0);
}

static void stop_timer(struct vane_http *http)
{
    if (http->timer)
        (void)http->host->loop->timer_stop(http->self, g_steal_pointer(&http->timer));
}

/* A timer that fires too early is let be: it is cheaper than a new one for each request. */
static void keep_timer(struct vane_http *http)
{
    uint64_t now = 0, delay;

    if (http->due_ns == 0 || http->active == 0) {
        stop_timer(http);
        return;
    }
    if (http->timer && http->timer_ns <= http->due_ns)
        return;
    stop_timer(http);
    (void)http->host->loop->now(&now);
    delay = http->due_ns > now ? (http->due_ns - now + 999999) / 1000000 : 0;
    http->timer_ns = now + delay * 1000000;
    (void)http->host->loop->timer_start(http->self, delay, 0, on_timer, http, &http->timer);
}

static int on_timeout_wanted(CURLM *multi, long timeout_ms, void *user)
{
    struct vane_http *http = user;
    uint64_t now = 0;

    if (timeout_ms < 0) {
        http->due_ns = 0;
    } else if (timeout_ms == 0) {
        http->again = true;
    } else {
        (void)http->host->loop->now(&now);
        http->due_ns = now + (uint64_t)timeout_ms * 1000000;
    }
    return 0;
}

/* ---- sockets ---- */

static void on_socket(void *user, int fd, uint32_t events);

/* Without a watch the transfer's timeout ends it. */
static void arm(struct socket *socket, uint32_t events)
{
    const struct vane_loop *loop = socket->http->host->loop;
    struct vane_self *self = socket->http->self;

    if (socket->armed == events)
        return;
    socket->armed = events;
    if (socket->watch)
        (void)loop->watch_change(self, socket->watch, events);
    else
        (void)loop->watch_start(self, socket->fd, events, on_socket, socket, &socket->watch);
}

static void on_socket(void *user, int fd, uint32_t events)
{
    struct socket *socket = user;
    int mask = 0;

    if (events & VANE_HANGUP) /* the loop has let go of it */
        socket->armed = 0;
    if (socket->wanted == 0) { /* the receiver has closed it; libcurl sees that when it needs it */
        arm(socket, 0);
        return;
    }
    if (events & (VANE_READABLE | VANE_HANGUP))
        mask |= CURL_CSELECT_IN;
    if (events & VANE_WRITABLE)
        mask |= CURL_CSELECT_OUT;
    if (events & VANE_HANGUP)
        mask |= CURL_CSELECT_ERR | CURL_CSELECT_OUT;
    drive(socket->http, fd, mask);
}

static void free_socket(void *pointer)
{
    struct socket *socket = pointer;

    if (socket->watch)
        (void)socket->http->host->loop->watch_stop(socket->http->self, socket->watch);
    g_free(socket);
}

static struct socket *add_socket(struct vane_http *http, curl_socket_t fd, bool ours)
{
    struct socket *socket = g_new0(struct socket, 1);

    socket->http = http;
    socket->fd = fd;
    socket->ours = ours;
    g_hash_table_insert(http->sockets, GINT_TO_POINTER(fd), socket);
    return socket;
}

static void rest(struct vane_http *http, struct socket *socket)
{
    socket->wanted = 0;
    if (!socket->ours)
        g_hash_table_remove(http->sockets, GINT_TO_POINTER(socket->fd));
    else if (socket->armed & VANE_WRITABLE)
        arm(socket, 0);
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *user, void *assigned)
{
    struct vane_http *http = user;
    struct socket *socket = g_hash_table_lookup(http->sockets, GINT_TO_POINTER(fd));

    if (what == CURL_POLL_REMOVE) {
        if (socket)
            rest(http, socket);
        return 0;
    }
    if (!socket)
        socket = add_socket(http, fd, false);
    socket->wanted =
        (what & CURL_POLL_IN ? VANE_READABLE : 0) | (what & CURL_POLL_OUT ? VANE_WRITABLE : 0);
    arm(socket, socket->wanted);
    return 0;
}

void vane_http_socket_opened(struct vane_http *http, curl_socket_t fd)
{
    (void)add_socket(http, fd, true);
}

int vane_http_socket_closed(void *user, curl_socket_t fd)
{
    struct vane_http *http = user;

    g_hash_table_remove(http->sockets, GINT_TO_POINTER(fd));
    return close(fd);
}

/* ---- driving ---- */

static void take_results(struct vane_http *http)
{
    CURLMsg *message;
    int left;

    while ((message = vane_curl.multi_info_read(http->multi, &left))) {
        CURLcode code = message->data.result;
        struct vane_http_transfer *transfer = NULL;

        (void)vane_curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        (void)vane_curl.multi_remove_handle(http->multi, message->easy_handle);
        http->active--;
        vane_http_finish(transfer, code);
    }
}

static void on_post(void *user)
{
    struct vane_http *http = user;

    http->posted = false;
    if (http->multi)
        drive(http, CURL_SOCKET_TIMEOUT, 0);
}

/* Not by a timer of 0 ms: one that is started by its like runs in the same turn, and so for ever.
 */
static void go_on_soon(struct vane_http *http)
{
    if (!http->posted)
        http->posted = http->host->loop->post(http->self, on_post, http) == 0;
}

static void act(struct vane_http *http, curl_socket_t fd, int events)
{
    int ignored;

    http->again = false;
    (void)vane_curl.multi_socket_action(http->multi, fd, events, &ignored);
    take_results(http);
}

/* Who is done sends its next request at once, but no third one: others get their turn in between.
 */
static void drive(struct vane_http *http, curl_socket_t fd, int events)
{
    http->running = true;
    act(http, fd, events);
    if (http->again)
        act(http, CURL_SOCKET_TIMEOUT, 0);
    http->running = false;
    if (http->again)
        go_on_soon(http);
    keep_timer(http);
}

static int make_multi(struct vane_http *http)
{
    http->multi = vane_curl.multi_init();
    if (!http->multi)
        return -ENOMEM;
    http->sockets = g_hash_table_new_full(NULL, NULL, NULL, free_socket);
    http->user_agent = g_strconcat("netvane/", http->host->identity->host_version(), NULL);
    vane_curl.multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    vane_curl.multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    vane_curl.multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wanted);
    vane_curl.multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    vane_curl.multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, 64L);
    return 0;
}

int vane_http_begin(struct vane_http *http, struct vane_http_transfer *transfer)
{
    int r = http->multi ? 0 : make_multi(http);

    transfer->http = http;
    if (r == 0)
        r = vane_http_prepare(transfer);
    if (r < 0)
        return r;
    if (vane_curl.multi_add_handle(http->multi, transfer->easy) != CURLM_OK)
        return -ENOMEM;
    transfer->active = true;
    http->active++;
    http->again = true;
    if (!http->running)
        go_on_soon(http);
    return 0;
}

void vane_http_abort(struct vane_http_transfer *transfer)
{
    if (!transfer->active)
        return;
    transfer->active = false;
    transfer->http->active--;
    (void)vane_curl.multi_remove_handle(transfer->http->multi, transfer->easy);
}

void vane_http_open(struct vane_http *http, struct vane_self *self, const struct vane_host *host)
{
    *http = (struct vane_http){.self = self, .host = host};
}

void vane_http_close(struct vane_http *http)
{
    if (!http->multi)
        return;
    (void)vane_curl.multi_cleanup(http->multi);
    http->multi = NULL;
    stop_timer(http);
    g_clear_pointer(&http->sockets, g_hash_table_unref);
    g_clear_pointer(&http->user_agent, g_free);
}
