/* The pure parts of tunnels: frames, keys and signatures, and streams over a way that loses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/keys/nkey.h"
#include "plugins/cluster/tunnel-crypt.h"
#include "plugins/cluster/tunnel-flow.h"

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* ---- frames ---- */

static void test_frames_are_read_as_they_were_written(void **state)
{
    static const uint8_t bytes[64] = "some bytes";
    const struct vane_tunnel_frame frames[] = {
        {.kind = VANE_FRAME_FINISH, .data = bytes, .length = 64},
        {.kind = VANE_FRAME_OPEN, .stream = 7, .port = 4711, .limit = 1 << 20},
        {.kind = VANE_FRAME_DATA,
         .stream = 7,
         .offset = UINT64_C(1) << 40,
         .data = bytes,
         .length = 10},
        {.kind = VANE_FRAME_END, .stream = 7, .offset = 99},
        {.kind = VANE_FRAME_ACK, .stream = 8, .offset = 5, .limit = 6, .again = 1},
        {.kind = VANE_FRAME_RESET, .stream = 9, .reason = VANE_TUNNEL_DENIED},
        {.kind = VANE_FRAME_DATAGRAM, .from = 1, .port = 2, .data = bytes, .length = 4},
        {.kind = VANE_FRAME_PING},
    };
    uint8_t packet[512];
    const uint8_t *at = packet;
    size_t used = 0, left;
    struct vane_tunnel_frame got;

    for (size_t i = 0; i < ELEMENTS(frames); i++)
        used += vane_tunnel_frame_put(packet + used, sizeof(packet) - used, &frames[i]);
    left = used;
    for (size_t i = 0; i < ELEMENTS(frames); i++) {
        assert_int_equal(vane_tunnel_frame_next(&at, &left, &got), 1);
        assert_int_equal(got.kind, frames[i].kind);
        assert_int_equal(got.stream, frames[i].stream);
        assert_int_equal(got.port, frames[i].port);
        assert_int_equal(got.offset, frames[i].offset);
        assert_int_equal(got.limit, frames[i].limit);
        assert_int_equal(got.reason, frames[i].reason);
        assert_int_equal(got.length, frames[i].length);
        if (got.length > 0)
            assert_memory_equal(got.data, frames[i].data, got.length);
    }
    assert_int_equal(vane_tunnel_frame_next(&at, &left, &got), 0);
    assert_int_equal(vane_tunnel_frame_put(packet, 73, &frames[0]), 65);
    assert_int_equal(vane_tunnel_frame_put(packet, 64, &frames[0]), 0);
}

static void assert_no_frame(const void *bytes, size_t left)
{
    const uint8_t *at = bytes;
    struct vane_tunnel_frame frame;

    assert_int_equal(vane_tunnel_frame_next(&at, &left, &frame), -EINVAL);
}

static void test_what_is_cut_short_is_no_frame(void **state)
{
    static const uint8_t data[] = {
        VANE_FRAME_DATA, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 'a', 'b'};

    assert_no_frame(data, sizeof(data));
    assert_no_frame(data, 5);
    assert_no_frame("\x00", 1);
    assert_no_frame("\x0c", 1);
    assert_no_frame("\xff", 1);
}

/* ---- keys ---- */

struct machine {
    uint8_t seed[32];
    char nkey[VANE_NKEY_LENGTH + 1];
    struct vane_tunnel_ephemeral ephemeral;
    struct vane_tunnel_keys keys;
};

static void make_machine(struct machine *machine, uint8_t seed)
{
    uint8_t public_key[32], secret[64];

    memset(machine, 0, sizeof(*machine));
    memset(machine->seed, seed, sizeof(machine->seed));
    crypto_sign_seed_keypair(public_key, secret, machine->seed);
    vane_nkey_format(public_key, machine->nkey);
    vane_tunnel_ephemeral_new(&machine->ephemeral);
}

