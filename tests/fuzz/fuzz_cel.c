/*
 * Any text as an expression: refused with a place within it, or evaluated within its cost to the
 * same value twice, and explained by a part of itself.
 */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "lib/cel/cel.h"
#include "lib/cel/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vane_cel_name names[] = {
    {"port", VANE_CEL_INT, false},     {"name", VANE_CEL_STRING, false},
    {"tags", VANE_CEL_LIST, false},    {"ssid", VANE_CEL_STRING, true},
    {"link.mtu", VANE_CEL_INT, false}, {"now", VANE_CEL_TIMESTAMP, false},
};

static struct vane_cel_value value_of(size_t slot)
{
    static const struct vane_cel_value tags[] = {
        {.kind = VANE_CEL_STRING, .len = 3, .text = "lan"},
        {.kind = VANE_CEL_INT, .integer = 7},
    };

    switch (slot) {
    case 0:
        return vane_cel_int(443);
    case 1:
        return vane_cel_string("eth0", 4);
    case 2:
        return vane_cel_list(tags, 2);
    case 4:
        return vane_cel_int(1500);
    case 5:
        return vane_cel_timestamp(1000000000, 5);
    default:
        return (struct vane_cel_value){0};
    }
}

static struct vane_cel_value look_up(void *data, size_t slot, struct vane_cel_scratch *scratch)
{
    return value_of(slot);
}

static char *rendered(struct vane_cel_value value)
{
    struct vane_json json = {0};

    if (value.kind == VANE_CEL_ERROR)
        return g_strdup(value.problem->message);
    vane_cel_write_json(&json, VANE_CEL_TYPED, value);
    return vane_json_steal(&json, NULL);
}

static void evaluate(const struct vane_cel_program *program)
{
    struct vane_cel_scratch *scratch = vane_cel_scratch_new();
    struct vane_cel_input input = {
        .lookup = look_up, .now = vane_cel_timestamp(1000000100, 0), .cost_limit = 5000};
    struct vane_cel_reason reason;
    size_t len;

    vane_cel_program_text(program, &len);
    g_autofree char *first = rendered(vane_cel_evaluate(program, &input, scratch));
    g_autofree char *second = rendered(vane_cel_evaluate(program, &input, scratch));
    g_assert_cmpstr(first, ==, second);
    g_assert(vane_cel_scratch_cost(scratch) <= 5000);
    vane_cel_explain(program, &input, scratch, &reason);
    g_assert(reason.offset + reason.length <= len);
    vane_cel_scratch_free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_cel_environment environment = {.names = names, .n_names = G_N_ELEMENTS(names)};
    struct vane_cel_error error = {0};
    struct vane_cel_program *program;

    if (size == 0 || size > 4096)
        return 0;
    environment.flags = data[0] & 3;
    program = vane_cel_compile((const char *)data + 1, size - 1, &environment, &error);
    if (program) {
        evaluate(program);
        vane_cel_program_free(program);
    } else {
        g_assert(error.message && error.offset <= size - 1 && error.line && error.column);
        vane_cel_error_clear(&error);
    }
    return 0;
}
