/*
 * libnetvane-can: CAN interfaces for programs without privileges.
 *
 *     struct vane_can *can;
 *
 *     if (vane_can_open(&can, NULL) < 0 || vane_can_create(can, "vcan0", NULL) < 0 ||
 *         vane_can_up(can, "vcan0") < 0)
 *         fprintf(stderr, "%s\n", vane_can_error());
 *
 * The work is done by a daemon: netvaned with its plugin vcan, or another that speaks HyCAN's
 * protocol (vcan-protocol.md has both forms). With one that speaks only the classic form,
 * vane_can_create() of a vcan, vane_can_up() and vane_can_down() work; what it cannot do fails with
 * -EOPNOTSUPP.
 *
 * Which daemon: the one at HYCAN_DAEMON_SOCKET and no other, when that is set and not empty
 * (set-user-ID programs do not look at it); else the one at /run/hycan_daemon.sock; when that
 * fails, the one at /tmp/hycan_daemon.sock. Only one that runs as root or as the caller's effective
 * user is talked to.
 *
 * Which interfaces: those of the network namespace in which the calling thread is when the handle
 * connects, as socket(7) has it. Names are 1 to 15 bytes, without white space, '/', ':' and '%'.
 *
 * Results: every function that can fail returns 0 for success and a negative errno for failure,
 * and leaves a sentence for people: vane_can_error(). What holds for all that take a handle:
 *
 *     -EINVAL       the name, a value or a struct is not right
 *     -E2BIG        a struct has members set that this version of the library does not know
 *     -ENOENT       no daemon: none of the sockets exists
 *     -ECONNREFUSED no daemon: nobody listens at a socket
 *     -EACCES       the caller may not connect
 *     -EPERM        what answers at the socket is neither root's nor the caller's; or the daemon
 * does not permit it: the name is not one that the caller may touch, or is somebody else's
 *     -ECONNRESET   the daemon closed the connection, and another attempt ended alike
 *     -EPROTO       what came is no answer
 *     -ETIMEDOUT    no answer in time; whether it was done is not known
 *     -EOPNOTSUPP   this kernel has no CAN interfaces, or this daemon does not do it
 *     -ENODEV       there is no interface of this name
 *     -EMEDIUMTYPE  there is one, and it is no CAN interface
 *     -EEXIST       there is a CAN interface of this name, of another kind
 *     -EDQUOT       the caller has created as many as it may
 *     -EIO          the kernel refused
 *     -ESHUTDOWN    the daemon is stopping
 *     -ENOMEM       out of memory
 *
 * Threads: any thread may call anything at any time, but nobody may use a handle that is being
 * closed. The requests of a handle go one after the other; threads that do not want to wait for
 * each other open a handle each. No call blocks longer than its timeout for each request before it.
 * No signal is raised, and one that interrupts a call does not end it.
 *
 * A connection that broke, because the daemon was restarted, is opened again by the next call,
 * which sends its request once more: all are such that doing them twice does no harm.
 *
 * fork: the child may use its handles. It has connections of its own, and owns no lease of the
 * parent's. All descriptors are close-on-exec.
 *
 * Structs begin with their size, set by the caller, and grow at the end in later versions. Link
 * with -lnetvane-can (pkg-config netvane-can; find_package(NetvaneCan), target
 * NetvaneCan::netvane-can).
 */
#ifndef NETVANE_CAN_H
#define NETVANE_CAN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define VANE_CAN_PUBLIC __attribute__((visibility("default")))
#else
#define VANE_CAN_PUBLIC
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The interface of this header; the library's is vane_can_version(). Since 1.0. */
#define VANE_CAN_VERSION_MAJOR 1
#define VANE_CAN_VERSION_MINOR 0

/* A handle: a connection to the daemon, opened again when it breaks. Since 1.0. */
struct vane_can;

