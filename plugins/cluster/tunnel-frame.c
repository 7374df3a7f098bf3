/* Packets and frames of tunnels. See tunnel-frame.h. */
#include "plugins/cluster/tunnel-frame.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

/* ---- numbers ---- */

static uint64_t get(const uint8_t *from, size_t size)
{
    uint64_t number = 0;

    while (size-- > 0)
        number = number << 8 | *from++;
    return number;
}

static uint8_t *put(uint8_t *to, uint64_t number, size_t size)
{
    for (size_t i = size; i-- > 0; number >>= 8)
        to[i] = (uint8_t)number;
    return to + size;
}

static uint8_t *put_bytes(uint8_t *to, const void *bytes, size_t length)
{
    if (length > 0)
        memcpy(to, bytes, length);
    return to + length;
}

/* ---- packets ---- */

static int parse_hello(const uint8_t *bytes, size_t length, struct vane_tunnel_packet *packet)
{
    if (length != VANE_TUNNEL_HELLO_SIZE || bytes[1] != VANE_TUNNEL_VERSION)
        return -EINVAL;
    packet->from = get(bytes + 2, 8);
    packet->life = bytes + 10;
    packet->key = bytes + 18;
    return 0;
}

static int parse_answer(const uint8_t *bytes, size_t length, struct vane_tunnel_packet *packet)
{
    if (length != VANE_TUNNEL_ANSWER_SIZE || bytes[1] != VANE_TUNNEL_VERSION)
        return -EINVAL;
    packet->to = get(bytes + 2, 8);
    packet->from = get(bytes + 10, 8);
    packet->life = bytes + 18;
    packet->key = bytes + 26;
    packet->signature = bytes + VANE_TUNNEL_ANSWER_SIGNED;
    return 0;
}

static int parse_sealed(const uint8_t *bytes, size_t length, struct vane_tunnel_packet *packet)
{
    if (length < VANE_TUNNEL_SEALED_HEAD + VANE_TUNNEL_TAG_SIZE)
        return -EINVAL;
    packet->to = get(bytes + 1, 8);
    packet->number = get(bytes + 9, 8);
    packet->sealed = bytes + VANE_TUNNEL_SEALED_HEAD;
    packet->sealed_length = length - VANE_TUNNEL_SEALED_HEAD;
    return 0;
}

int vane_tunnel_packet_parse(const uint8_t *bytes, size_t length, struct vane_tunnel_packet *packet)
{
    *packet = (struct vane_tunnel_packet){0};
    if (length == 0)
        return -EINVAL;
    packet->kind = (enum vane_tunnel_packet_kind)bytes[0];
    switch (packet->kind) {
    case VANE_TUNNEL_HELLO:
        return parse_hello(bytes, length, packet);
    case VANE_TUNNEL_ANSWER:
        return parse_answer(bytes, length, packet);
    case VANE_TUNNEL_SEALED:
        return parse_sealed(bytes, length, packet);
    case VANE_TUNNEL_UNKNOWN:
        if (length != VANE_TUNNEL_UNKNOWN_SIZE)
            return -EINVAL;
        packet->to = get(bytes + 1, 8);
        return 0;
    }
    return -EINVAL;
}

void vane_tunnel_hello_put(uint8_t bytes[VANE_TUNNEL_HELLO_SIZE], uint64_t from,
                           const uint8_t life[8], const uint8_t key[VANE_TUNNEL_KEY_SIZE])
{
    uint8_t *at = put(bytes, VANE_TUNNEL_HELLO, 1);

    at = put(at, VANE_TUNNEL_VERSION, 1);
    at = put(at, from, 8);
    at = put_bytes(at, life, 8);
    (void)put_bytes(at, key, VANE_TUNNEL_KEY_SIZE);
}

void vane_tunnel_answer_put(uint8_t bytes[VANE_TUNNEL_ANSWER_SIGNED], uint64_t to, uint64_t from,
                            const uint8_t life[8], const uint8_t key[VANE_TUNNEL_KEY_SIZE])
{
    uint8_t *at = put(bytes, VANE_TUNNEL_ANSWER, 1);

    at = put(at, VANE_TUNNEL_VERSION, 1);
    at = put(at, to, 8);
    at = put(at, from, 8);
    at = put_bytes(at, life, 8);
    (void)put_bytes(at, key, VANE_TUNNEL_KEY_SIZE);
}

void vane_tunnel_sealed_put(uint8_t bytes[VANE_TUNNEL_SEALED_HEAD], uint64_t to, uint64_t number)
{
    uint8_t *at = put(bytes, VANE_TUNNEL_SEALED, 1);

    at = put(at, to, 8);
    (void)put(at, number, 8);
}

void vane_tunnel_unknown_put(uint8_t bytes[VANE_TUNNEL_UNKNOWN_SIZE], uint64_t to)
{
    (void)put(put(bytes, VANE_TUNNEL_UNKNOWN, 1), to, 8);
}

/* ---- frames ---- */

/* Of a frame: what it has, in the order of the bytes. */
enum part {
    PART_STREAM = 1,
    PART_FROM = 2,
    PART_PORT = 4,
    PART_OFFSET = 8,
    PART_LIMIT = 16,
    PART_AGAIN = 32,
    PART_REASON = 64,
    PART_DATA = 128,
    PART_SIGNATURE = 256
};