static void shake_hands(struct machine *here, struct machine *there, uint8_t hash[32])
{
    static const uint8_t life[8] = "life";
    uint8_t hello[VANE_TUNNEL_HELLO_SIZE], answer[VANE_TUNNEL_ANSWER_SIZE];
    uint8_t here_key[32], there_key[32];

    memcpy(here_key, here->ephemeral.public_key, 32);
    memcpy(there_key, there->ephemeral.public_key, 32);
    vane_tunnel_hello_put(hello, 1, life, here_key);
    vane_tunnel_answer_put(answer, 1, 2, life, there_key);
    vane_tunnel_transcript("lab", here->nkey, there->nkey, hello, answer, hash);
    assert_int_equal(vane_tunnel_keys_derive(&here->keys, true, &here->ephemeral, there_key, hash),
                     0);
    assert_int_equal(
        vane_tunnel_keys_derive(&there->keys, false, &there->ephemeral, here_key, hash), 0);
}

static int receive(struct machine *machine, const uint8_t *bytes, size_t length, uint8_t *plain)
{
    struct vane_tunnel_packet packet;

    assert_int_equal(vane_tunnel_packet_parse(bytes, length, &packet), 0);
    assert_int_equal(packet.kind, VANE_TUNNEL_SEALED);
    return vane_tunnel_open(&machine->keys.receives, &packet, bytes, plain);
}

#define SEALED(length) (VANE_TUNNEL_SEALED_HEAD + (length) + VANE_TUNNEL_TAG_SIZE)

static void test_both_have_the_same_keys_a_direction_each(void **state)
{
    struct machine here, there;
    uint8_t hash[32], packet[SEALED(5)], plain[64];

    make_machine(&here, 1);
    make_machine(&there, 2);
    shake_hands(&here, &there, hash);
    assert_memory_equal(here.keys.sends.key, there.keys.receives.key, 32);
    assert_memory_equal(there.keys.sends.key, here.keys.receives.key, 32);
    assert_memory_not_equal(here.keys.sends.key, there.keys.sends.key, 32);
    assert_true(sodium_is_zero(here.ephemeral.secret, 32));

    vane_tunnel_seal(&here.keys.sends, 2, (const uint8_t *)"hello", 5, packet);
    assert_int_equal(receive(&there, packet, sizeof(packet), plain), 5);
    assert_memory_equal(plain, "hello", 5);
    assert_int_equal(receive(&here, packet, sizeof(packet), plain), -EBADMSG);
}

