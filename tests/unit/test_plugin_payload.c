/* Payloads: fields of any size go in, typed members and JSON come out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include <glib.h>

#include "engine/bus.h"

static const struct vane_bus *const bus = &vane_bus_table;

static struct vane_payload *make(const struct vane_field *fields, uint32_t count)
{
    const struct vane_fields list = {sizeof(*fields), count, fields};
    struct vane_payload *payload;

    assert_int_equal(vane_payload_new(&list, &payload), 0);
    return payload;
}

static int refusal(const struct vane_field *fields, uint32_t count)
{
    const struct vane_fields list = {sizeof(*fields), count, fields};
    struct vane_payload *payload;

    return vane_payload_new(&list, &payload);
}

static void assert_json(const struct vane_payload *payload, const char *expected)
{
    const char *text;
    size_t length;

    assert_int_equal(bus->payload_json(payload, &text, &length), 0);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

static void test_every_type_renders_as_json(void **state)
{
    static const char *const words[] = {"a", "b\n"};
    const struct vane_field fields[] = {
        vane_string("s", "\"x\" \xff"),
        vane_int64("i", INT64_MIN),
        vane_uint64("u", UINT64_MAX),
        vane_double("d", 0.5),
        vane_double("nan", NAN),
        vane_bool("b", 7),
        vane_strings("l", words, 2),
        vane_strings("none", NULL, 0),
        vane_json("j", "{\"k\":[1]}, and more", 9),
    };
    struct vane_payload *payload = make(fields, G_N_ELEMENTS(fields));

    assert_json(payload, "{\"s\":\"\\\"x\\\" \xef\xbf\xbd\",\"i\":-9223372036854775808,"
                         "\"u\":18446744073709551615,\"d\":0.5,\"nan\":null,\"b\":true,"
                         "\"l\":[\"a\",\"b\\n\"],\"none\":[],\"j\":{\"k\":[1]}}");
    vane_payload_unref(payload);
}

static void test_members_are_copies(void **state)
{
    char text[] = "before";
    const char *words[] = {text};
    const struct vane_field fields[] = {vane_string("s", text), vane_strings("l", words, 1)};
    struct vane_payload *payload = make(fields, 2);

    memcpy(text, "behind", 6);
    words[0] = NULL;
    assert_json(payload, "{\"s\":\"before\",\"l\":[\"before\"]}");
    vane_payload_unref(payload);
}

static void test_members_are_read_by_name_and_type(void **state)
{
    static const char *const words[] = {"a", "b"};
    const struct vane_field fields[] = {
        vane_string("s", "text"), vane_int64("i", -5), vane_uint64("u", UINT64_MAX),
        vane_double("d", 1.5),    vane_bool("b", 1),   vane_strings("l", words, 2)};
    struct vane_payload *payload = make(fields, G_N_ELEMENTS(fields));
    const char *const *list;
    const char *string;
    uint32_t boolean, count;
    uint64_t uint64;
    int64_t int64;
    double real;

    assert_int_equal(bus->get_string(payload, "s", &string), 0);
    assert_string_equal(string, "text");
    assert_int_equal(bus->get_string(payload, "i", &string), -EINVAL);
    assert_int_equal(bus->get_string(payload, "x", &string), -ENOENT);
    assert_int_equal(bus->get_int64(payload, "i", &int64), 0);
    assert_int_equal(int64, -5);
    assert_int_equal(bus->get_int64(payload, "u", &int64), -ERANGE);
    assert_int_equal(bus->get_int64(payload, "d", &int64), -EINVAL);
    assert_int_equal(bus->get_uint64(payload, "i", &uint64), -ERANGE);
    assert_int_equal(bus->get_uint64(payload, "u", &uint64), 0);
    assert_true(uint64 == UINT64_MAX);
    assert_int_equal(bus->get_double(payload, "d", &real), 0);
    assert_true(real == 1.5);
    assert_int_equal(bus->get_double(payload, "i", &real), 0);
    assert_true(real == -5.0);
    assert_int_equal(bus->get_bool(payload, "b", &boolean), 0);
    assert_int_equal(boolean, 1);
    assert_int_equal(bus->get_bool(payload, "i", &boolean), -EINVAL);
    assert_int_equal(bus->get_strings(payload, "l", &list, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(list[1], "b");
    vane_payload_unref(payload);
}

static void test_members_are_read_by_number(void **state)
{
    const struct vane_field fields[] = {vane_string("s", "text"), vane_int64("i", -5)};
    struct vane_payload *payload = make(fields, 2);
    struct vane_field field;

    assert_int_equal(bus->member(payload, 1, &field, sizeof(field)), 0);
    assert_string_equal(field.name, "i");
    assert_int_equal(field.value.int64, -5);
    assert_int_equal(bus->member(payload, 2, &field, sizeof(field)), -ENOENT);
    vane_payload_unref(payload);
}

static void test_wrong_fields_are_refused(void **state)
{
    const char *const hole[] = {"a", NULL};
    const struct vane_field twice[] = {vane_int64("a", 1), vane_int64("a", 2)};
    const struct vane_field wrong[] = {
        vane_string("", "x"),          vane_string(NULL, "x"),
        vane_string("Upper", "x"),     vane_string("with space", "x"),
        vane_string("null", NULL),     vane_strings("hole", hole, 2),
        vane_strings("null", NULL, 2), vane_json("json", "{", 1),
        vane_json("json", NULL, 0),    vane_json("json", "{\"a\":1,\"a\":2}", 13),
        {.name = "type", .type = 99},  {.name = "type", .type = 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_int_equal(refusal(&wrong[i], 1), -EINVAL);
    assert_int_equal(refusal(twice, 2), -EINVAL);
    assert_int_equal(refusal(NULL, 1), -EINVAL);
}

static void test_too_large_payloads_are_refused(void **state)
{
    g_autofree char *large = g_strnfill(VANE_PAYLOAD_MAX, 'x');
    struct vane_field field = vane_string("s", large);

    assert_int_equal(refusal(&field, 1), -EMSGSIZE);
    field = vane_json("j", large, UINT32_MAX);
    assert_int_equal(refusal(&field, 1), -EMSGSIZE);
}

static void test_no_fields_are_an_empty_object(void **state)
{
    struct vane_payload *payload;

    assert_int_equal(vane_payload_new(NULL, &payload), 0);
    assert_json(payload, "{}");
    vane_payload_unref(payload);
}

/* A plugin that was built when fields were longer, or before they grew. */
static void test_fields_of_another_size_are_taken(void **state)
{
    struct {
        struct vane_field field;
        uint64_t unknown;
    } longer[2] = {{vane_string("a", "x"), 99}, {vane_int64("b", 2), 99}};
    const struct vane_fields list = {sizeof(longer[0]), 2, &longer[0].field};
    char room[sizeof(struct vane_field) + 8];
    struct vane_field *read = (struct vane_field *)(void *)room;
    struct vane_payload *payload;

    assert_int_equal(vane_payload_new(&list, &payload), 0);
    assert_json(payload, "{\"a\":\"x\",\"b\":2}");

    memset(room, 0x55, sizeof(room));
    assert_int_equal(bus->member(payload, 0, read, sizeof(room)), 0);
    assert_string_equal(read->value.string, "x");
    assert_int_equal(room[sizeof(room) - 1], 0);

    memset(room, 0x55, sizeof(room));
    assert_int_equal(bus->member(payload, 0, read, offsetof(struct vane_field, value)), 0);
    assert_string_equal(read->name, "a");
    assert_int_equal(room[offsetof(struct vane_field, value)], 0x55);
    vane_payload_unref(payload);
}