static const unsigned layouts[] = {
    [VANE_FRAME_FINISH] = PART_SIGNATURE,
    [VANE_FRAME_OPEN] = PART_STREAM | PART_PORT | PART_LIMIT,
    [VANE_FRAME_ACCEPT] = PART_STREAM | PART_LIMIT,
    [VANE_FRAME_DATA] = PART_STREAM | PART_OFFSET | PART_DATA,
    [VANE_FRAME_END] = PART_STREAM | PART_OFFSET,
    [VANE_FRAME_ACK] = PART_STREAM | PART_OFFSET | PART_LIMIT | PART_AGAIN,
    [VANE_FRAME_RESET] = PART_STREAM | PART_REASON,
    [VANE_FRAME_DATAGRAM] = PART_FROM | PART_PORT | PART_DATA,
    [VANE_FRAME_PING] = 0,
    [VANE_FRAME_PONG] = 0,
    [VANE_FRAME_BYE] = PART_REASON,
};

static size_t fixed_size(unsigned layout)
{
    return (layout & PART_STREAM ? 4u : 0u) + (layout & PART_FROM ? 2u : 0u) +
           (layout & PART_PORT ? 2u : 0u) + (layout & PART_OFFSET ? 8u : 0u) +
           (layout & PART_LIMIT ? 8u : 0u) + (layout & PART_AGAIN ? 1u : 0u) +
           (layout & PART_REASON ? 2u : 0u) + (layout & PART_DATA ? 4u : 0u) +
           (layout & PART_SIGNATURE ? (size_t)VANE_TUNNEL_SIGNATURE_SIZE : 0u);
}

static uint64_t take(const uint8_t **at, size_t size, bool there)
{
    uint64_t number = there ? get(*at, size) : 0;

    *at += there ? size : 0;
    return number;
}

static void read_fixed(const uint8_t **at, unsigned layout, struct vane_tunnel_frame *frame)
{
    frame->stream = (uint32_t)take(at, 4, layout & PART_STREAM);
    frame->from = (uint16_t)take(at, 2, layout & PART_FROM);
    frame->port = (uint16_t)take(at, 2, layout & PART_PORT);
    frame->offset = take(at, 8, layout & PART_OFFSET);
    frame->limit = take(at, 8, layout & PART_LIMIT);
    frame->again = (uint8_t)take(at, 1, layout & PART_AGAIN);
    frame->reason = (uint16_t)take(at, 2, layout & PART_REASON);
    frame->length = (uint32_t)take(at, 4, layout & PART_DATA);
    if (layout & PART_SIGNATURE) {
        frame->data = *at;
        frame->length = VANE_TUNNEL_SIGNATURE_SIZE;
        *at += VANE_TUNNEL_SIGNATURE_SIZE;
    }
}

int vane_tunnel_frame_next(const uint8_t **at, size_t *left, struct vane_tunnel_frame *frame)
{
    const uint8_t *end = *at + *left;
    unsigned layout;

    *frame = (struct vane_tunnel_frame){0};
    if (*left == 0)
        return 0;
    if (**at < VANE_FRAME_FINISH || **at > VANE_FRAME_BYE)
        return -EINVAL;
    frame->kind = (enum vane_tunnel_frame_kind) * *at;
    layout = layouts[frame->kind];
    if (*left - 1 < fixed_size(layout))
        return -EINVAL;
    (*at)++;
    read_fixed(at, layout, frame);
    if (layout & PART_DATA) {
        if (frame->length > (size_t)(end - *at))
            return -EINVAL;
        frame->data = *at;
        *at += frame->length;
    }
    *left = (size_t)(end - *at);
    return 1;
}

size_t vane_tunnel_frame_put(uint8_t *to, size_t room, const struct vane_tunnel_frame *frame)
{
    unsigned layout = layouts[frame->kind];
    size_t size = 1 + fixed_size(layout) + (layout & PART_DATA ? frame->length : 0);
    uint8_t *at = to;

    if (size > room)
        return 0;
    at = put(at, frame->kind, 1);
    at = put(at, frame->stream, layout & PART_STREAM ? 4 : 0);
    at = put(at, frame->from, layout & PART_FROM ? 2 : 0);
    at = put(at, frame->port, layout & PART_PORT ? 2 : 0);
    at = put(at, frame->offset, layout & PART_OFFSET ? 8 : 0);
    at = put(at, frame->limit, layout & PART_LIMIT ? 8 : 0);
    at = put(at, frame->again, layout & PART_AGAIN ? 1 : 0);
    at = put(at, frame->reason, layout & PART_REASON ? 2 : 0);
    at = put(at, frame->length, layout & PART_DATA ? 4 : 0);
    if (layout & PART_DATA)
        at = put_bytes(at, frame->data, frame->length);
    if (layout & PART_SIGNATURE)
        at = put_bytes(at, frame->data, VANE_TUNNEL_SIGNATURE_SIZE);
    return (size_t)(at - to);
}

size_t vane_tunnel_frame_append(uint8_t *packet, size_t used, size_t most,
                                const struct vane_tunnel_frame *frame)
{
    return most > used ? vane_tunnel_frame_put(packet + used, most - used, frame) : 0;
}

/* ---- reasons ---- */

static const int errors[] = {
    [VANE_TUNNEL_GONE] = -ECONNRESET,     [VANE_TUNNEL_REFUSED] = -ECONNREFUSED,
    [VANE_TUNNEL_DENIED] = -EACCES,       [VANE_TUNNEL_BUSY] = -EBUSY,
    [VANE_TUNNEL_STOPPING] = -ECONNRESET, [VANE_TUNNEL_DROPPED] = -ECONNABORTED,
};

int vane_tunnel_error_of(uint16_t reason)
{
    return reason < G_N_ELEMENTS(errors) ? errors[reason] : -ECONNRESET;
}

uint16_t vane_tunnel_reason_of(int error)
{
    if (error == -ESHUTDOWN)
        return VANE_TUNNEL_STOPPING;
    for (size_t i = 0; i < G_N_ELEMENTS(errors); i++)
        if (errors[i] == error)
            return (uint16_t)i;
    return VANE_TUNNEL_GONE;
}
