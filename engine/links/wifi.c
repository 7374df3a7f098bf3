/*
 * The network that Wi-Fi links are connected to. See wifi.h. A change of the connection leads to a
 * look-up: the scan result that we are associated with has SSID and BSSID whoever connected; the
 * interface itself has the SSID only when the kernel was told it (iw, not wpa_supplicant).
 */
#include "engine/links/wifi.h"

#include <errno.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "engine/links/netlink-socket.h"
#include "engine/links/nl80211.h"
#include "engine/links/wifi-parse.h"
#include "engine/log.h"
#include "lib/cleanup.h"

#define DATAGRAM_SIZE    (32 * 1024)
#define DATAGRAMS_A_TURN 64

enum stage {
    STAGE_IDLE,
    STAGE_FAMILIES,   /* is there nl80211? */
    STAGE_INTERFACES, /* which wireless links are there? */
    STAGE_SCAN,       /* the scan results of `index` */
    STAGE_INTERFACE,  /* `index` itself */
};

struct vane_wifi {
    uv_loop_t *loop;
    uv_poll_t poll;
    int fd; /* -1: no generic netlink */
    bool stopped;
    uint16_t family;   /* 0: there is no nl80211 (yet) */
    uint32_t sequence; /* of the request under way */
    enum stage stage;
    uint32_t index;
    struct vane_wifi_facts *found;
    GQueue waiting; /* indexes to look up */
    struct vane_link_store *store;
    void (*ready)(void *user); /* NULL: told */
    void *user;
    char buffer[DATAGRAM_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int ask(struct vane_wifi *self, uint16_t family, uint8_t command, uint16_t flags,
               uint32_t index)
{
    struct genlmsghdr body = {.cmd = command};
    struct nl_msg *message = nlmsg_alloc_simple(family, NLM_F_REQUEST | flags);
    int r;

    nlmsg_append(message, &body, sizeof(body), NLMSG_ALIGNTO);
    if (index)
        nla_put_u32(message, NL80211_ATTR_IFINDEX, index);
    nlmsg_hdr(message)->nlmsg_seq = ++self->sequence;
    nlmsg_hdr(message)->nlmsg_pid = 0;
    r = vane_netlink_send(self->fd, nlmsg_hdr(message));
    nlmsg_free(message);
    return r;
}

static void tell_ready(struct vane_wifi *self)
{
    void (*ready)(void *user) = self->ready;

    self->ready = NULL;
    if (ready)
        ready(self->user);
}

static void start_next(struct vane_wifi *self)
{
    self->stage = STAGE_IDLE;
    g_clear_pointer(&self->found, vane_wifi_facts_unref);
    while (self->stage == STAGE_IDLE && !g_queue_is_empty(&self->waiting)) {
        self->index = GPOINTER_TO_UINT(g_queue_pop_head(&self->waiting));
        if (ask(self, self->family, NL80211_CMD_GET_SCAN, NLM_F_DUMP, self->index) == 0)
            self->stage = STAGE_SCAN;
    }
    if (self->stage == STAGE_IDLE)
        tell_ready(self);
}

static void look_up(struct vane_wifi *self, uint32_t index)
{
    if (!g_queue_find(&self->waiting, GUINT_TO_POINTER(index)))
        g_queue_push_tail(&self->waiting, GUINT_TO_POINTER(index));
    if (self->stage == STAGE_IDLE)
        start_next(self);
}

static void look_up_interfaces(struct vane_wifi *self)
{
    if (self->family && ask(self, self->family, NL80211_CMD_GET_INTERFACE, NLM_F_DUMP, 0) == 0)
        self->stage = STAGE_INTERFACES;
    else
        start_next(self);
}

/* Lists the families instead of asking for this one: that would have the kernel load the wireless
 * modules on machines without Wi-Fi. */
static void look_up_all(struct vane_wifi *self)
{
    self->family = 0;
    if (ask(self, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_DUMP, 0) == 0)
        self->stage = STAGE_FAMILIES;
    else
        start_next(self);
}

/* What the answer so far says becomes the link's network. */
static void conclude(struct vane_wifi *self)
{
    vane_link_store_set_wifi(self->store, self->index, g_steal_pointer(&self->found));
    start_next(self);
}

/* The request under way has been answered in full. */
static void end_stage(struct vane_wifi *self)
{
    switch (self->stage) {
    case STAGE_IDLE:
        return;
    case STAGE_FAMILIES:
        look_up_interfaces(self);
        return;
    case STAGE_INTERFACES:
        start_next(self);
        return;
    case STAGE_SCAN:
        if (self->found ||
            ask(self, self->family, NL80211_CMD_GET_INTERFACE, NLM_F_ACK, self->index) < 0)
            conclude(self);
        else
            self->stage = STAGE_INTERFACE;
        return;
    case STAGE_INTERFACE:
        conclude(self);
        return;
    }
}

static bool joins_networks(const struct vane_nl80211 *message)
{
    return message->type == NL80211_IFTYPE_STATION || message->type == NL80211_IFTYPE_ADHOC ||
           message->type == NL80211_IFTYPE_P2P_CLIENT;
}

static struct vane_wifi_facts *facts_of(const struct vane_nl80211 *message, bool with_bssid)
{
    return vane_wifi_facts_new(message->has_ssid ? message->ssid : NULL, message->ssid_length,
                               with_bssid && message->has_bssid ? message->bssid : NULL);
}

static void take_answer(struct vane_wifi *self, const struct vane_nl80211 *message)
{
    switch (self->stage) {
    case STAGE_IDLE:
    case STAGE_FAMILIES:
        return;
    case STAGE_INTERFACES:
        if (joins_networks(message) && message->index)
            g_queue_push_tail(&self->waiting, GUINT_TO_POINTER(message->index));
        return;
    case STAGE_SCAN:
        if (message->has_bss && message->associated && !self->found)
            self->found = facts_of(message, true);
        return;
    case STAGE_INTERFACE: /* its MAC is its own, not the access point's */
        if (message->has_ssid && joins_networks(message) && !self->found)
            self->found = facts_of(message, false);
        return;
    }
}

static void disconnected(struct vane_wifi *self, uint32_t index)
{
    g_queue_remove(&self->waiting, GUINT_TO_POINTER(index));
    vane_link_store_set_wifi(self->store, index, NULL);
    if (self->stage == STAGE_IDLE || self->index != index)
        return;
    /* The look-up that is under way may have seen the time before. */
    g_clear_pointer(&self->found, vane_wifi_facts_unref);
    look_up(self, index);
}

static void take_event(struct vane_wifi *self, const struct vane_nl80211 *message)
{
    if (message->index == 0)
        return;
    if (message->command == NL80211_CMD_DISCONNECT)
        disconnected(self, message->index);
    else if (message->command == NL80211_CMD_ROAM ||
             (message->command == NL80211_CMD_CONNECT && message->status == 0))
        look_up(self, message->index);
}

/* In answer to us, or because the module has just been loaded or unloaded. */
static void take_family(struct vane_wifi *self, const struct nlmsghdr *message, bool ours)
{
    int r = vane_nl80211_take_family(self->fd, message, &self->family);

    if (r == 1 && !ours)
        look_up_interfaces(self);
    else if (r == 0) {
        self->family = 0;
        g_queue_clear(&self->waiting);
        start_next(self);
    } else if (r < 0 && r != -ENOENT)
        vane_warning("links", "Wi-Fi networks are not seen: cannot follow nl80211: %s",
                     strerror(-r));
}

static void take_message(struct vane_wifi *self, const struct nlmsghdr *message)
{
    bool ours = message->nlmsg_seq == self->sequence && self->stage != STAGE_IDLE;
    struct vane_nl80211 parsed;

    if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
        if (ours)
            end_stage(self);
        return;
    }
    if (message->nlmsg_type == GENL_ID_CTRL) {
        take_family(self, message, ours);
        return;
    }
    if (message->nlmsg_type != self->family || vane_parse_nl80211(message, &parsed) < 0)
        return;
    if (ours)
        take_answer(self, &parsed);
    else if (message->nlmsg_seq == 0)
        take_event(self, &parsed);
}

/* Returns false when there is nothing more to read now. */
static bool take_datagram(struct vane_wifi *self)
{
    struct sockaddr_nl sender = {0};
    socklen_t size = sizeof(sender);
    ssize_t length = recvfrom(self->fd, self->buffer, sizeof(self->buffer), MSG_DONTWAIT,
                              (struct sockaddr *)&sender, &size);
    struct nlmsghdr *message = (struct nlmsghdr *)(void *)self->buffer;
    int left = length > 0 ? (int)length : 0;

    if (length < 0 && errno == ENOBUFS) {
        vane_warning("links", "nl80211 messages were lost; looking up all wireless links anew");
        look_up_all(self);
        return true;
    }
    if (length < 0)
        return errno == EINTR;
    for (; sender.nl_pid == 0 && nlmsg_ok(message, left); message = nlmsg_next(message, &left))
        take_message(self, message);
    return true;
}

/* A loss is an error condition of the socket, for which libuv stops the handle. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct vane_wifi *self = poll->data;

    if (status < 0)
        uv_poll_start(poll, UV_READABLE, on_poll);
    for (unsigned i = 0; i < DATAGRAMS_A_TURN && take_datagram(self); i++)
        ;
}

static void watch(struct vane_wifi *self)
{
    uv_poll_init(self->loop, &self->poll, self->fd);
    self->poll.data = self;
    uv_poll_start(&self->poll, UV_READABLE, on_poll);
    look_up_all(self);
}

int vane_wifi_start(uv_loop_t *loop, struct vane_link_store *store, void (*ready)(void *user),
                    void *user, struct vane_wifi **out)
{
    struct vane_wifi *self = g_new0(struct vane_wifi, 1);

    self->loop = loop;
    self->store = store;
    self->fd = vane_nl80211_open();
    self->ready = ready;
    self->user = user;
    g_queue_init(&self->waiting);
    *out = self;
    if (self->fd >= 0)
        watch(self);
    else {
        vane_debug("links", "no Wi-Fi: no generic netlink (%s)", strerror(-self->fd));
        tell_ready(self);
    }
    return 0;
}

void vane_wifi_link_appeared(struct vane_wifi *self, uint32_t index)
{
    if (self->family)
        look_up(self, index);
}

static void on_closed(uv_handle_t *handle)
{
    struct vane_wifi *self = handle->data;

    close(self->fd);
    g_free(self);
}

void vane_wifi_stop(struct vane_wifi *self)
{
    if (!self || self->stopped)
        return;
    self->stopped = true;
    g_queue_clear(&self->waiting);
    g_clear_pointer(&self->found, vane_wifi_facts_unref);
    if (self->fd >= 0)
        uv_close((uv_handle_t *)&self->poll, on_closed);
    else
        g_free(self);
}