/* How to open. Zeros are the defaults. Since 1.0. */
struct vane_can_options {
    uint32_t size;       /* sizeof(struct vane_can_options) */
    uint32_t timeout_ms; /* how long a call waits for the daemon; 0: 5000 */
    const char *path; /* of the one socket to try, whatever the environment says; NULL: see above */
};

/*
 * Connects to the daemon. *can is the caller's, to be given to vane_can_close(); NULL on failure,
 * and the sentence then has every path that was tried and why it was not taken. `options` may be
 * NULL. Since 1.0.
 */
VANE_CAN_PUBLIC int vane_can_open(struct vane_can **can, const struct vane_can_options *options);

/*
 * Closes; NULL is nothing. Interfaces that were created with a lease of 0 s go, others stay.
 * Since 1.0.
 */
VANE_CAN_PUBLIC void vane_can_close(struct vane_can *can);

/*
 * The sentence about the last call of this thread that failed, on whatever handle, as
 * "cannot create vcan0: ..."; "" when none has. Valid until the thread's next call that fails.
 * Since 1.0.
 */
VANE_CAN_PUBLIC const char *vane_can_error(void);

/* The version of the library that is running, as "1.0.0"; static. Since 1.0. */
VANE_CAN_PUBLIC const char *vane_can_version(void);

/* ---- making and changing interfaces ---- */

/* vane_can_create_options.flags. Since 1.0. */
#define VANE_CAN_SET_UP 1u /* raise it as well (both ends of a pair) */
#define VANE_CAN_LEASE  2u /* it goes when `lease` ends */

/* What to create. Zeros: a vcan that stays. Since 1.0. */
struct vane_can_create_options {
    uint32_t size;  /* sizeof(struct vane_can_create_options) */
    uint32_t flags; /* VANE_CAN_SET_UP, VANE_CAN_LEASE */
    uint32_t
        lease;    /* seconds, at most 31536000; 0: until the handle is closed or the process ends */
    uint32_t mtu; /* 16: classic CAN, 72: CAN FD; 0: the kernel's choice */
    const char *kind; /* "vcan" or "vxcan"; NULL: vcan */
    const char *peer; /* the name of the other end of a vxcan pair, else NULL */
};

/*
 * Creates a virtual CAN interface, which is down unless VANE_CAN_SET_UP says otherwise. One of that
 * name and kind that is there already is left as it is (but raised, if that is asked for); its
 * lease is renewed if it is the caller's, and -EPERM otherwise. `options` may be NULL. Since 1.0.
 */
VANE_CAN_PUBLIC int vane_can_create(struct vane_can *can, const char *name,
                                    const struct vane_can_create_options *options);

/* Raises or lowers an interface; one that is up or down already stays so. Since 1.0. */
VANE_CAN_PUBLIC int vane_can_up(struct vane_can *can, const char *name);
VANE_CAN_PUBLIC int vane_can_down(struct vane_can *can, const char *name);

/*
 * Deletes an interface that was created through the daemon for the same user, and with one end of a
 * vxcan pair the other. Since 1.0.
 */
VANE_CAN_PUBLIC int vane_can_delete(struct vane_can *can, const char *name);

/*
 * Gives an interface with a lease a new one from now on: so many seconds, or, with 0, until the
 * handle is closed. -EPERM for one without a lease. Since 1.0.
 */
VANE_CAN_PUBLIC int vane_can_renew(struct vane_can *can, const char *name, uint32_t seconds);

/* Which members of struct vane_can_settings are meant. Since 1.0. */
#define VANE_CAN_SETTING_BITRATE           (1u << 0)
#define VANE_CAN_SETTING_SAMPLE_POINT      (1u << 1)
#define VANE_CAN_SETTING_DATA_BITRATE      (1u << 2)
#define VANE_CAN_SETTING_DATA_SAMPLE_POINT (1u << 3)
#define VANE_CAN_SETTING_RESTART_MS        (1u << 4)
#define VANE_CAN_SETTING_MODES             (1u << 5)
#define VANE_CAN_SETTING_TERMINATION       (1u << 6)
#define VANE_CAN_SETTING_MTU               (1u << 7)

