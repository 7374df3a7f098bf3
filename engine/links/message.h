/* What the builders of netlink messages share: the frame of a message. */
#ifndef NETVANE_ENGINE_LINKS_MESSAGE_H
#define NETVANE_ENGINE_LINKS_MESSAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include <netlink/msg.h>

typedef struct nl_msg Message;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Message, nlmsg_free)

/* A request of this type that the kernel acknowledges, with no body yet. nlmsg_free(). */
Message *vane_message_new(uint16_t type, uint16_t flags);

/* The same with the body of a link; 0: told by its name, or new. */
Message *vane_message_new_link(uint16_t type, uint16_t flags, uint32_t ifindex);

/* Up or down, in a message about a link. */
void vane_message_put_up(Message *message, bool up);

/* A copy of it as it is sent. */
GBytes *vane_message_bytes(Message *message);

/* A list of such copies, which owns them. */
GPtrArray *vane_messages_new(void);

/* 0, or -ENAMETOOLONG (IFALIASZ); NULL is no alias. */
int vane_link_alias_check(const char *alias);

#endif
