/*
 * Who this machine is: an Ed25519 key (RFC 8032), and the version of the host.
 * The key never leaves the host.
 */
#ifndef NETVANE_IDENTITY_H
#define NETVANE_IDENTITY_H

#include <netvane/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vane_identity {
    uint32_t size, version;

    /*
     * The node id: the first four bytes, big-endian, of the SHA-256 of the public key; 1 where that
     * would be 0.
     * Errors of this and the next three: -ENOKEY when the machine has no usable key (the log
     * says why). Since 1.0.
     */
    int (*node_id)(struct vane_self *self, uint32_t *id);

    /* The file that holds the key. Since 1.0. */
    int (*path)(struct vane_self *self, const char **path);

    /* The public key. Since 1.0. */
    int (*public_key)(struct vane_self *self, uint8_t key[VANE_PUBLIC_KEY_SIZE]);

    /*
     * Signs "netvane:" CONTEXT ":" PLUGIN NUL DATA, so that a signature made for one purpose is of
     * no use for another, least of all as an SSH signature. `context` is 1 to 64 bytes of
     * [a-z0-9.-]. -EINVAL. Since 1.0.
     */
    int (*sign)(struct vane_self *self, const char *context, const void *data, size_t length,
                uint8_t signature[VANE_SIGNATURE_SIZE]);

    /*
     * The host's version ("1.0.0"), the commit it was built from (empty: unknown), and when
     * (RFC 3339 UTC; empty: unknown). Since 1.0.
     */
    const char *(*host_version)(void);
    const char *(*host_commit)(void);
    const char *(*host_build_time)(void);

    /*
     * Signs the nonce of a NATS server as it is, with nothing in front: 8 to 64 characters of
     * base64 ([A-Za-z0-9+/=_-]), so that it cannot be anything else. -EINVAL, -ENOKEY. Since 1.1.
     */
    int (*sign_nonce)(struct vane_self *self, const char *nonce,
                      uint8_t signature[VANE_SIGNATURE_SIZE]);
};

#ifdef __cplusplus
}
#endif

#endif
