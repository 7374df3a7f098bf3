/* Subjects of CBus, and the header that says exactly what they cannot. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "lib/array.h"
#include "lib/nats/names.h"
#include "lib/nats/subject.h"

#define NKEY "UBQUIKYGFC7CH5XMF52P2NN4ESI4XTXGAKT3WTG3XGU3352DMHGZQAX7"

static struct vane_bus_call call(enum vane_call_kind kind, const char *destination,
                                 const char *path, const char *interface, const char *member)
{
    return (struct vane_bus_call){kind, (char *)destination, (char *)path, (char *)member,
                                  (char *)interface};
}

/* The subjects are CBus's, and read back they are the same call. */
static void test_calls_have_the_subjects_of_cbus(void **state)
{
    static const struct {
        enum vane_call_kind kind;
        const char *destination, *path, *member, *nkey, *subject;
    } cases[] = {
        {VANE_CALL_PROPERTY, "org.freedesktop.systemd1",
         "/org/freedesktop/systemd1/unit/basic_2etarget", "ActiveState", NULL,
         "dbus.broadcast.org_freedesktop_systemd1.org.freedesktop.systemd1.unit.basic_2etarget"
         ".prop.ActiveState"},
        {VANE_CALL_METHOD, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
         "GetDefaultTarget", NKEY,
         "dbus.agent." NKEY
         ".org_freedesktop_systemd1.org.freedesktop.systemd1.method.GetDefaultTarget"},
        {VANE_CALL_METHOD, ":1.42", "/", "Ping", NKEY, "dbus.agent." NKEY "._1_42.method.Ping"},
        {VANE_CALL_METHOD, "a.b-c", "/prop/method", "prop", NULL,
         "dbus.broadcast.a_b-c.prop.method.method.prop"},
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        struct vane_bus_call from =
            call(cases[i].kind, cases[i].destination, cases[i].path, NULL, cases[i].member);
        g_autofree char *subject = vane_subject_of_call(&from, cases[i].nkey);
        struct vane_bus_call read = {0};
        char nkey[VANE_NKEY_LENGTH + 1];

        assert_string_equal(subject, cases[i].subject);
        assert_int_equal(vane_subject_parse(subject, nkey, &read), 0);
        assert_string_equal(nkey, cases[i].nkey ? cases[i].nkey : "");
        assert_int_equal(read.kind, cases[i].kind);
        assert_string_equal(read.destination, cases[i].destination);
        assert_string_equal(read.path, cases[i].path);
        assert_string_equal(read.member, cases[i].member);
        assert_null(read.interface);
        vane_bus_call_clear(&read);
    }
}

static void test_signals_have_the_subjects_of_cbus(void **state)
{
    g_autofree char *unit =
        vane_subject_of_signal(NKEY, ":1.1", "/org/freedesktop/systemd1/unit/nscd_2eservice");
    g_autofree char *root = vane_subject_of_signal(NKEY, "org.a_b", "/");

    assert_string_equal(unit,
                        "dbus.signals." NKEY "._1_1.org.freedesktop.systemd1.unit.nscd_2eservice");
    assert_string_equal(root, "dbus.signals." NKEY ".org_a_b");
    assert_null(vane_subject_of_signal(NKEY, ":1.1", "/a b"));
}

/* Two names that look alike as a subject: the header tells them apart. */
static void test_the_header_says_what_a_subject_cannot(void **state)
{
    struct vane_bus_call from =
        call(VANE_CALL_PROPERTY, "org.foo_bar.baz", "/a", "org.foo.Iface_1", "Some_Member");
    g_autofree char *subject = vane_subject_of_call(&from, NULL);
    g_autofree char *header = vane_call_header_format(&from);
    struct vane_bus_call read = {0};
    char nkey[VANE_NKEY_LENGTH + 1];

    assert_int_equal(vane_subject_parse(subject, nkey, &read), 0);
    assert_string_equal(read.destination, "org.foo.bar.baz");
    assert_int_equal(vane_call_header_parse(header, &read), 0);
    assert_string_equal(read.destination, "org.foo_bar.baz");
    assert_string_equal(read.interface, "org.foo.Iface_1");
    assert_string_equal(read.member, "Some_Member");
    assert_int_equal(read.kind, VANE_CALL_PROPERTY);

    assert_int_equal(vane_call_header_parse("{\"destination\":\"a.b\",\"path\":\"/\","
                                            "\"member\":\"X\"}",
                                            &read),
                     0);
    assert_null(read.interface);
    vane_bus_call_clear(&read);
}

