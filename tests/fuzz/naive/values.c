/* What operators do with values. See naive.h. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/naive/naive.h"

bool naive_lost;
const struct value naive_failed = {.type = ERROR};

struct value naive_truth(bool b)
{
    return (struct value){.type = BOOL, .i = b};
}

bool naive_is_number(enum type type)
{
    return type == INT || type == UINT || type == DOUBLE;
}

/* -1, 0, 1; 2 for NaN. Two integers exactly, a double beside an integer as doubles. */
static int order_numbers(const struct value *a, const struct value *b)
{
    if (a->type == DOUBLE || b->type == DOUBLE) {
        double x = a->type == DOUBLE ? a->d : a->type == INT ? (double)a->i : (double)a->u;
        double y = b->type == DOUBLE ? b->d : b->type == INT ? (double)b->i : (double)b->u;

        return isnan(x) || isnan(y) ? 2 : x < y ? -1 : x > y;
    }
    __int128 x = a->type == INT ? (__int128)a->i : (__int128)a->u;
    __int128 y = b->type == INT ? (__int128)b->i : (__int128)b->u;

    return x < y ? -1 : x > y;
}

bool naive_equal(const struct value *a, const struct value *b)
{
    if (naive_is_number(a->type) && naive_is_number(b->type))
        return order_numbers(a, b) == 0;
    if (a->type != b->type)
        return false;
    if (a->type == BOOL)
        return a->i == b->i;
    if (a->type == STRING)
        return strcmp(a->s, b->s) == 0;
    if (a->n != b->n)
        return false;
    for (unsigned i = 0; i < a->n; i++)
        if (!naive_equal(&a->list[i], &b->list[i]))
            return false;
    return true;
}

struct value naive_compare(enum operation operation, const struct value *a, const struct value *b)
{
    int order;

    if (operation == EQUAL || operation == UNEQUAL)
        return naive_truth(naive_equal(a, b) == (operation == EQUAL));
    if (naive_is_number(a->type) && naive_is_number(b->type))
        order = order_numbers(a, b);
    else if (a->type != b->type || a->type == LIST)
        return naive_failed;
    else
        order = a->type == STRING ? CLAMP(strcmp(a->s, b->s), -1, 1)
                : a->i < b->i     ? -1
                                  : a->i > b->i;
    if (order == 2)
        return naive_truth(false);
    return naive_truth(operation == LESS      ? order < 0
                       : operation == AT_MOST ? order <= 0
                       : operation == MORE    ? order > 0
                                              : order >= 0);
}

struct value naive_calculate(enum operation operation, struct value a, struct value b)
{
    __int128 x = a.type == INT ? (__int128)a.i : (__int128)a.u;
    __int128 y = b.type == INT ? (__int128)b.i : (__int128)b.u, z = 0;

    if (a.type == DOUBLE) {
        a.d = operation == PLUS    ? a.d + b.d
              : operation == MINUS ? a.d - b.d
              : operation == TIMES ? a.d * b.d
                                   : a.d / b.d;
        return operation == MODULO ? naive_failed : a;
    }
    if ((operation == OVER || operation == MODULO) && y == 0)
        return naive_failed;
    z = operation == PLUS    ? x + y
        : operation == MINUS ? x - y
        : operation == TIMES ? 0
        : operation == OVER  ? x / y
                             : x % y;
    if (operation == TIMES && __builtin_mul_overflow(x, y, &z))
        return naive_failed;
    if (operation == MODULO && x == INT64_MIN && y == -1)
        return naive_failed;
    if (a.type == INT ? z < INT64_MIN || z > INT64_MAX : z < 0 || z > UINT64_MAX)
        return naive_failed;
    a.i = (int64_t)z;
    a.u = (uint64_t)z;
    return a;
}

struct value naive_plus(struct value a, struct value b)
{
    struct value sum = a;

    if (a.type == STRING) {
        char *text = naive_keep(strlen(a.s) + strlen(b.s) + 1);

        strcpy(text, a.s);
        strcat(text, b.s);
        sum.s = text;
        return sum;
    }
    sum.list = naive_keep((a.n + b.n) * sizeof(a));
    sum.n = a.n + b.n;
    for (unsigned i = 0; i < sum.n; i++)
        sum.list[i] = i < a.n ? a.list[i] : b.list[i - a.n];
    return sum;
}

struct value naive_convert(enum operation operation, struct value a)
{
    char *text, *rest;

    switch (operation) {
    case TO_DOUBLE:
        naive_lost |= a.type == STRING; /* what is a double */
        if (!naive_is_number(a.type))
            return naive_failed;
        a.d = a.type == INT ? (double)a.i : a.type == UINT ? (double)a.u : a.d;
        a.type = DOUBLE;
        return a;
    case TO_INT:
        if (a.type == STRING) {
            errno = 0;
            a.i = g_ascii_strtoll(a.s, &rest, 10);
            if (!*a.s || *rest || errno)
                return naive_failed;
        } else if (a.type == UINT) {
            if (a.u > INT64_MAX)
                return naive_failed;
            a.i = (int64_t)a.u;
        } else if (a.type == DOUBLE) {
            if (!(fabs(a.d) < 9223372036854775808.0))
                return naive_failed;
            a.i = (int64_t)a.d;
        } else if (a.type != INT) {
            return naive_failed;
        }
        a.type = INT;
        return a;
    default:
        if (a.type == STRING)
            return a;
        text = naive_keep(32);
        if (a.type == INT)
            snprintf(text, 32, "%" G_GINT64_FORMAT, a.i);
        else if (a.type == UINT)
            snprintf(text, 32, "%" G_GUINT64_FORMAT, a.u);
        else if (a.type == BOOL)
            strcpy(text, a.i ? "true" : "false");
        else
            naive_lost = true; /* how a double is written */
        return (struct value){.type = STRING, .s = text};
    }
}
