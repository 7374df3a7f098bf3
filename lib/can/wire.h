/*
 * The bytes between a program and the CAN interface daemon, in both forms of the protocol
 * (docs/vcan-protocol.md), for the daemon's side and for a client's. Pure: bytes to structs and
 * back, no allocation, no input or output, nothing but the C library.
 */
#ifndef NETVANE_LIB_CAN_WIRE_H
#define NETVANE_LIB_CAN_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A connection that begins with these four bytes speaks the second form, any other the classic. */
#define VANE_WIRE_MAGIC      "NVC1"
#define VANE_WIRE_MAGIC_SIZE 4u

#define VANE_WIRE_NAME_MAX 15u /* bytes of an interface name */

/* Operations. The classic form has the first three. */
#define VANE_WIRE_CREATE    1u
#define VANE_WIRE_UP        2u
#define VANE_WIRE_DOWN      3u
#define VANE_WIRE_DELETE    4u
#define VANE_WIRE_CONFIGURE 5u
#define VANE_WIRE_GET       6u
#define VANE_WIRE_LIST      7u
#define VANE_WIRE_RENEW     8u
#define VANE_WIRE_HELLO     9u

/* Codes of an answer. They never change their meaning. */
#define VANE_WIRE_OK            0u
#define VANE_WIRE_BAD_OPERATION 1u
#define VANE_WIRE_BAD_NAME      2u
#define VANE_WIRE_NOT_PERMITTED 3u
#define VANE_WIRE_NOT_CAN       4u
#define VANE_WIRE_NOT_FOUND     5u
#define VANE_WIRE_KERNEL        6u
#define VANE_WIRE_QUOTA         7u
#define VANE_WIRE_UNSUPPORTED   8u
#define VANE_WIRE_BAD_REQUEST   9u
#define VANE_WIRE_EXISTS        10u
#define VANE_WIRE_STOPPING      11u

/* A short name of a code for logs and events ("not-permitted"); never NULL. */
const char *vane_wire_code_name(uint8_t code);
/* "create", "up" ...; NULL for what is no operation. */
const char *vane_wire_operation_name(uint8_t operation);

/*
 * Why these bytes are no name of an interface, as the end of a sentence; NULL when they are one.
 * Stricter than the kernel: '%' would make it invent a number.
 */
const char *vane_wire_name_complaint(const void *name, size_t length);

/* ---- the classic form ---- */

#define VANE_WIRE_CLASSIC_REQUEST_MAX 257u
#define VANE_WIRE_CLASSIC_ANSWER_HEAD 4u

/* A request as it came: the operation may be unknown, and the name be none. */
struct vane_wire_classic_request {
    uint8_t operation;
    uint8_t name_length;
    const uint8_t *name; /* in the bytes that were parsed */
};

struct vane_wire_classic_answer {
    bool success;
    uint8_t code;
    uint16_t message_length;
    const uint8_t *message; /* in the bytes that were parsed; no NUL */
};

/* How many bytes the first request takes; 0: it is not complete yet. Any bytes are a request. */
size_t vane_wire_classic_parse(const void *data, size_t length,
                               struct vane_wire_classic_request *request);
size_t vane_wire_classic_answer_parse(const void *data, size_t length, bool big_endian,
                                      struct vane_wire_classic_answer *answer);

/* Writes a request or an answer and returns its size, or 0 when it does not fit. A message is cut
 * at 65535 bytes. */
size_t vane_wire_classic_put(void *out, size_t size, uint8_t operation, const char *name);
size_t vane_wire_classic_answer_put(void *out, size_t size, uint8_t code, const char *message,
                                    bool big_endian);

/* ---- the second form ---- */

#define VANE_WIRE_HEAD           8u    /* bytes before the attributes, in both directions */
#define VANE_WIRE_ATTRIBUTE_HEAD 4u    /* bytes before a value */
#define VANE_WIRE_REQUEST_MAX    1024u /* bytes of attributes in a request */
#define VANE_WIRE_ANSWER_MAX     4096u /* bytes of attributes in an answer */
#define VANE_WIRE_MESSAGE_MAX    1024u /* bytes of a message */
#define VANE_WIRE_MORE           0x80u /* in an answer's operation: another with the same id follows */

/* Attributes. "u32" is little-endian; text has no NUL. */
#define VANE_WIRE_NAME              1u /* text */
#define VANE_WIRE_KIND              2u /* text: "vcan", "vxcan"; in answers also "can" and others */
#define VANE_WIRE_PEER              3u /* text: the name of the other end of a vxcan pair */
#define VANE_WIRE_LEASE             4u /* u32: seconds; 0: as long as the connection */
#define VANE_WIRE_SET_UP            5u /* u32: 1: raise it in the same step */
#define VANE_WIRE_MTU               6u /* u32: 16 classic CAN, 72 CAN FD, up to 2060 CAN XL */
#define VANE_WIRE_BITRATE           7u /* u32: bit/s */
#define VANE_WIRE_SAMPLE_POINT      8u /* u32: per mille */
#define VANE_WIRE_DATA_BITRATE      9u /* u32: bit/s of the data phase, CAN FD */
#define VANE_WIRE_DATA_SAMPLE_POINT 10u /* u32: per mille */
#define VANE_WIRE_RESTART_MS        11u /* u32: automatic restart after bus-off; 0: none */
#define VANE_WIRE_MODES             12u /* u32: VANE_WIRE_MODE_... that are on */
#define VANE_WIRE_MODES_MASK        13u /* u32: which of them are meant */
#define VANE_WIRE_TERMINATION       14u /* u32: ohm */
#define VANE_WIRE_REQUEST_LAST      14u /* those above may stand in requests */

