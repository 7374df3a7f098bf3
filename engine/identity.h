/*
 * Who this machine is: one Ed25519 key, of its own in the state directory or the SSH host key. It
 * is read or made when it is first asked for, and its secret half lies on one locked page.
 */
#ifndef NETVANE_ENGINE_IDENTITY_H
#define NETVANE_ENGINE_IDENTITY_H

#include <netvane/identity.h>

struct vane_engine;
struct vane_identity_key;

/* `key_file` is IdentityKeyFile=, which must exist; NULL: identity.key in `state_dir`, which is
 * made. Nothing is read yet. */
int vane_identity_key_new(struct vane_engine *engine, const char *state_dir, const char *key_file,
                          struct vane_identity_key **key);

/* NULL is a no-op. */
void vane_identity_key_free(struct vane_identity_key *key);

/* Reads or makes the key now, so that a bad one is known at start. -ENOKEY, with the reason in the
 * log the first time. */
int vane_identity_key_load(struct vane_identity_key *key);

/* The node id of a public key: 1 in the one case of four billion where it would be 0. */
uint32_t vane_identity_node_id(const uint8_t public_key[VANE_PUBLIC_KEY_SIZE]);

extern const struct vane_identity vane_identity_table;

#endif
