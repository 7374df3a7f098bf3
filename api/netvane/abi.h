/*
 * The binary contract that all other headers share: versions, table heads, results.
 *
 * Rules that hold for every function in these headers unless its comment says otherwise:
 *  - It returns 0 or a positive value on success and a negative errno on failure. Results come
 *    back through out-parameters, which are untouched on failure.
 *  - It is called on the loop thread, and every callback runs there. From another thread it
 *    returns -EPERM and does nothing. loop->post() is the only exception.
 *  - Strings are UTF-8 and end with NUL. What is passed in is copied when it is kept. What comes
 *    back is owned by the host and valid as long as the object it came from.
 *  - `self` is the handle that the plugin got in init(). The host records in its ledger whatever
 *    is acquired with it, and revokes what is left after shutdown(), or after an init() that has
 *    failed. To give NULL back is a no-op. Where a handle is given it must be taken, unless it is
 *    said that it may be NULL.
 *  - Tables and structs grow at their end only, and a member never changes its meaning. Where a
 *    struct begins with `size`, the caller sets it to the size it was compiled with; members beyond
 *    it count as zero, and are not written.
 */
#ifndef NETVANE_ABI_H
#define NETVANE_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A plugin is loaded by a host of the same major whose minor is at least the plugin's need. */
#define VANE_ABI_MAJOR 1
#define VANE_ABI_MINOR 1

/*
 * Does the running host have this member of this table? Needed for members that came after the
 * minor that the plugin requires:
 *     if (VANE_HAS(host->bus, find)) host->bus->find(...);
 */
#define VANE_HAS(table, member)                                                                    \
    ((const char *)(&(table)->member + 1) <= (const char *)(table) + (table)->size)

/* A plugin's handle. Opaque; given to init(), valid until the process ends. */
struct vane_self;

/* Results that are no errno. */
#define VANE_OK   0
#define VANE_BUSY 1 /* from an event callback: keep this event, call again after resume() */

/* An Ed25519 signature and a public key, in bytes. RFC 8032 section 5.1. */
#define VANE_SIGNATURE_SIZE  64
#define VANE_PUBLIC_KEY_SIZE 32

#ifdef __cplusplus
}
#endif

#endif