#define VANE_WIRE_INDEX 32u /* u32: interface index */
#define VANE_WIRE_FLAGS 33u /* u32: IFF_... of linux/if.h */
#define VANE_WIRE_STATE                                                                            \
    34u                                /* u32: 0 error-active, 1 warning, 2 passive, 3 bus-off,    \
                                        * 4 stopped, 5 sleeping (linux/can/netlink.h) */
#define VANE_WIRE_TX_ERRORS        35u /* u32: the transmit error counter */
#define VANE_WIRE_RX_ERRORS        36u /* u32 */
#define VANE_WIRE_BUS_ERRORS       37u /* u32: bus errors ever */
#define VANE_WIRE_ERROR_WARNINGS   38u /* u32: changes to error-warning ever */
#define VANE_WIRE_ERROR_PASSIVES   39u /* u32 */
#define VANE_WIRE_BUS_OFFS         40u /* u32 */
#define VANE_WIRE_ARBITRATION_LOST 41u /* u32 */
#define VANE_WIRE_RESTARTS         42u /* u32 */
#define VANE_WIRE_OWNER            43u /* u32: the uid for whom it was created */
#define VANE_WIRE_LEASE_LEFT       44u /* u32: seconds; 4294967295: as long as its connection */
#define VANE_WIRE_MESSAGE          64u /* text: one sentence */
#define VANE_WIRE_VERSION          65u /* text: the daemon's version */
#define VANE_WIRE_SUPPORTED        66u /* u32: 1: this kernel has CAN interfaces, 0: it has none */

#define VANE_WIRE_MODE_LOOPBACK    1u
#define VANE_WIRE_MODE_LISTEN_ONLY 2u
#define VANE_WIRE_MODE_FD          4u

#define VANE_WIRE_LEASE_CONNECTION UINT32_MAX /* VANE_WIRE_LEASE_LEFT of a connection's lease */

/* What stands before the attributes. The second byte is 0 in a request, the code in an answer. */
struct vane_wire_head {
    uint8_t operation;
    uint8_t code;
    uint16_t length; /* of the attributes */
    uint32_t id;     /* the client's; comes back in the answer */
};

/* Reads a head from at least VANE_WIRE_HEAD bytes. */
void vane_wire_head_parse(const void *data, struct vane_wire_head *head);

struct vane_wire_attribute {
    uint16_t type;
    uint16_t length;
    const uint8_t *value;
};

/* Attributes one after the other: 1 with *attribute, 0 at the end, -1: they are cut off. */
struct vane_wire_reader {
    const uint8_t *at;
    size_t left;
};
int vane_wire_next(struct vane_wire_reader *reader, struct vane_wire_attribute *attribute);
/* The number of an attribute; false when it has not four bytes. */
bool vane_wire_u32(const struct vane_wire_attribute *attribute, uint32_t *value);

/* A request as the daemon takes it: checked and complete in itself. */
struct vane_wire_request {
    uint8_t operation;
    uint8_t code;    /* VANE_WIRE_OK, or why it is refused */
    uint16_t detail; /* of BAD_REQUEST: the type of the attribute, 0: the request as a whole */
    uint32_t id;
    uint32_t present; /* bit 1 << type for each attribute that was there */
    uint32_t numbers[VANE_WIRE_REQUEST_LAST + 1]; /* by type */
    char name[VANE_WIRE_NAME_MAX + 1];
    char peer[VANE_WIRE_NAME_MAX + 1];
    char kind[VANE_WIRE_NAME_MAX + 1];
    const char *complaint; /* when refused: the end of a sentence; static */
};

/*
 * How many bytes the first request takes; 0: it is not complete yet; -1: it is longer than any may
 * be: `request` is then filled for the last answer of the connection.
 */
int vane_wire_parse(const void *data, size_t length, struct vane_wire_request *request);

/* Builds a request or an answer in `out`. What does not fit makes vane_wire_end() return 0. */
struct vane_wire_writer {
    uint8_t *out;
    size_t size, length;
    bool overflow;
};
void vane_wire_begin(struct vane_wire_writer *writer, void *out, size_t size,
                     const struct vane_wire_head *head);
void vane_wire_put_u32(struct vane_wire_writer *writer, uint16_t type, uint32_t value);
void vane_wire_put_text(struct vane_wire_writer *writer, uint16_t type, const char *text);
/* Writes the length into the head and returns the size of the whole. */
size_t vane_wire_end(struct vane_wire_writer *writer);

#endif
