/* Signatures of D-Bus types. See signature.h. */
#include "lib/nats/signature.h"

#include <string.h>

#define BASIC "ybnqiuxtdsogh"

struct walk {
    unsigned arrays, structs;
};

static size_t next_type(const char *at, struct walk walk);

static bool is_basic(char type)
{
    return type != '\0' && strchr(BASIC, type);
}

/* Behind "a{". */
static size_t next_entry(const char *at, struct walk walk)
{
    size_t value;

    if (++walk.structs > VANE_SIGNATURE_DEPTH || !is_basic(at[0]))
        return 0;
    value = next_type(at + 1, walk);
    return value > 0 && at[1 + value] == '}' ? value + 2 : 0;
}

/* Behind the opening bracket; a struct has at least one member. */
static size_t next_struct(const char *at, struct walk walk)
{
    size_t length = 0, member;

    if (++walk.structs > VANE_SIGNATURE_DEPTH)
        return 0;
    do {
        member = next_type(at + length, walk);
        length += member;
    } while (member > 0 && at[length] != ')');
    return member > 0 ? length + 1 : 0;
}

static size_t next_array(const char *at, struct walk walk)
{
    if (++walk.arrays > VANE_SIGNATURE_DEPTH)
        return 0;
    if (*at != '{')
        return next_type(at, walk);
    size_t entry = next_entry(at + 1, walk);
    return entry > 0 ? entry + 1 : 0;
}

static size_t next_type(const char *at, struct walk walk)
{
    size_t inner;

    if (is_basic(*at) || *at == 'v')
        return 1;
    if (*at == 'a')
        inner = next_array(at + 1, walk);
    else
        inner = *at == '(' ? next_struct(at + 1, walk) : 0;
    return inner > 0 ? inner + 1 : 0;
}

size_t vane_signature_next(const char *signature)
{
    return next_type(signature, (struct walk){0});
}

bool vane_signature_valid(const char *signature)
{
    size_t length = strnlen(signature, VANE_SIGNATURE_MAX + 1), type = 1;

    if (length > VANE_SIGNATURE_MAX)
        return false;
    while (*signature && type > 0) {
        type = vane_signature_next(signature);
        signature += type;
    }
    return *signature == '\0';
}

bool vane_signature_single(const char *signature)
{
    return *signature && vane_signature_valid(signature) &&
           signature[vane_signature_next(signature)] == '\0';
}

size_t vane_signature_count(const char *signature)
{
    size_t count = 0;

    for (; *signature; count++)
        signature += vane_signature_next(signature);
    return count;
}
