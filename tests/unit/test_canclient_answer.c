/* Answers as bytes, of both forms: complete, cut off, and none at all. */
#include "tests/unit/canclient_fixture.h"

#include "client/answer.h"

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__})

static void test_an_answer_is_complete_with_its_last_byte(void **state)
{
    const uint8_t bytes[] = {0x09, 0, 17, 0, 1,   0,   0,   0,          /* HELLO, id 1 */
                             0x41, 0, 5,  0, '1', '.', '0', '.', '0',   /* VERSION */
                             0x42, 0, 4,  0, 0,   0,   0,   0,   0x06}; /* SUPPORTED 0 */
    struct vane_canlib_answer answer;

    for (size_t length = 0; length < 25; length++)
        assert_int_equal(vane_canlib_answer_parse(bytes, length, &answer), 0);
    assert_int_equal(vane_canlib_answer_parse(bytes, sizeof(bytes), &answer), 25);
    assert_int_equal(answer.operation, VANE_WIRE_HELLO);
    assert_false(answer.more);
    assert_int_equal(answer.id, 1);
    assert_string_equal(answer.version, "1.0.0");
    assert_int_equal(answer.supported, 0);
}

static void test_what_is_longer_than_an_answer_or_does_not_fill_it_is_none(void **state)
{
    struct vane_canlib_answer answer;

    assert_int_equal(vane_canlib_answer_parse(BYTES(7, 0, 0x01, 0x10, 0, 0, 0, 0), 8, &answer),
                     -EPROTO);
    assert_int_equal(vane_canlib_answer_parse(BYTES(7, 0, 3, 0, 0, 0, 0, 0, 64, 0, 0), 11, &answer),
                     -EPROTO);
    assert_int_equal(/* a number of two bytes */
                     vane_canlib_answer_parse(BYTES(6, 0, 6, 0, 0, 0, 0, 0, 32, 0, 2, 0, 1, 0), 14,
                                              &answer),
                     -EPROTO);
    assert_int_equal(/* a name of none */
                     vane_canlib_answer_parse(BYTES(6, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0), 12,
                                              &answer),
                     -EPROTO);
}

static void test_a_long_message_is_cut_between_characters(void **state)
{
    struct vane_canlib_answer answer;
    uint8_t bytes[2048];
    char message[901];
    size_t size;

    for (size_t i = 0; i < 900; i += 2)
        memcpy(message + i, "\xc3\xa4", 2);
    message[900] = '\0';
    size = build_answer(bytes, sizeof(bytes), VANE_WIRE_UP, VANE_WIRE_KERNEL, 1, message);
    assert_int_equal(vane_canlib_answer_parse(bytes, size, &answer), size);
    assert_int_equal(strlen(answer.message), 510);
    assert_memory_equal(answer.message, message, 510);
}

static void test_a_classic_answer_is_read_with_what_it_has(void **state)
{
    struct vane_canlib_answer answer;

    assert_int_equal(vane_canlib_classic_answer_parse(BYTES(1, 0, 0, 0), 3, &answer), 0);
    assert_int_equal(vane_canlib_classic_answer_parse(BYTES(1, 0, 0, 0), 4, &answer), 4);
    assert_int_equal(answer.code, VANE_WIRE_OK);
    assert_int_equal(vane_canlib_classic_answer_parse(BYTES(0, 0, 2, 0, 'n', 'o'), 6, &answer), 6);
    assert_int_equal(answer.code, VANE_WIRE_KERNEL); /* refused without a code */
    assert_string_equal(answer.message, "no");
    assert_int_equal(vane_canlib_classic_answer_parse(BYTES(2, 0, 0, 0), 1, &answer), -EPROTO);
    assert_int_equal(
        vane_canlib_classic_answer_parse(BYTES(0, 9, 3, 0, 'a', 0xff, '\n'), 7, &answer), 7);
    assert_string_equal(answer.message, "a??");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_is_complete_with_its_last_byte),
        cmocka_unit_test(test_what_is_longer_than_an_answer_or_does_not_fill_it_is_none),
        cmocka_unit_test(test_a_long_message_is_cut_between_characters),
        cmocka_unit_test(test_a_classic_answer_is_read_with_what_it_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