/* Modes of a controller. Since 1.0. */
#define VANE_CAN_MODE_LOOPBACK    1u
#define VANE_CAN_MODE_LISTEN_ONLY 2u
#define VANE_CAN_MODE_FD          4u

/* Of a CAN controller; a virtual interface has an MTU only. Since 1.0. */
struct vane_can_settings {
    uint32_t size;              /* sizeof(struct vane_can_settings) */
    uint32_t set;               /* VANE_CAN_SETTING_... of the members that are meant */
    uint32_t bitrate;           /* bit/s */
    uint32_t sample_point;      /* per mille; without it, the kernel chooses */
    uint32_t data_bitrate;      /* bit/s of the data phase of CAN FD */
    uint32_t data_sample_point; /* per mille */
    uint32_t restart_ms;        /* restart so long after bus-off, in ms; 0: not by itself */
    uint32_t modes;             /* VANE_CAN_MODE_... that are to be on */
    uint32_t modes_mask;        /* those that are meant, others stay; 0: those in `modes` */
    uint32_t termination;       /* ohm; 0: off */
    uint32_t mtu;               /* 16 or 72 */
};

/* Sets what `settings` names, all or nothing. The interface has to be down. Since 1.0. */
VANE_CAN_PUBLIC int vane_can_configure(struct vane_can *can, const char *name,
                                       const struct vane_can_settings *settings);

/* vane_can_configure() of the bit rate alone, in bit/s. Since 1.0. */
VANE_CAN_PUBLIC int vane_can_set_bitrate(struct vane_can *can, const char *name, uint32_t bitrate);

/*
 * Waits until frames can be sent and received: the interface exists, is up and running. At most
 * `timeout_ms` (0: looks once; negative: for ever), then -ETIMEDOUT. Asks the kernel, not the
 * daemon, in the network namespace of the calling thread; other calls on the handle go on
 * meanwhile. Also -EINVAL for the name, and what socket(2) says. `can` may be NULL. Since 1.0.
 */
VANE_CAN_PUBLIC int vane_can_wait_up(struct vane_can *can, const char *name, int timeout_ms);

/* ---- looking ---- */

/* vane_can_info.state, as in linux/can/netlink.h. Since 1.0. */
#define VANE_CAN_STATE_ERROR_ACTIVE  0u
#define VANE_CAN_STATE_ERROR_WARNING 1u
#define VANE_CAN_STATE_ERROR_PASSIVE 2u
#define VANE_CAN_STATE_BUS_OFF       3u
#define VANE_CAN_STATE_STOPPED       4u
#define VANE_CAN_STATE_SLEEPING      5u

/* Which members of struct vane_can_info are known: bits of `known`. Since 1.0. */
#define VANE_CAN_KNOWN_MTU               (1u << 0)
#define VANE_CAN_KNOWN_BITRATE           (1u << 1)
#define VANE_CAN_KNOWN_SAMPLE_POINT      (1u << 2)
#define VANE_CAN_KNOWN_DATA_BITRATE      (1u << 3)
#define VANE_CAN_KNOWN_DATA_SAMPLE_POINT (1u << 4)
#define VANE_CAN_KNOWN_RESTART_MS        (1u << 5)
#define VANE_CAN_KNOWN_MODES             (1u << 6)
#define VANE_CAN_KNOWN_TERMINATION       (1u << 7)
#define VANE_CAN_KNOWN_STATE             (1u << 8)
#define VANE_CAN_KNOWN_TX_ERRORS         (1u << 9)
#define VANE_CAN_KNOWN_RX_ERRORS         (1u << 10)
#define VANE_CAN_KNOWN_BUS_ERRORS        (1u << 11)
#define VANE_CAN_KNOWN_ERROR_WARNINGS    (1u << 12)
#define VANE_CAN_KNOWN_ERROR_PASSIVES    (1u << 13)
#define VANE_CAN_KNOWN_BUS_OFFS          (1u << 14)
#define VANE_CAN_KNOWN_ARBITRATION_LOST  (1u << 15)
#define VANE_CAN_KNOWN_RESTARTS          (1u << 16)
#define VANE_CAN_KNOWN_OWNER             (1u << 17) /* it was created through the daemon */
#define VANE_CAN_KNOWN_LEASE_LEFT        (1u << 18) /* it has a lease */

