/* The order in which plugins are initialised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "engine/plugins/order.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static char *order_of(struct vane_order_item *items, size_t count)
{
    size_t order[16];
    size_t n = vane_order(items, count, order);
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < n; i++)
        g_string_append_printf(text, "%s%s", i ? " " : "", items[order[i]].name);
    return g_string_free(text, FALSE);
}

static void free_refusals(struct vane_order_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        g_free(items[i].refusal);
}

static const struct vane_order_item *item(const struct vane_order_item *items, const char *name)
{
    while (strcmp(items->name, name) != 0)
        items++;
    return items;
}

static void test_names_decide_when_nothing_is_required(void **state)
{
    struct vane_order_item items[] = {{.name = "zeta"}, {.name = "alpha"}, {.name = "mid"}};
    g_autofree char *order = order_of(items, 3);

    assert_string_equal(order, "alpha mid zeta");
}

static void test_requirements_and_after_come_first(void **state)
{
    struct vane_order_item items[] = {
        {.name = "a", .requires_plugins = NAMES("c")},
        {.name = "b", .after_plugins = NAMES("d", "not-there")},
        {.name = "c"},
        {.name = "d"},
    };
    g_autofree char *order = order_of(items, 4);

    assert_string_equal(order, "c a d b");
}

static void test_a_missing_requirement_refuses_all_that_hang_on_it(void **state)
{
    struct vane_order_item items[] = {
        {.name = "a", .requires_plugins = NAMES("b")},
        {.name = "b", .requires_plugins = NAMES("gone")},
        {.name = "c"},
    };
    g_autofree char *order = order_of(items, 3);

    assert_string_equal(order, "c");
    assert_non_null(strstr(item(items, "b")->refusal, "gone"));
    assert_non_null(strstr(item(items, "a")->refusal, "requires the plugin b"));
    free_refusals(items, 3);
}

static void test_a_circle_of_requirements_is_refused_and_spelled_out(void **state)
{
    struct vane_order_item items[] = {
        {.name = "a", .requires_plugins = NAMES("b")},
        {.name = "b", .requires_plugins = NAMES("a")},
        {.name = "c"},
        {.name = "self", .requires_plugins = NAMES("self")},
    };
    g_autofree char *order = order_of(items, 4);

    assert_string_equal(order, "c");
    assert_non_null(strstr(item(items, "a")->refusal, "a -> b -> a"));
    assert_non_null(strstr(item(items, "b")->refusal, "b -> a -> b"));
    assert_non_null(strstr(item(items, "self")->refusal, "self -> self"));
    free_refusals(items, 4);
}

static void test_a_circle_of_after_is_only_broken(void **state)
{
    struct vane_order_item items[] = {
        {.name = "a", .after_plugins = NAMES("b")},
        {.name = "b", .after_plugins = NAMES("a")},
    };
    g_autofree char *order = order_of(items, 2);

    assert_string_equal(order, "a b");
}

static void test_nothing_to_order(void **state)
{
    size_t order[1];

    assert_int_equal(vane_order(NULL, 0, order), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_decide_when_nothing_is_required),
        cmocka_unit_test(test_requirements_and_after_come_first),
        cmocka_unit_test(test_a_missing_requirement_refuses_all_that_hang_on_it),
        cmocka_unit_test(test_a_circle_of_requirements_is_refused_and_spelled_out),
        cmocka_unit_test(test_a_circle_of_after_is_only_broken),
        cmocka_unit_test(test_nothing_to_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