static void test_other_subjects_and_headers_are_refused(void **state)
{
    static const char *const subjects[] = {
        "",
        "dbus",
        "dbus.broadcast.",
        "dbus.broadcast.a_b.method",
        "dbus.broadcast.a_b.c.signal.X",
        "dbus.broadcast.ab.method.X",      /* a bus name has a dot */
        "dbus.broadcast.a_b..method.X",    /* an empty element */
        "dbus.broadcast.a_b.c.method.X.Y", /* the kind must be next to last */
        "dbus.broadcast.a_b.c-d.method.X", /* no dash in a path */
        "dbus.broadcast.a_b.method.X-Y",
        "dbus.broadcast.a_b.method.1X",
        "dbus.broadcast.a b.method.X",
        "dbus.broadcast.:1_2.method.X",    /* a colon is written as _ */
        "dbus.broadcast.a_b.c/d.method.X", /* and a slash as a dot */
        "dbus.agent." NKEY,
        "dbus.agent." NKEY ".a_b",
        "dbus.agent.UAAA.a_b.method.X",
        "dbus.agent.UBQUIKYGFC7CH5XMF52P2NN4ESI4XTXGAKT3WTG3XGU3352DMHGZQAX8.a_b.method.X",
    };
    static const char *const headers[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"destination\":\"a.b\",\"path\":\"/\"}",
        "{\"destination\":\"a.b\",\"path\":\"/\",\"member\":\"X.Y\"}",
        "{\"destination\":\"a.b\",\"path\":\"/\",\"member\":7}",
        "{\"destination\":\"a.b\",\"path\":\"a\",\"member\":\"X\"}",
        "{\"destination\":\"a.b\",\"path\":\"/\",\"member\":\"X\",\"interface\":\"x\"}",
        "{\"destination\":\"a.b\",\"path\":\"/\",\"member\":\"X\",\"member\":\"Y\"}"};
    struct vane_bus_call read = {0};
    char nkey[VANE_NKEY_LENGTH + 1];

    for (size_t i = 0; i < ELEMENTS(subjects); i++)
        if (vane_subject_parse(subjects[i], nkey, &read) == 0)
            fail_msg("%s", subjects[i]);
    for (size_t i = 0; i < ELEMENTS(headers); i++)
        if (vane_call_header_parse(headers[i], &read) == 0)
            fail_msg("%s", headers[i]);
    assert_null(read.destination);
}

static void test_no_part_can_smuggle_a_token_in(void **state)
{
    static const char *const bad[] = {"a.*", "a.>", "a b.c", "a\r\nPUB x.y", ".a.b", "a..b", ""};

    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        struct vane_bus_call destination = call(VANE_CALL_METHOD, bad[i], "/", NULL, "X");
        struct vane_bus_call path = call(VANE_CALL_METHOD, "a.b", bad[i], NULL, "X");
        struct vane_bus_call member = call(VANE_CALL_METHOD, "a.b", "/", NULL, bad[i]);

        assert_null(vane_subject_of_call(&destination, NULL));
        assert_null(vane_subject_of_call(&path, NULL));
        assert_null(vane_subject_of_call(&member, NULL));
    }
    assert_null(vane_subject_of_call(
        &(struct vane_bus_call){VANE_CALL_METHOD, (char *)"a.b", (char *)"/", (char *)"X", NULL},
        "not a key"));
}

/* The limits are those of the specification. */
static void test_names_are_those_of_the_specification(void **state)
{
    g_autofree char *long_name = g_strnfill(254, 'a'), *name = g_strdup_printf("b.%s", long_name);

    assert_true(vane_dbus_is_bus_name(":1.5"));
    assert_true(vane_dbus_is_bus_name("org.a-b._c"));
    assert_false(vane_dbus_is_bus_name("org.1a"));
    assert_false(vane_dbus_is_bus_name("org"));
    assert_false(vane_dbus_is_bus_name(name));
    assert_true(vane_dbus_is_bus_name(name + 1) == false);
    assert_true(vane_dbus_is_path("/"));
    assert_true(vane_dbus_is_path("/a/1/_"));
    assert_false(vane_dbus_is_path("/a/"));
    assert_false(vane_dbus_is_path("a"));
    assert_false(vane_dbus_is_interface("a.b-c"));
    assert_true(vane_dbus_is_member("_a1"));
    assert_false(vane_dbus_is_member("a.b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_have_the_subjects_of_cbus),
        cmocka_unit_test(test_signals_have_the_subjects_of_cbus),
        cmocka_unit_test(test_the_header_says_what_a_subject_cannot),
        cmocka_unit_test(test_other_subjects_and_headers_are_refused),
        cmocka_unit_test(test_no_part_can_smuggle_a_token_in),
        cmocka_unit_test(test_names_are_those_of_the_specification),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
