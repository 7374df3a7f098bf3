/* What an object offers, out of its introspection data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/array.h"
#include "plugins/cluster/introspect.h"

static const char manager[] =
    "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n"
    "\"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n"
    "<node>\n"
    " <interface name=\"org.freedesktop.DBus.Properties\">\n"
    "  <method name=\"Get\"><arg name=\"interface\" direction=\"in\" type=\"s\"/>"
    "   <arg name=\"property\" direction=\"in\" type=\"s\"/>"
    "   <arg name=\"value\" direction=\"out\" type=\"v\"/></method>\n"
    " </interface>\n"
    " <interface name=\"a.Manager\">\n"
    "  <property name=\"Version\" type=\"s\" access=\"read\"><annotation name=\"x\" value=\"y\"/>"
    "  </property>\n"
    "  <method name=\"Get\"><arg type=\"a{sv}\"/><arg type=\"o\" name=\"unit\"/></method>\n"
    "  <method name=\"Reload\"/>\n"
    "  <method name=\"Both\"/>\n"
    "  <signal name=\"Gone\"><arg type=\"s\" direction=\"in\"/></signal>\n"
    " </interface>\n"
    " <interface name=\"a.Other\"><method name=\"Both\"><arg type=\"u\" direction=\"in\"/></method>"
    " </interface>\n"
    " <node name=\"child\"><interface name=\"a.Child\"><method "
    "name=\"Hidden\"/></interface></node>\n"
    "</node>\n";

static struct vane_description *description;

static int read_manager(void **state)
{
    const char *problem = NULL;

    description = vane_description_parse(manager, strlen(manager), &problem);
    return description ? 0 : -1;
}

static int forget_manager(void **state)
{
    vane_description_unref(description);
    return 0;
}

static const struct vane_member *find(enum vane_member_kind kind, const char *interface,
                                      const char *name, const struct vane_member **other)
{
    return vane_description_find(description, kind, interface, name, other);
}

static void test_members_are_found_with_their_types(void **state)
{
    const struct vane_member *member, *other;

    member = find(VANE_MEMBER_PROPERTY, NULL, "Version", &other);
    assert_string_equal(member->interface, "a.Manager");
    assert_string_equal(member->signature, "s");
    member = find(VANE_MEMBER_METHOD, "org.freedesktop.DBus.Properties", "Get", &other);
    assert_string_equal(member->signature, "ss");
    assert_string_equal(member->arguments[1], "property");
    member = find(VANE_MEMBER_METHOD, NULL, "Reload", &other);
    assert_string_equal(member->signature, "");
    assert_null(find(VANE_MEMBER_PROPERTY, NULL, "Reload", &other));
    assert_null(other);
    assert_null(find(VANE_MEMBER_METHOD, "a.Other", "Reload", &other));
    assert_null(find(VANE_MEMBER_METHOD, NULL, "Hidden", &other));
    assert_null(find(VANE_MEMBER_METHOD, NULL, "Gone", &other));
}

static void test_an_objects_own_interface_comes_before_those_of_dbus(void **state)
{
    const struct vane_member *other;
    const struct vane_member *member = find(VANE_MEMBER_METHOD, NULL, "Get", &other);

    assert_string_equal(member->interface, "a.Manager");
    assert_string_equal(member->signature, "a{sv}o");
    assert_string_equal(member->arguments[0], "");
    assert_string_equal(member->arguments[1], "unit");
    assert_null(other);
}

static void test_two_of_its_own_must_be_told_apart_by_the_caller(void **state)
{
    const struct vane_member *other;

    assert_null(find(VANE_MEMBER_METHOD, NULL, "Both", &other));
    assert_non_null(other);
    assert_string_equal(find(VANE_MEMBER_METHOD, "a.Other", "Both", &other)->signature, "u");
}

static void test_what_is_no_introspection_data_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "<node>",
        "<node></nod>",
        "{}",
        "<node><interface name='a.b'><method name='X'><arg type='a'/></method></interface></node>",
        "<node><interface name='a.b'><method name='X'><arg/></method></interface></node>",
    };

    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        const char *problem = NULL;

        if (vane_description_parse(texts[i], strlen(texts[i]), &problem))
            fail_msg("%s", texts[i]);
        assert_non_null(problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_found_with_their_types),
        cmocka_unit_test(test_an_objects_own_interface_comes_before_those_of_dbus),
        cmocka_unit_test(test_two_of_its_own_must_be_told_apart_by_the_caller),
        cmocka_unit_test(test_what_is_no_introspection_data_is_refused),
    };

    return cmocka_run_group_tests(tests, read_manager, forget_manager);
}
