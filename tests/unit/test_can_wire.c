/* The bytes of both forms, as docs/vcan-protocol.md has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/can/wire.h"

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__})

/* ---- names ---- */

static const char *complaint(const char *name)
{
    return vane_wire_name_complaint(name, strlen(name));
}

static void test_names_are_those_that_the_kernel_takes(void **state)
{
    assert_null(complaint("vcan0"));
    assert_null(complaint("a"));
    assert_null(complaint("fifteen-bytes-x"));
    assert_null(complaint("..."));
    assert_null(complaint("b\xc3\xbcs0"));
    assert_string_equal(complaint(""), "is empty");
    assert_string_equal(complaint("sixteen-bytes-xx"), "is longer than 15 bytes");
    assert_non_null(complaint("."));
    assert_non_null(complaint(".."));
    assert_non_null(complaint("a/b"));
    assert_non_null(complaint("a:1"));
    assert_non_null(complaint("vcan%d"));
    assert_non_null(complaint("a b"));
    assert_non_null(complaint("a\n"));
    assert_non_null(complaint("a\x7f"));
    assert_non_null(complaint("\xc3\xa0")); /* its A0 is white space to the kernel */
    assert_string_equal(complaint("\xff\xfe"), "is not UTF-8");
    assert_non_null(vane_wire_name_complaint("vc\0n", 4));
}

/* ---- the classic form ---- */

static void test_a_classic_request_is_complete_with_its_last_byte(void **state)
{
    const uint8_t *bytes = BYTES(0x01, 0x05, 'v', 'c', 'a', 'n', '0', 0x02);
    struct vane_wire_classic_request request;

    for (size_t length = 0; length < 7; length++)
        assert_int_equal(vane_wire_classic_parse(bytes, length, &request), 0);
    assert_int_equal(vane_wire_classic_parse(bytes, 8, &request), 7);
    assert_int_equal(request.operation, VANE_WIRE_CREATE);
    assert_int_equal(request.name_length, 5);
    assert_memory_equal(request.name, "vcan0", 5);
}

static void test_a_classic_request_may_have_no_name(void **state)
{
    struct vane_wire_classic_request request;

    assert_int_equal(vane_wire_classic_parse(BYTES(0xff, 0x00), 2, &request), 2);
    assert_int_equal(request.operation, 0xff);
    assert_int_equal(request.name_length, 0);
}

static void test_classic_requests_are_written_as_they_are_read(void **state)
{
    uint8_t out[VANE_WIRE_CLASSIC_REQUEST_MAX];

    assert_int_equal(vane_wire_classic_put(out, sizeof(out), VANE_WIRE_UP, "vcan0"), 7);
    assert_memory_equal(out, BYTES(0x02, 0x05, 'v', 'c', 'a', 'n', '0'), 7);
    assert_int_equal(vane_wire_classic_put(out, 6, VANE_WIRE_UP, "vcan0"), 0);
}

static void test_a_success_has_code_0_and_no_message(void **state)
{
    uint8_t out[8];

    assert_int_equal(vane_wire_classic_answer_put(out, sizeof(out), VANE_WIRE_OK, NULL, false), 4);
    assert_memory_equal(out, BYTES(0x01, 0x00, 0x00, 0x00), 4);
}

static void test_the_length_of_a_message_is_in_the_order_that_was_asked_for(void **state)
{
    struct vane_wire_classic_answer answer;
    char message[301];
    uint8_t out[400];

    memset(message, 'm', 300);
    message[300] = '\0';
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        size_t length =
            vane_wire_classic_answer_put(out, sizeof(out), VANE_WIRE_KERNEL, message, big_endian);

        assert_int_equal(length, 304);
        assert_memory_equal(out, big_endian ? BYTES(0, 6, 0x01, 0x2c) : BYTES(0, 6, 0x2c, 0x01), 4);
        assert_int_equal(vane_wire_classic_answer_parse(out, 303, big_endian, &answer), 0);
        assert_int_equal(vane_wire_classic_answer_parse(out, 304, big_endian, &answer), 304);
        assert_false(answer.success);
        assert_int_equal(answer.code, VANE_WIRE_KERNEL);
        assert_int_equal(answer.message_length, 300);
        assert_memory_equal(answer.message, message, 300);
    }
    assert_int_equal(vane_wire_classic_answer_put(out, 303, VANE_WIRE_KERNEL, message, false), 0);
}

/* ---- the second form ---- */

/* The request of the document's example. */
static const uint8_t example[] = {0x01, 0x00, 0x19, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x05,
                                  0x00, 0x76, 0x63, 0x61, 0x6e, 0x37, 0x04, 0x00, 0x04, 0x00, 0x3c,
                                  0x00, 0x00, 0x00, 0x05, 0x00, 0x04, 0x00, 0x01, 0x00, 0x00, 0x00};

static void test_the_example_of_the_document_is_understood(void **state)
{
    struct vane_wire_request request;

    for (size_t length = 0; length < sizeof(example); length++)
        assert_int_equal(vane_wire_parse(example, length, &request), 0);
    assert_int_equal(vane_wire_parse(example, sizeof(example), &request), sizeof(example));
    assert_int_equal(request.code, VANE_WIRE_OK);
    assert_int_equal(request.operation, VANE_WIRE_CREATE);
    assert_int_equal(request.id, 2);
    assert_string_equal(request.name, "vcan7");
    assert_int_equal(request.numbers[VANE_WIRE_LEASE], 60);
    assert_int_equal(request.numbers[VANE_WIRE_SET_UP], 1);
    assert_int_equal(request.present,
                     1u << VANE_WIRE_NAME | 1u << VANE_WIRE_LEASE | 1u << VANE_WIRE_SET_UP);
}

