/* What the host offers to a plugin: one constant table a subject. */
#ifndef NETVANE_HOST_H
#define NETVANE_HOST_H

#include <netvane/abi.h>
#include <netvane/bus.h>
#include <netvane/commands.h>
#include <netvane/config.h>
#include <netvane/gate.h>
#include <netvane/identity.h>
#include <netvane/links.h>
#include <netvane/log.h>
#include <netvane/loop.h>
#include <netvane/ports.h>
#include <netvane/services.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Valid from init() to the end of the process. All tables of 1.0 are there in every host. */
struct vane_host {
    uint32_t size;                        /* sizeof(struct vane_host) in the host */
    uint32_t version;                     /* the host's VANE_ABI_MINOR */
    const struct vane_log *log;           /* since 1.0 */
    const struct vane_config *config;     /* since 1.0 */
    const struct vane_loop *loop;         /* since 1.0 */
    const struct vane_bus *bus;           /* since 1.0 */
    const struct vane_links *links;       /* since 1.0 */
    const struct vane_ports *ports;       /* since 1.0 */
    const struct vane_gate *gate;         /* since 1.0 */
    const struct vane_commands *commands; /* since 1.0 */
    const struct vane_services *services; /* since 1.0 */
    const struct vane_identity *identity; /* since 1.0 */
};

#ifdef __cplusplus
}
#endif

#endif