/* A plugin of 1.0 after fields have grown: what it does not have counts as zero. */
static void test_shorter_fields_are_taken_wherever_fields_go(void **state)
{
    const struct vane_field field = vane_string("interface_name", "eth0");
    const struct vane_fields list = {offsetof(struct vane_field, value), 1, &field};
    const struct vane_field taken = vane_fields_at(&list, 0);

    assert_string_equal(taken.name, "interface_name");
    assert_null(taken.value.string);
}

static void test_a_payload_lives_as_long_as_its_references(void **state)
{
    struct vane_field field = vane_int64("a", 1);
    struct vane_payload *payload = make(&field, 1);

    bus->payload_ref(payload);
    bus->payload_unref(payload);
    assert_json(payload, "{\"a\":1}");
    bus->payload_unref(payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_renders_as_json),
        cmocka_unit_test(test_members_are_copies),
        cmocka_unit_test(test_members_are_read_by_name_and_type),
        cmocka_unit_test(test_members_are_read_by_number),
        cmocka_unit_test(test_wrong_fields_are_refused),
        cmocka_unit_test(test_too_large_payloads_are_refused),
        cmocka_unit_test(test_no_fields_are_an_empty_object),
        cmocka_unit_test(test_fields_of_another_size_are_taken),
        cmocka_unit_test(test_shorter_fields_are_taken_wherever_fields_go),
        cmocka_unit_test(test_a_payload_lives_as_long_as_its_references),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