static void test_the_writer_writes_the_example(void **state)
{
    const struct vane_wire_head head = {.operation = VANE_WIRE_CREATE, .id = 2};
    struct vane_wire_writer writer;
    uint8_t out[64];

    vane_wire_begin(&writer, out, sizeof(out), &head);
    vane_wire_put_text(&writer, VANE_WIRE_NAME, "vcan7");
    vane_wire_put_u32(&writer, VANE_WIRE_LEASE, 60);
    vane_wire_put_u32(&writer, VANE_WIRE_SET_UP, 1);
    assert_int_equal(vane_wire_end(&writer), sizeof(example));
    assert_memory_equal(out, example, sizeof(example));
    vane_wire_begin(&writer, out, sizeof(example) - 1, &head);
    vane_wire_put_text(&writer, VANE_WIRE_NAME, "vcan7");
    vane_wire_put_u32(&writer, VANE_WIRE_LEASE, 60);
    vane_wire_put_u32(&writer, VANE_WIRE_SET_UP, 1);
    assert_int_equal(vane_wire_end(&writer), 0);
}

struct refusal {
    uint8_t length;
    uint8_t bytes[24];
    uint8_t code;
    uint16_t detail;
};

static void test_a_malformed_request_is_refused_and_taken_whole(void **state)
{
    static const struct refusal cases[] = {
        {8, {0}, VANE_WIRE_BAD_OPERATION, 0},
        {8, {10}, VANE_WIRE_BAD_OPERATION, 0},
        {8, {VANE_WIRE_LIST, 1}, VANE_WIRE_BAD_REQUEST, 0},
        {8, {VANE_WIRE_UP}, VANE_WIRE_BAD_REQUEST, 0}, /* no name */
        {11, {VANE_WIRE_UP, 0, 3, 0, 0, 0, 0, 0, 1, 0, 1}, VANE_WIRE_BAD_REQUEST, 0},
        {13, {VANE_WIRE_UP, 0, 5, 0, 0, 0, 0, 0, 1, 0, 2, 0, 'a'}, VANE_WIRE_BAD_REQUEST, 0},
        {12, {VANE_WIRE_UP, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0}, VANE_WIRE_BAD_NAME, 1},
        {13, {VANE_WIRE_LIST, 0, 5, 0, 0, 0, 0, 0, 1, 0, 1, 0, 'a'}, VANE_WIRE_BAD_REQUEST, 1},
        {12,
         {VANE_WIRE_LIST, 0, 4, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0},
         VANE_WIRE_BAD_REQUEST,
         0xffff},
        {18,
         {VANE_WIRE_UP, 0, 10, 0, 0, 0, 0, 0, 1, 0, 1, 0, 'a', 1, 0, 1, 0, 'a'},
         VANE_WIRE_BAD_REQUEST,
         1}, /* twice */
        {19,
         {VANE_WIRE_CREATE, 0, 11, 0, 0, 0, 0, 0, 1, 0, 1, 0, 'a', 4, 0, 2, 0, 1, 0},
         VANE_WIRE_BAD_REQUEST,
         4}, /* a number of two bytes */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vane_wire_request request;

        assert_int_equal(vane_wire_parse(cases[i].bytes, sizeof(cases[i].bytes), &request),
                         cases[i].length);
        assert_int_equal(request.code, cases[i].code);
        assert_int_equal(request.detail, cases[i].detail);
        assert_non_null(request.complaint);
    }
}

static void test_a_request_that_is_too_long_is_known_by_its_head(void **state)
{
    struct vane_wire_request request;

    assert_int_equal(vane_wire_parse(BYTES(7, 0, 0x01, 0x04, 9, 0, 0, 0), 8, &request), -1);
    assert_int_equal(request.code, VANE_WIRE_BAD_REQUEST);
    assert_int_equal(request.id, 9);
    assert_int_equal(vane_wire_parse(BYTES(7, 0, 0x00, 0x04, 9, 0, 0, 0), 8, &request), 0);
}

static void test_attributes_of_an_answer_are_read_one_by_one(void **state)
{
    struct vane_wire_attribute attribute;
    struct vane_wire_reader reader = {example + VANE_WIRE_HEAD, sizeof(example) - VANE_WIRE_HEAD};
    uint32_t value;

    assert_int_equal(vane_wire_next(&reader, &attribute), 1);
    assert_int_equal(attribute.type, VANE_WIRE_NAME);
    assert_false(vane_wire_u32(&attribute, &value));
    assert_int_equal(vane_wire_next(&reader, &attribute), 1);
    assert_true(vane_wire_u32(&attribute, &value));
    assert_int_equal(value, 60);
    assert_int_equal(vane_wire_next(&reader, &attribute), 1);
    assert_int_equal(vane_wire_next(&reader, &attribute), 0);
    reader = (struct vane_wire_reader){example + VANE_WIRE_HEAD, 3};
    assert_int_equal(vane_wire_next(&reader, &attribute), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_those_that_the_kernel_takes),
        cmocka_unit_test(test_a_classic_request_is_complete_with_its_last_byte),
        cmocka_unit_test(test_a_classic_request_may_have_no_name),
        cmocka_unit_test(test_classic_requests_are_written_as_they_are_read),
        cmocka_unit_test(test_a_success_has_code_0_and_no_message),
        cmocka_unit_test(test_the_length_of_a_message_is_in_the_order_that_was_asked_for),
        cmocka_unit_test(test_the_example_of_the_document_is_understood),
        cmocka_unit_test(test_the_writer_writes_the_example),
        cmocka_unit_test(test_a_malformed_request_is_refused_and_taken_whole),
        cmocka_unit_test(test_a_request_that_is_too_long_is_known_by_its_head),
        cmocka_unit_test(test_attributes_of_an_answer_are_read_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
