/* Signed messages, and that one is taken once. The signature is from OpenSSL (node's crypto). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "lib/array.h"
#include "lib/keys/replay.h"
#include "lib/keys/signed.h"

/* Of the seed 00 01 ... 1f. */
#define KEY "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK"
#define SIGNATURE                                                                                  \
    "df1eb63d33bd23cb790fc53dd887c10148c6b8e7d743cb33feb92d85f2d6f501"                             \
    "f05c52e8cb5c3d1bccccb4cd13bdc8242bbc82ca85bd10cb46b82afb06fa840c"

static struct vane_signed_parts message(void)
{
    static const char body[] = "[1,\"\xc3\xa9\"]";

    return (struct vane_signed_parts){
        .subject = "dbus.broadcast.a_b.method.C",
        .inbox = "_INBOX.x.1",
        .time = "1700000000000",
        .nonce = "00112233445566778899aabbccddeeff",
        .headers = {"{\"destination\":\"a.b\"}"},
        .body = body,
        .body_length = strlen(body),
    };
}

static void count_up(uint8_t bytes[32])
{
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = i;
}

static int verify(const struct vane_signed_parts *parts)
{
    return vane_signed_verify(VANE_SIGNED_REQUEST, parts, KEY, SIGNATURE);
}

static void test_a_signature_is_what_the_document_says(void **state)
{
    struct vane_signed_parts parts = message();
    char signature[VANE_SIGNATURE_TEXT_LENGTH + 1];
    uint8_t seed[32];

    count_up(seed);
    vane_signed_sign(VANE_SIGNED_REQUEST, &parts, seed, signature);
    assert_string_equal(signature, SIGNATURE);
    assert_int_equal(verify(&parts), 0);
}

static void test_nothing_can_be_changed(void **state)
{
    struct vane_signed_parts parts = message();
    const char **const texts[] = {&parts.subject, &parts.inbox, &parts.headers[0],
                                  &parts.headers[1], &parts.headers[3]};

    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        parts = message();
        *texts[i] = "other";
        assert_int_equal(verify(&parts), -EBADMSG);
    }
    parts = message();
    parts.time = "1700000000001";
    assert_int_equal(verify(&parts), -EBADMSG);
    parts = message();
    parts.nonce = "00112233445566778899AABBCCDDEEFF";
    assert_int_equal(verify(&parts), -EBADMSG);
    parts = message();
    parts.body_length--;
    assert_int_equal(verify(&parts), -EBADMSG);
}

/* With our own signature: were the parts joined without their lengths, it would hold. */
static void test_what_moves_from_one_part_to_the_next_is_noticed(void **state)
{
    struct vane_signed_parts parts = message();
    char signature[VANE_SIGNATURE_TEXT_LENGTH + 1];
    uint8_t seed[32];

    count_up(seed);
    vane_signed_sign(VANE_SIGNED_REQUEST, &parts, seed, signature);
    assert_int_equal(vane_signed_verify(VANE_SIGNED_REQUEST, &parts, KEY, signature), 0);
    parts.subject = "dbus.broadcast.a_b.method.C_";
    parts.inbox = "INBOX.x.1";
    assert_int_equal(vane_signed_verify(VANE_SIGNED_REQUEST, &parts, KEY, signature), -EBADMSG);
}

static void test_a_signature_is_for_one_purpose(void **state)
{
    struct vane_signed_parts parts = message();

    assert_int_equal(vane_signed_verify(VANE_SIGNED_REPLY, &parts, KEY, SIGNATURE), -EBADMSG);
    assert_int_equal(vane_signed_verify(VANE_SIGNED_PRESENCE, &parts, KEY, SIGNATURE), -EBADMSG);
}

static void test_malformed_headers_are_told_from_forged_ones(void **state)
{
    struct vane_signed_parts parts = message();

    assert_int_equal(vane_signed_verify(VANE_SIGNED_REQUEST, &parts, "UAAA", SIGNATURE), -EINVAL);
    assert_int_equal(vane_signed_verify(VANE_SIGNED_REQUEST, &parts, KEY, "df1e"), -EINVAL);
    assert_int_equal(vane_signed_verify(VANE_SIGNED_REQUEST, &parts, KEY, NULL), -EINVAL);
    assert_int_equal(vane_signed_verify(VANE_SIGNED_REQUEST, &parts,
                                        "UBQUIKYGFC7CH5XMF52P2NN4ESI4XTXGAKT3WTG3XGU3352DMHGZQAX7",
                                        SIGNATURE),
                     -EBADMSG);
    parts.time = "17e11";
    assert_int_equal(verify(&parts), -EINVAL);
    parts = message();
    parts.nonce = "";
    assert_int_equal(verify(&parts), -EINVAL);
}

