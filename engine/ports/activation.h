/*
 * Sockets that systemd made for us (sd_listen_fds(3)). They stay open until the table goes, so that
 * a plugin that is restarted finds its socket again and no peer is turned away meanwhile.
 */
#ifndef NETVANE_ENGINE_PORTS_ACTIVATION_H
#define NETVANE_ENGINE_PORTS_ACTIVATION_H

#include "engine/ports/address.h"

struct vane_inherited;

/* Takes what is there, once a process: the environment is cleaned. Never NULL. */
struct vane_inherited *vane_inherited_new(void);
void vane_inherited_free(struct vane_inherited *inherited);

/*
 * Finds the socket that an address means, by its name for fd:, else by its own address, and passes
 * over those that `in_use` knows. Returns a duplicate of it with its type; -ENOENT: there is none.
 */
int vane_inherited_take(struct vane_inherited *inherited, const struct vane_address *address,
                        int (*in_use)(void *user, const union vane_socket_address *bound,
                                      socklen_t length, int type),
                        void *user, int *fd, int *type);

/* Do two sockets have the same address? */
int vane_socket_address_equal(const union vane_socket_address *a, socklen_t a_length,
                              const union vane_socket_address *b, socklen_t b_length);

#endif