static void test_what_was_changed_or_comes_again_is_refused(void **state)
{
    struct machine here, there;
    uint8_t hash[32], first[SEALED(5)], second[SEALED(5)], plain[64];

    make_machine(&here, 1);
    make_machine(&there, 2);
    shake_hands(&here, &there, hash);
    vane_tunnel_seal(&here.keys.sends, 2, (const uint8_t *)"first", 5, first);
    vane_tunnel_seal(&here.keys.sends, 2, (const uint8_t *)"other", 5, second);
    for (size_t i = 0; i < sizeof(first) * 8; i++) {
        first[i / 8] ^= (uint8_t)(1 << i % 8);
        if (first[0] == VANE_TUNNEL_SEALED)
            assert_int_equal(receive(&there, first, sizeof(first), plain), -EBADMSG);
        first[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    assert_int_equal(receive(&there, second, sizeof(second), plain), 5);
    assert_int_equal(receive(&there, second, sizeof(second), plain), -EALREADY);
    assert_int_equal(receive(&there, first, sizeof(first), plain), -EALREADY);
}

static void test_keys_are_replaced_on_both_sides_and_forgotten(void **state)
{
    struct machine here, there;
    uint8_t hash[32], packet[SEALED(1)], plain[64], before[32];

    make_machine(&here, 1);
    make_machine(&there, 2);
    shake_hands(&here, &there, hash);
    memcpy(before, here.keys.sends.key, 32);
    here.keys.sends.next = there.keys.receives.next = (UINT64_C(1) << VANE_TUNNEL_EPOCH_BITS) - 1;
    for (int i = 0; i < 3; i++) {
        vane_tunnel_seal(&here.keys.sends, 2, (const uint8_t *)"x", 1, packet);
        assert_int_equal(receive(&there, packet, sizeof(packet), plain), 1);
    }
    assert_memory_not_equal(before, here.keys.sends.key, 32);
    assert_memory_equal(here.keys.sends.key, there.keys.receives.key, 32);
    assert_int_equal(here.keys.sends.epoch, 1);

    here.keys.sends.next += UINT64_C(2) << VANE_TUNNEL_EPOCH_BITS; /* so many are never lost */
    here.keys.sends.epoch += 2;
    vane_tunnel_seal(&here.keys.sends, 2, (const uint8_t *)"x", 1, packet);
    assert_int_equal(receive(&there, packet, sizeof(packet), plain), -EBADMSG);
    assert_memory_equal(there.keys.sends.key, here.keys.receives.key, 32);
}

static void test_a_signature_is_for_one_purpose_one_key_and_one_exchange(void **state)
{
    struct machine here, there;
    uint8_t hash[32], other[32], signature[64];

    make_machine(&here, 1);
    make_machine(&there, 2);
    shake_hands(&here, &there, hash);
    memcpy(other, hash, 32);
    other[31] ^= 1;
    vane_tunnel_sign(VANE_TUNNEL_FINISH_CONTEXT, hash, 32, here.seed, signature);
    assert_int_equal(vane_tunnel_verify(VANE_TUNNEL_FINISH_CONTEXT, hash, here.nkey, signature), 0);
    assert_int_equal(vane_tunnel_verify(VANE_TUNNEL_ANSWER_CONTEXT, hash, here.nkey, signature),
                     -EBADMSG);
    assert_int_equal(vane_tunnel_verify(VANE_TUNNEL_FINISH_CONTEXT, hash, there.nkey, signature),
                     -EBADMSG);
    assert_int_equal(vane_tunnel_verify(VANE_TUNNEL_FINISH_CONTEXT, other, here.nkey, signature),
                     -EBADMSG);
    assert_int_equal(vane_tunnel_verify(VANE_TUNNEL_FINISH_CONTEXT, hash, "UNKEY", signature),
                     -EBADMSG);
}

static void test_names_and_cluster_are_part_of_the_exchange(void **state)
{
    static const uint8_t hello[VANE_TUNNEL_HELLO_SIZE], answer[VANE_TUNNEL_ANSWER_SIGNED];
    uint8_t first[32], other[32];

    vane_tunnel_transcript("lab", "UA", "UB", hello, answer, first);
    vane_tunnel_transcript("lab", "UB", "UA", hello, answer, other);
    assert_memory_not_equal(first, other, 32);
    vane_tunnel_transcript("la", "bUA", "UB", hello, answer, other);
    assert_memory_not_equal(first, other, 32);
}

/* RFC 7748, section 6.1: a key of small order gives the all-zero secret. */
static void test_a_key_of_small_order_is_refused(void **state)
{
    struct machine here;
    uint8_t hash[32] = {0}, zero[32] = {0};

    make_machine(&here, 1);
    assert_int_equal(vane_tunnel_keys_derive(&here.keys, true, &here.ephemeral, zero, hash),
                     -EBADMSG);
}

/* ---- streams ---- */

/* A way between two ends that keeps the order, as NATS does, and loses what it likes. */
struct way {
    GQueue frames; /* struct vane_tunnel_frame with bytes of their own */
    unsigned loss; /* of a hundred */
    uint32_t random;
};

static uint32_t draw(struct way *way)
{
    way->random = way->random * 1664525u + 1013904223u;
    return way->random >> 8;
}

static void carry(struct way *way, const struct vane_tunnel_frame *frame)
{
    struct vane_tunnel_frame *copy;

    if (draw(way) % 100 < way->loss)
        return;
    copy = g_malloc(sizeof(*copy) + frame->length);
    *copy = *frame;
    if (frame->length > 0)
        memcpy(copy + 1, frame->data, frame->length);
    copy->data = (const uint8_t *)(copy + 1);
    g_queue_push_tail(&way->frames, copy);
}

#define WINDOW 1000u

struct transfer {
    struct vane_tunnel_sender sender;
    struct vane_tunnel_receiver receiver;
    struct way there, back;
    GByteArray *sent, *came;
    size_t kept; /* that the reader has not taken */
};

static void take_one(struct transfer *transfer, const struct vane_tunnel_frame *frame)
{
    struct vane_tunnel_frame ack;
    const uint8_t *data;
    size_t length;

    assert_true(vane_tunnel_receiver_take(&transfer->receiver, frame, &data, &length) >= 0);
    if (length > 0)
        g_byte_array_append(transfer->came, data, (guint)length);
    transfer->kept += length;
    assert_true(transfer->kept <= WINDOW);
    vane_tunnel_receiver_ack(&transfer->receiver, WINDOW, false, &ack);
    carry(&transfer->back, &ack);
}

static void read_slowly(struct transfer *transfer)
{
    size_t wanted = draw(&transfer->back) % 300; /* MIN() would draw twice */
    size_t length = MIN(transfer->kept, wanted);

    vane_tunnel_receiver_consume(&transfer->receiver, length);
    transfer->kept -= length;
}

static void push_some(struct transfer *transfer, size_t total)
{
    uint64_t room = MIN(vane_tunnel_sender_room(&transfer->sender), total - transfer->sent->len);
    uint8_t bytes[100];
    size_t wanted = draw(&transfer->there) % sizeof(bytes);
    size_t length = MIN(room, wanted);

    randombytes_buf(bytes, length);
    if (length > 0) {
        g_byte_array_append(transfer->sent, bytes, (guint)length);
        vane_tunnel_sender_push(&transfer->sender, bytes, length);
    }
    if (transfer->sent->len == total)
        vane_tunnel_sender_end(&transfer->sender);
}

/* As a ping does: everything that is not acknowledged was lost, or comes twice. */
static void ask_again(struct transfer *transfer)
{
    struct vane_tunnel_frame ack;

    vane_tunnel_receiver_ack(&transfer->receiver, WINDOW, true, &ack);
    carry(&transfer->back, &ack);
}

static void turn(struct transfer *transfer, size_t total)
{
    struct vane_tunnel_frame frame, *came;

    push_some(transfer, total);
    while (vane_tunnel_sender_next(&transfer->sender, &frame))
        carry(&transfer->there, &frame);
    while ((came = g_queue_pop_head(&transfer->there.frames))) {
        take_one(transfer, came);
        g_free(came);
    }
    read_slowly(transfer);
    if (draw(&transfer->there) % 20 == 0)
        ask_again(transfer);
    while ((came = g_queue_pop_head(&transfer->back.frames))) {
        assert_true(vane_tunnel_sender_acked(&transfer->sender, came) >= 0);
        g_free(came);
    }
}

static unsigned transfer_all(unsigned loss, uint32_t seed, size_t total)
{
    struct transfer transfer = {.there = {.loss = loss, .random = seed},
                                .back = {.loss = loss, .random = ~seed}};
    unsigned turns = 0;

    transfer.sent = g_byte_array_new();
    transfer.came = g_byte_array_new();
    transfer.receiver.limit = transfer.sender.limit = WINDOW;
    while (!vane_tunnel_sender_done(&transfer.sender) && turns++ < 100000)
        turn(&transfer, total);
    assert_true(transfer.receiver.ended);
    assert_int_equal(transfer.came->len, total);
    assert_memory_equal(transfer.came->data, transfer.sent->data, total);
    g_byte_array_unref(transfer.sent);
    g_byte_array_unref(transfer.came);
    vane_tunnel_sender_clear(&transfer.sender);
    return turns;
}

static void test_a_stream_arrives_whole_however_much_is_lost(void **state)
{
    for (uint32_t seed = 1; seed < 20; seed++)
        for (unsigned loss = 0; loss <= 60; loss += 15)
            assert_true(transfer_all(loss, seed, 20000) < 100000);
}

static void test_an_empty_stream_has_an_end(void **state)
{
    struct transfer transfer = {0};
    struct vane_tunnel_frame frame, ack;
    const uint8_t *data;
    size_t length;

    vane_tunnel_sender_end(&transfer.sender);
    assert_true(vane_tunnel_sender_next(&transfer.sender, &frame));
    assert_int_equal(frame.kind, VANE_FRAME_END);
    assert_int_equal(vane_tunnel_receiver_take(&transfer.receiver, &frame, &data, &length), 1);
    assert_true(transfer.receiver.ended);
    vane_tunnel_receiver_ack(&transfer.receiver, 0, false, &ack);
    assert_int_equal(vane_tunnel_sender_acked(&transfer.sender, &ack), 1);
    assert_true(vane_tunnel_sender_done(&transfer.sender));
}

static void test_who_breaks_the_rules_is_found_out(void **state)
{
    struct vane_tunnel_receiver receiver = {.received = 10, .limit = 20};
    struct vane_tunnel_sender sender = {.end = 10, .limit = 10};
    static const uint8_t bytes[64];
    struct vane_tunnel_frame frame = {
        .kind = VANE_FRAME_DATA, .offset = 10, .data = bytes, .length = 11};
    const uint8_t *data;
    size_t length;

    assert_int_equal(vane_tunnel_receiver_take(&receiver, &frame, &data, &length), -EBADMSG);
    frame.offset = UINT64_MAX - 2;
    assert_int_equal(vane_tunnel_receiver_take(&receiver, &frame, &data, &length), -EBADMSG);
    frame.kind = VANE_FRAME_END;
    frame.offset = 9;
    assert_int_equal(vane_tunnel_receiver_take(&receiver, &frame, &data, &length), -EBADMSG);
    frame = (struct vane_tunnel_frame){.kind = VANE_FRAME_ACK, .offset = 11};
    assert_int_equal(vane_tunnel_sender_acked(&sender, &frame), -EBADMSG);
}

static void test_overlaps_are_taken_once(void **state)
{
    struct vane_tunnel_receiver receiver = {.limit = 100};
    struct vane_tunnel_frame frame = {
        .kind = VANE_FRAME_DATA, .data = (const uint8_t *)"abcdef", .length = 4};
    const uint8_t *data;
    size_t length;

    assert_int_equal(vane_tunnel_receiver_take(&receiver, &frame, &data, &length), 1);
    frame.length = 6;
    assert_int_equal(vane_tunnel_receiver_take(&receiver, &frame, &data, &length), 1);
    assert_int_equal(length, 2);
    assert_memory_equal(data, "ef", 2);
    assert_int_equal(vane_tunnel_receiver_take(&receiver, &frame, &data, &length), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_are_read_as_they_were_written),
        cmocka_unit_test(test_what_is_cut_short_is_no_frame),
        cmocka_unit_test(test_both_have_the_same_keys_a_direction_each),
        cmocka_unit_test(test_what_was_changed_or_comes_again_is_refused),
        cmocka_unit_test(test_keys_are_replaced_on_both_sides_and_forgotten),
        cmocka_unit_test(test_a_signature_is_for_one_purpose_one_key_and_one_exchange),
        cmocka_unit_test(test_names_and_cluster_are_part_of_the_exchange),
        cmocka_unit_test(test_a_key_of_small_order_is_refused),
        cmocka_unit_test(test_a_stream_arrives_whole_however_much_is_lost),
        cmocka_unit_test(test_an_empty_stream_has_an_end),
        cmocka_unit_test(test_who_breaks_the_rules_is_found_out),
        cmocka_unit_test(test_overlaps_are_taken_once),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