static void test_a_message_is_taken_once_and_in_time(void **state)
{
    struct vane_replay *replay = vane_replay_new(30000, 0, 8, 8);

    assert_int_equal(vane_replay_admit(replay, "k", "n1", 1000000, 1000000), 0);
    assert_int_equal(vane_replay_admit(replay, "k", "n1", 1000000, 1000001), -EALREADY);
    assert_int_equal(vane_replay_admit(replay, "k", "n1", 1000000, 1030000), -EALREADY);
    assert_int_equal(vane_replay_admit(replay, "k", "n1", 1000000, 1030001), -ETIME);
    assert_int_equal(vane_replay_admit(replay, "other", "n1", 1000000, 1000000), 0);
    assert_int_equal(vane_replay_admit(replay, "k", "n2", 969999, 1000000), -ETIME);
    assert_int_equal(vane_replay_admit(replay, "k", "n2", 1030001, 1000000), -ETIME);
    assert_int_equal(vane_replay_admit(replay, "k", "n2", 1030000, 1000000), 0);
    vane_replay_free(replay);
}

static void test_what_may_have_been_seen_before_the_beginning_is_refused(void **state)
{
    struct vane_replay *replay = vane_replay_new(30000, 1000000, 8, 8);

    assert_int_equal(vane_replay_admit(replay, "k", "n1", 999999, 1000001), -ESTALE);
    assert_int_equal(vane_replay_admit(replay, "k", "n1", 1000000, 1000001), -ESTALE);
    assert_int_equal(vane_replay_admit(replay, "k", "n1", 1000001, 1000001), 0);
    vane_replay_free(replay);
}

/* A machine may start with a clock that is hours ahead, which is then set. */
static void test_a_clock_that_is_set_back_refuses_nobody_for_long(void **state)
{
    struct vane_replay *replay = vane_replay_new(30000, 9000000, 8, 8);

    assert_int_equal(vane_replay_admit(replay, "k", "n1", 1000000, 1000001), -ESTALE);
    assert_int_equal(vane_replay_admit(replay, "k", "n2", 1000002, 1000002), 0);
    vane_replay_free(replay);
}

static void fill(struct vane_replay *replay, const char *key, int64_t signed_ms, int64_t now_ms)
{
    char nonce[16];

    for (unsigned i = 0; i < 100; i++) {
        g_snprintf(nonce, sizeof(nonce), "%u", i);
        assert_int_equal(vane_replay_admit(replay, key, nonce, signed_ms, now_ms), 0);
    }
}

static void test_a_flood_is_refused_rather_than_forgotten(void **state)
{
    struct vane_replay *replay = vane_replay_new(1000, 0, 300, 100);
    static const char *const keys[] = {"k", "l", "m"};

    for (size_t i = 0; i < ELEMENTS(keys); i++)
        fill(replay, keys[i], 5000, 5000);
    assert_int_equal(vane_replay_admit(replay, "other", "new", 5000, 5000), -ENOBUFS);
    assert_int_equal(vane_replay_admit(replay, "k", "0", 5000, 5000), -EALREADY);
    assert_int_equal(vane_replay_admit(replay, "other", "new", 6001, 6001), 0);
    vane_replay_free(replay);
}

static void test_a_key_that_floods_takes_no_room_from_others(void **state)
{
    struct vane_replay *replay = vane_replay_new(1000, 0, 300, 100);

    fill(replay, "k", 6000, 5000); /* dated ahead, to last longer */
    assert_int_equal(vane_replay_admit(replay, "k", "new", 5000, 5000), -ENOBUFS);
    assert_int_equal(vane_replay_admit(replay, "other", "new", 5000, 5000), 0);
    assert_int_equal(vane_replay_admit(replay, "k", "new", 7000, 7000), -ENOBUFS);
    fill(replay, "k", 7001, 7001);
    assert_int_equal(vane_replay_admit(replay, "k", "new", 7001, 7001), -ENOBUFS);
    vane_replay_free(replay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signature_is_what_the_document_says),
        cmocka_unit_test(test_nothing_can_be_changed),
        cmocka_unit_test(test_what_moves_from_one_part_to_the_next_is_noticed),
        cmocka_unit_test(test_a_signature_is_for_one_purpose),
        cmocka_unit_test(test_malformed_headers_are_told_from_forged_ones),
        cmocka_unit_test(test_a_message_is_taken_once_and_in_time),
        cmocka_unit_test(test_what_may_have_been_seen_before_the_beginning_is_refused),
        cmocka_unit_test(test_a_clock_that_is_set_back_refuses_nobody_for_long),
        cmocka_unit_test(test_a_flood_is_refused_rather_than_forgotten),
        cmocka_unit_test(test_a_key_that_floods_takes_no_room_from_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
