/* A tree as an expression. See naive.h. */
#include <math.h>
#include <string.h>

#include "tests/fuzz/naive/naive.h"

static const struct {
    const char *sign;
    int precedence; /* of an operator between two; 0: not one */
} operators[] = {
    [AND] = {"&&", 2}, [OR] = {"||", 1},      [EQUAL] = {"==", 3},  [UNEQUAL] = {"!=", 3},
    [LESS] = {"<", 3}, [AT_MOST] = {"<=", 3}, [MORE] = {">", 3},    [AT_LEAST] = {">=", 3},
    [IN] = {"in", 3},  [PLUS] = {"+", 4},     [MINUS] = {"-", 4},   [TIMES] = {"*", 5},
    [OVER] = {"/", 5}, [MODULO] = {"%", 5},   [FILTER] = {NULL, 0},
};

static void put(GString *out, const struct tree *tree, int precedence);

static void write_literal(GString *out, const struct value *value)
{
    char number[400];

    switch (value->type) {
    case BOOL:
        g_string_append(out, value->i ? "true" : "false");
        break;
    case INT:
        g_string_append_printf(out, value->i < 0 ? "(%" G_GINT64_FORMAT ")" : "%" G_GINT64_FORMAT,
                               value->i);
        break;
    case UINT:
        g_string_append_printf(out, "%" G_GUINT64_FORMAT "u", value->u);
        break;
    case DOUBLE:
        g_ascii_formatd(number, sizeof(number), "%.4f", value->d);
        g_string_append_printf(out, value->d < 0 ? "(%s)" : "%s", number);
        break;
    default:
        g_string_append_printf(out, "'%s'", value->s);
        break;
    }
}

static void write_list(GString *out, const struct tree *tree, const char *open, const char *close)
{
    g_string_append(out, open);
    for (unsigned i = 0; i < tree->n; i++) {
        g_string_append(out, i ? ", " : "");
        put(out, tree->parts[i], 0);
    }
    g_string_append(out, close);
}

static void write_method(GString *out, const struct tree *tree, const char *name)
{
    put(out, tree->parts[0], 7);
    g_string_append_printf(out, ".%s(", name);
    put(out, tree->parts[1], 0);
    g_string_append_c(out, ')');
}

static void write_macro(GString *out, const struct tree *tree, const char *name)
{
    put(out, tree->parts[0], 7);
    g_string_append_printf(out, ".%s(v%d, ", name, tree->variable);
    put(out, tree->parts[1], 0);
    g_string_append_c(out, ')');
}

static void write_operator(GString *out, const struct tree *tree, int precedence)
{
    int own = operators[tree->operation].precedence;

    g_string_append(out, own < precedence ? "(" : "");
    put(out, tree->parts[0], own);
    g_string_append_printf(out, " %s ", operators[tree->operation].sign);
    put(out, tree->parts[1], own + 1);
    g_string_append(out, own < precedence ? ")" : "");
}

static void write_choice(GString *out, const struct tree *tree, int precedence)
{
    g_string_append(out, precedence > 0 ? "(" : "");
    put(out, tree->parts[0], 1);
    g_string_append(out, " ? ");
    put(out, tree->parts[1], 1);
    g_string_append(out, " : ");
    put(out, tree->parts[2], 0);
    g_string_append(out, precedence > 0 ? ")" : "");
}

static void put(GString *out, const struct tree *tree, int precedence)
{
    static const char *const macro_names[] = {[ALL] = "all",
                                              [EXISTS] = "exists",
                                              [ONE] = "exists_one",
                                              [MAP] = "map",
                                              [FILTER] = "filter"};

    if (operators[tree->operation].precedence) {
        write_operator(out, tree, precedence);
        return;
    }
    switch (tree->operation) {
    case LITERAL:
        write_literal(out, &tree->value);
        break;
    case VARIABLE:
        g_string_append_printf(out, "v%d", tree->variable);
        break;
    case NOT:
    case NEGATE: /* two of them differ: -(-x) must not become --x of a literal */
        g_string_append(out, precedence > 6 ? "(" : "");
        g_string_append(out, tree->operation == NOT ? "!(" : "-(");
        put(out, tree->parts[0], 0);
        g_string_append(out, precedence > 6 ? "))" : ")");
        break;
    case CHOOSE:
        write_choice(out, tree, precedence);
        break;
    case INDEX:
        put(out, tree->parts[0], 7);
        g_string_append_c(out, '[');
        put(out, tree->parts[1], 0);
        g_string_append_c(out, ']');
        break;
    case MAKE_LIST:
        write_list(out, tree, "[", "]");
        break;
    case SIZE:
        write_list(out, tree, "size(", ")");
        break;
    case TO_INT:
        write_list(out, tree, "int(", ")");
        break;
    case TO_DOUBLE:
        write_list(out, tree, "double(", ")");
        break;
    case TO_STRING:
        write_list(out, tree, "string(", ")");
        break;
    case STARTS:
        write_method(out, tree, "startsWith");
        break;
    case CONTAINS:
        write_method(out, tree, "contains");
        break;
    default:
        write_macro(out, tree, macro_names[tree->operation]);
        break;
    }
}

void naive_write(GString *out, const struct tree *tree)
{
    put(out, tree, 0);
}