#define VANE_CAN_LEASE_CONNECTION                                                                  \
    UINT32_MAX /* vane_can_info.lease_left: until its handle is closed */

/* An interface. What is not known is 0. Since 1.0. */
struct vane_can_info {
    uint32_t size;  /* sizeof(struct vane_can_info), set by the caller */
    uint32_t known; /* VANE_CAN_KNOWN_... */
    char name[16];
    char kind[16]; /* "vcan", "vxcan", "can", "slcan" ... */
    uint32_t index;
    uint32_t flags; /* IFF_UP (1), IFF_RUNNING (64) and the others of linux/if.h */
    uint32_t mtu;   /* bytes */
    uint32_t bitrate;
    uint32_t sample_point;
    uint32_t data_bitrate;
    uint32_t data_sample_point;
    uint32_t restart_ms;
    uint32_t modes;
    uint32_t termination;
    uint32_t state;     /* VANE_CAN_STATE_... */
    uint32_t tx_errors; /* the error counters of the controller */
    uint32_t rx_errors;
    uint32_t bus_errors; /* from here on: how often, since it was made */
    uint32_t error_warnings;
    uint32_t error_passives;
    uint32_t bus_offs;
    uint32_t arbitration_lost;
    uint32_t restarts;
    uint32_t owner;      /* uid for whom it was created */
    uint32_t lease_left; /* seconds, or VANE_CAN_LEASE_CONNECTION */
};

/* Fills *info, of which the caller has set `size`. Since 1.0. */
VANE_CAN_PUBLIC int vane_can_get(struct vane_can *can, const char *name,
                                 struct vane_can_info *info);

/*
 * Calls `each` for every CAN interface, in order of index, after all of them have come; it may call
 * this library. `info` is valid within the call. A result other than 0 ends the list and is
 * returned. Since 1.0.
 */
VANE_CAN_PUBLIC int vane_can_list(struct vane_can *can,
                                  int (*each)(void *user, const struct vane_can_info *info),
                                  void *user);

/* ---- the daemon ---- */

/* Who is there. Since 1.0. */
struct vane_can_server {
    uint32_t size;    /* sizeof(struct vane_can_server), set by the caller */
    uint32_t classic; /* 1: it speaks the classic form only */
    uint32_t
        supported; /* 0: its kernel has no CAN interfaces; 1: it has, or the daemon did not say */
    uint32_t uid;  /* whose process it is */
    char version[64]; /* of the daemon; "" when it did not say */
    char path[108];   /* of the socket */
};

/* Fills *server, of which the caller has set `size`. Connects if need be. Since 1.0. */
VANE_CAN_PUBLIC int vane_can_get_server(struct vane_can *can, struct vane_can_server *server);

/*
 * The descriptor of the connection for poll(2), to learn early that it broke: it is then readable.
 * -1 while there is none. Not to be read from, written to or closed; every call may change it.
 * Since 1.0.
 */
VANE_CAN_PUBLIC int vane_can_fd(struct vane_can *can);

/*
 * Makes sure that the connection lives, and opens another if it does not. Interfaces that were
 * created with a lease of 0 s are taken up again, for which the daemon gives 30 s after its
 * restart: so a program with such leases calls this when vane_can_fd() becomes readable. 0 when all
 * is as it was; -ENODEV when an interface is gone, which the sentence names; other errors are as
 * above. Since 1.0.
 */
VANE_CAN_PUBLIC int vane_can_check(struct vane_can *can);

#ifdef __cplusplus
}
#endif

#endif
