/* The two directions of a stream. See tunnel-flow.h. */
#include "plugins/cluster/tunnel-flow.h"

#include <errno.h>
#include <string.h>

struct chunk {
    uint64_t offset;
    uint32_t length;
    bool end; /* of the stream; it has no bytes */
    uint8_t bytes[];
};

static uint64_t size_of(const struct chunk *chunk)
{
    return chunk->end ? 1 : chunk->length;
}

bool vane_tunnel_flight_allows(uint64_t session, uint64_t total)
{
    return session < VANE_TUNNEL_OWN_FLIGHT ||
           (session < VANE_TUNNEL_SESSION_FLIGHT && total < VANE_TUNNEL_TOTAL_FLIGHT);
}

/* ---- sending ---- */

void vane_tunnel_sender_clear(struct vane_tunnel_sender *sender)
{
    g_queue_clear_full(&sender->chunks, g_free);
    sender->next = NULL;
}

uint64_t vane_tunnel_sender_room(const struct vane_tunnel_sender *sender)
{
    return sender->ended || sender->limit <= sender->end ? 0 : sender->limit - sender->end;
}

static struct chunk *append(struct vane_tunnel_sender *sender, size_t length)
{
    struct chunk *chunk = g_malloc(sizeof(*chunk) + length);

    chunk->offset = sender->end;
    chunk->length = (uint32_t)length;
    chunk->end = length == 0;
    g_queue_push_tail(&sender->chunks, chunk);
    if (!sender->next)
        sender->next = sender->chunks.tail;
    sender->end += size_of(chunk);
    return chunk;
}

void vane_tunnel_sender_push(struct vane_tunnel_sender *sender, const void *bytes, size_t length)
{
    g_assert(length > 0 && length <= vane_tunnel_sender_room(sender));
    memcpy(append(sender, length)->bytes, bytes, length);
}

void vane_tunnel_sender_end(struct vane_tunnel_sender *sender)
{
    if (sender->ended)
        return;
    (void)append(sender, 0);
    sender->ended = true;
}

bool vane_tunnel_sender_next(struct vane_tunnel_sender *sender, struct vane_tunnel_frame *frame)
{
    const struct chunk *chunk;

    if (!sender->next)
        return false;
    chunk = sender->next->data;
    sender->next = sender->next->next;
    *frame = (struct vane_tunnel_frame){
        .kind = chunk->end ? VANE_FRAME_END : VANE_FRAME_DATA,
        .offset = chunk->offset,
        .data = chunk->bytes,
        .length = chunk->length,
    };
    return true;
}

void vane_tunnel_sender_rewind(struct vane_tunnel_sender *sender)
{
    sender->next = sender->chunks.head;
}

/* Where the next frame begins: all before was sent at least once. */
static uint64_t sent(const struct vane_tunnel_sender *sender)
{
    return sender->next ? ((const struct chunk *)sender->next->data)->offset : sender->end;
}

static void drop_arrived(struct vane_tunnel_sender *sender)
{
    const struct chunk *chunk;

    while ((chunk = g_queue_peek_head(&sender->chunks)) &&
           chunk->offset + size_of(chunk) <= sender->acked) {
        if (sender->next == sender->chunks.head)
            sender->next = sender->next->next;
        g_free(g_queue_pop_head(&sender->chunks));
    }
}

int64_t vane_tunnel_sender_acked(struct vane_tunnel_sender *sender,
                                 const struct vane_tunnel_frame *ack)
{
    uint64_t before = sender->acked;

    if (ack->offset > sender->end)
        return -EBADMSG;
    if (ack->limit > sender->limit)
        sender->limit = ack->limit;
    if (ack->offset < sender->acked)
        return 0; /* of before */
    sender->acked = ack->offset;
    drop_arrived(sender);
    if (ack->again && sent(sender) > sender->acked)
        vane_tunnel_sender_rewind(sender);
    return (int64_t)(sender->acked - before);
}

bool vane_tunnel_sender_done(const struct vane_tunnel_sender *sender)
{
    return sender->ended && sender->acked == sender->end;
}

/* ---- receiving ---- */

static int note_hole(struct vane_tunnel_receiver *receiver)
{
    if (!receiver->told_missing)
        receiver->missing = true;
    return 0;
}

static int take_end(struct vane_tunnel_receiver *receiver, uint64_t offset)
{
    if (receiver->ended)
        return offset + 1 == receiver->received ? 0 : -EBADMSG;
    if (offset > receiver->received)
        return note_hole(receiver);
    if (offset < receiver->received)
        return -EBADMSG;
    receiver->ended = true;
    receiver->received++;
    receiver->missing = receiver->told_missing = false;
    return 1;
}

int vane_tunnel_receiver_take(struct vane_tunnel_receiver *receiver,
                              const struct vane_tunnel_frame *frame, const uint8_t **data,
                              size_t *length)
{
    uint64_t end = frame->offset + frame->length;
    size_t known;

    *data = NULL;
    *length = 0;
    if (frame->kind == VANE_FRAME_END)
        return take_end(receiver, frame->offset);
    if (frame->length == 0 || end < frame->offset || end > receiver->limit)
        return -EBADMSG;
    if (frame->offset > receiver->received)
        return receiver->ended ? -EBADMSG : note_hole(receiver);
    if (end <= receiver->received)
        return 0;
    if (receiver->ended)
        return -EBADMSG;
    known = (size_t)(receiver->received - frame->offset);
    *data = frame->data + known;
    *length = frame->length - known;
    receiver->received = end;
    receiver->missing = receiver->told_missing = false;
    return 1;
}

void vane_tunnel_receiver_consume(struct vane_tunnel_receiver *receiver, size_t length)
{
    receiver->consumed += length;
}

bool vane_tunnel_receiver_opens(const struct vane_tunnel_receiver *receiver, uint64_t window)
{
    return !receiver->ended && receiver->consumed + window >= receiver->limit + window / 4;
}

void vane_tunnel_receiver_ack(struct vane_tunnel_receiver *receiver, uint64_t window, bool again,
                              struct vane_tunnel_frame *ack)
{
    receiver->limit = MAX(receiver->limit, receiver->consumed + window);
    *ack = (struct vane_tunnel_frame){
        .kind = VANE_FRAME_ACK,
        .offset = receiver->received,
        .limit = receiver->limit,
        .again = again || receiver->missing,
    };
    receiver->told_missing = receiver->told_missing || receiver->missing;
    receiver->missing = false;
}
