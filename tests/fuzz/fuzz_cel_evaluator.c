/*
 * lib/cel against a second evaluator, in naive/, that knows nothing of it. Both must come to the
 * same value, or both to an error.
 */
#include <math.h>
#include <string.h>

#include "lib/cel/cel.h"
#include "tests/fuzz/naive/naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(struct vane_cel_value a, const struct value *b)
{
    switch (b->type) {
    case ERROR:
        return a.kind == VANE_CEL_ERROR;
    case BOOL:
        return a.kind == VANE_CEL_BOOL && a.truth == b->i;
    case INT:
        return a.kind == VANE_CEL_INT && a.integer == b->i;
    case UINT:
        return a.kind == VANE_CEL_UINT && a.natural == b->u;
    case DOUBLE:
        return a.kind == VANE_CEL_DOUBLE && (a.real == b->d || (isnan(a.real) && isnan(b->d)));
    case STRING:
        return a.kind == VANE_CEL_STRING && a.len == strlen(b->s) &&
               memcmp(a.text, b->s, a.len) == 0;
    case LIST:
        break;
    }
    if (a.kind != VANE_CEL_LIST || a.len != b->n)
        return false;
    for (unsigned i = 0; i < b->n; i++)
        if (!same(a.elements[i], &b->list[i]))
            return false;
    return true;
}

static void check(const char *text, const struct value *wanted, bool unsure)
{
    struct vane_cel_error error = {0};
    struct vane_cel_program *program = vane_cel_compile(text, strlen(text), NULL, &error);
    struct vane_cel_scratch *scratch = vane_cel_scratch_new();
    struct vane_cel_value value;

    if (!program)
        g_error("%s: %s", text, error.message);
    value = vane_cel_evaluate(program, NULL, scratch);
    if (!unsure && !same(value, wanted) &&
        !(value.kind == VANE_CEL_ERROR && strstr(value.problem->message, "exceeds its cost")))
        g_error("%s: %u of type %u, the second evaluator has type %u", text, value.len, value.kind,
                wanted->type);
    vane_cel_program_free(program);
    vane_cel_scratch_free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct tree *tree;
    struct value wanted;
    bool unsure;

    if (size > 256)
        return 0;
    tree = naive_begin(data, size);
    naive_write(text, tree);
    wanted = naive_walk(tree, &unsure);
    check(text->str, &wanted, unsure);
    naive_end();
    return 0;
}
