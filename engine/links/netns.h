/* Netlink sockets in other network namespaces. */
#ifndef NETVANE_ENGINE_LINKS_NETNS_H
#define NETVANE_ENGINE_LINKS_NETNS_H

/*
 * A blocking rtnetlink socket in the namespace that `netns_fd` refers to (-1: ours). Another one is
 * entered by a thread that ends with this call, so that no other thread is ever elsewhere. Blocks;
 * from any thread. The descriptor or a negative errno.
 */
int vane_netns_open_route_socket(int netns_fd);

#endif
