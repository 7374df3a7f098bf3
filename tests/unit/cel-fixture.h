/* Expressions in, values out as JSON: what the tests of lib/cel share. */
#ifndef NETVANE_TESTS_CEL_FIXTURE_H
#define NETVANE_TESTS_CEL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "lib/cel/cel.h"
#include "lib/cel/json.h"

#define TEXT(literal) vane_cel_string(literal, sizeof(literal) - 1)

/* What the names of the fixture stand for: port is 443, name "eth0", and so on. */
static const struct vane_cel_name cel_names[] = {
    {"port", VANE_CEL_INT, false},   {"name", VANE_CEL_STRING, false},
    {"tags", VANE_CEL_LIST, false},  {"link.mtu", VANE_CEL_INT, false},
    {"ssid", VANE_CEL_STRING, true}, {"any", VANE_CEL_DYN, false},
};

static struct vane_cel_value cel_values[6];

static inline void cel_fill(void)
{
    static const struct vane_cel_value tags[] = {
        {.kind = VANE_CEL_STRING, .len = 3, .text = "lan"},
        {.kind = VANE_CEL_STRING, .len = 4, .text = "home"},
    };

    cel_values[0] = vane_cel_int(443);
    cel_values[1] = TEXT("eth0");
    cel_values[2] = vane_cel_list(tags, 2);
    cel_values[3] = vane_cel_int(1500);
    cel_values[4] = (struct vane_cel_value){0};
    cel_values[5] = vane_cel_double(1.5);
}

static inline struct vane_cel_program *cel_compile(const char *text, unsigned flags,
                                                   struct vane_cel_error *error)
{
    struct vane_cel_environment environment = {
        .names = cel_names, .n_names = G_N_ELEMENTS(cel_names), .flags = flags};

    return vane_cel_compile(text, strlen(text), &environment, error);
}

/* The value as JSON, or "! " and what went wrong; to be freed. */
static inline char *cel_eval(const char *text, uint64_t cost_limit)
{
    struct vane_cel_scratch *scratch = vane_cel_scratch_new();
    struct vane_cel_error error = {0};
    struct vane_cel_program *program = cel_compile(text, 0, &error);
    struct vane_cel_input input = {
        .slots = cel_values, .now = vane_cel_timestamp(1000000000, 0), .cost_limit = cost_limit};
    struct vane_json json = {0};
    struct vane_cel_value value;
    char *result;

    cel_fill();
    if (!program) {
        result = g_strdup_printf("! %zu:%zu %s", error.line, error.column, error.message);
        vane_cel_error_clear(&error);
        vane_cel_scratch_free(scratch);
        return result;
    }
    value = vane_cel_evaluate(program, &input, scratch);
    if (value.kind == VANE_CEL_ERROR) {
        result = g_strdup_printf("! %s", value.problem->message);
    } else {
        vane_cel_write_json(&json, VANE_CEL_PLAIN, value);
        result = vane_json_steal(&json, NULL);
    }
    vane_cel_program_free(program);
    vane_cel_scratch_free(scratch);
    return result;
}

static inline void expect(const char *text, const char *wanted)
{
    g_autofree char *result = cel_eval(text, 0);

    assert_string_equal(result, wanted);
}

/* The complaint begins so. */
static inline void expect_error(const char *text, const char *beginning)
{
    g_autofree char *result = cel_eval(text, 0);

    if (!g_str_has_prefix(result, "! ") || !strstr(result, beginning))
        fail_msg("%s: %s, wanted \"%s\"", text, result, beginning);
}

#endif
