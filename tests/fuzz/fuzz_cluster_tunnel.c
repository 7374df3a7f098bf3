/* What another machine sends over a tunnel: packets, the frames in a sealed one, and what streams
 * make of them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/cluster/tunnel-flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written as the same bytes again. */
static void write_again(const struct vane_tunnel_frame *frame, const uint8_t *from, size_t size)
{
    uint8_t *bytes = malloc(size);

    if (vane_tunnel_frame_put(bytes, size, frame) != size || memcmp(bytes, from, size) != 0 ||
        vane_tunnel_frame_put(bytes, size - 1, frame) != 0)
        abort();
    free(bytes);
}

static void receive(struct vane_tunnel_receiver *receiver, const struct vane_tunnel_frame *frame)
{
    struct vane_tunnel_frame ack;
    uint64_t before = receiver->received;
    const uint8_t *data;
    size_t length;
    int r = vane_tunnel_receiver_take(receiver, frame, &data, &length);

    if (receiver->received < before || (r <= 0 && length > 0) ||
        (r == 1 && receiver->received - before != length + (frame->kind == VANE_FRAME_END)))
        abort();
    vane_tunnel_receiver_consume(receiver, length);
    vane_tunnel_receiver_ack(receiver, 4096, frame->again, &ack);
    if (ack.offset != receiver->received || ack.limit < receiver->consumed)
        abort();
}

static void acknowledge(struct vane_tunnel_sender *sender, const struct vane_tunnel_frame *frame)
{
    struct vane_tunnel_frame next;

    if (vane_tunnel_sender_room(sender) >= 8)
        vane_tunnel_sender_push(sender, "12345678", 8);
    (void)vane_tunnel_sender_acked(sender, frame);
    if (sender->acked > sender->end)
        abort();
    while (vane_tunnel_sender_next(sender, &next))
        if (next.offset + next.length > sender->end)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_tunnel_receiver receiver = {.limit = 4096};
    struct vane_tunnel_sender sender = {.limit = 4096};
    struct vane_tunnel_packet packet;
    struct vane_tunnel_frame frame;
    const uint8_t *at = data, *before = data;
    size_t left = size;

    (void)vane_tunnel_packet_parse(data, size, &packet);
    while (vane_tunnel_frame_next(&at, &left, &frame) == 1) {
        write_again(&frame, before, (size_t)(at - before));
        before = at;
        if (frame.kind == VANE_FRAME_DATA || frame.kind == VANE_FRAME_END)
            receive(&receiver, &frame);
        else if (frame.kind == VANE_FRAME_ACK)
            acknowledge(&sender, &frame);
        if (vane_tunnel_reason_of(vane_tunnel_error_of(frame.reason)) > VANE_TUNNEL_DROPPED)
            abort();
    }
    vane_tunnel_sender_clear(&sender);
    return 0;
}
