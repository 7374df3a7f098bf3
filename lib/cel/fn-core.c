/* What the standard has for texts, lists and maps: size(), contains(), matches() and the like. */
#include <string.h>

#include <glib.h>

#include "lib/cel/compare.h"
#include "lib/cel/functions.h"
#include "lib/cel/network.h"
#include "lib/cel/pattern.h"

static struct vane_cel_value size(const struct vane_cel_node *node,
                                  const struct vane_cel_value *arguments,
                                  struct vane_cel_scratch *scratch)
{
    struct vane_cel_value value = arguments[0];
    int64_t count = 0;

    if (value.kind != VANE_CEL_STRING)
        return vane_cel_int(value.len);
    if (!vane_cel_charge_bytes(scratch, value.len))
        return vane_cel_exhausted(scratch, node);
    for (uint32_t i = 0; i < value.len; i++)
        count += ((unsigned char)value.text[i] & 0xc0) != 0x80;
    return vane_cel_int(count);
}

static struct vane_cel_value network_contains(const struct vane_cel_node *node,
                                              struct vane_cel_scratch *scratch,
                                              const struct vane_cel_network *network,
                                              struct vane_cel_value address)
{
    struct vane_cel_network inner;

    if (address.kind == VANE_CEL_NETWORK)
        return vane_cel_bool(vane_cel_network_contains(network, address.network));
    if (!vane_cel_network_parse(address.len ? address.text : "", address.len, &inner))
        return vane_cel_failf(scratch, node, "not an address: %.*s", (int)MIN(address.len, 64),
                              address.len ? address.text : "");
    return vane_cel_bool(vane_cel_network_contains(network, &inner));
}

static struct vane_cel_value contains(const struct vane_cel_node *node,
                                      const struct vane_cel_value *arguments,
                                      struct vane_cel_scratch *scratch)
{
    struct vane_cel_value text = arguments[0], part = arguments[1];

    if (text.kind == VANE_CEL_NETWORK)
        return network_contains(node, scratch, text.network, part);
    if (part.kind == VANE_CEL_NETWORK)
        return vane_cel_no_overload(scratch, node, "contains", arguments, 2);
    if (!vane_cel_charge_bytes(scratch, text.len))
        return vane_cel_exhausted(scratch, node);
    if (part.len == 0 || text.len < part.len)
        return vane_cel_bool(part.len == 0);
    return vane_cel_bool(memmem(text.text, text.len, part.text, part.len) != NULL);
}

static struct vane_cel_value starts_with(const struct vane_cel_node *node,
                                         const struct vane_cel_value *arguments,
                                         struct vane_cel_scratch *scratch)
{
    uint32_t len = arguments[1].len;

    return vane_cel_bool(len <= arguments[0].len &&
                         (len == 0 || memcmp(arguments[0].text, arguments[1].text, len) == 0));
}

static struct vane_cel_value ends_with(const struct vane_cel_node *node,
                                       const struct vane_cel_value *arguments,
                                       struct vane_cel_scratch *scratch)
{
    uint32_t len = arguments[1].len, all = arguments[0].len;

    return vane_cel_bool(len <= all && (len == 0 || memcmp(arguments[0].text + all - len,
                                                           arguments[1].text, len) == 0));
}

static struct vane_cel_value search(const struct vane_cel_node *node,
                                    struct vane_cel_scratch *scratch,
                                    const struct vane_regex *regex, struct vane_cel_value text)
{
    uint64_t work = vane_regex_size(regex) * ((uint64_t)text.len + 4);
    void *room;

    /* The bound is seldom reached: most places of an expression are not tried at once. */
    if (!vane_cel_charge(scratch, work / 32))
        return vane_cel_exhausted(scratch, node);
    room = vane_cel_arena_alloc(&scratch->arena, vane_regex_room(regex));
    if (!room)
        return vane_cel_exhausted(scratch, node);
    return vane_cel_bool(vane_regex_search(regex, text.len ? text.text : "", text.len, room));
}

static struct vane_cel_value matches(const struct vane_cel_node *node,
                                     const struct vane_cel_value *arguments,
                                     struct vane_cel_scratch *scratch)
{
    struct vane_cel_value pattern = arguments[1], result;
    struct vane_regex_error error;
    struct vane_regex *regex;

    if (node->pattern)
        return search(node, scratch, node->pattern->regex, arguments[0]);
    if (!vane_cel_charge(scratch, 64 + (uint64_t)pattern.len * 8))
        return vane_cel_exhausted(scratch, node);
    regex = vane_regex_new(pattern.len ? pattern.text : "", pattern.len, &error);
    if (!regex)
        return vane_cel_failf(scratch, node, "no regular expression: %s", error.reason);
    result = search(node, scratch, regex, arguments[0]);
    vane_regex_free(regex);
    return result;
}

static struct vane_cel_value glob(const struct vane_cel_node *node,
                                  const struct vane_cel_value *arguments,
                                  struct vane_cel_scratch *scratch)
{
    int matched = vane_cel_glob(scratch, arguments[0], arguments[1]);

    return matched < 0 ? vane_cel_exhausted(scratch, node) : vane_cel_bool(matched);
}

static struct vane_cel_value has_tag(const struct vane_cel_node *node,
                                     const struct vane_cel_value *arguments,
                                     struct vane_cel_scratch *scratch)
{
    struct vane_cel_value tags = arguments[0];

    if (!vane_cel_charge(scratch, tags.len / 8))
        return vane_cel_exhausted(scratch, node);
    for (uint32_t i = 0; i < tags.len; i++)
        if (tags.elements[i].kind == VANE_CEL_STRING &&
            vane_cel_same_bytes(tags.elements[i], arguments[1]))
            return vane_cel_bool(true);
    return vane_cel_bool(false);
}

#define TEXT VANE_CEL_K(STRING)
#define TEXTS                                                                                      \
    {                                                                                              \
        TEXT, TEXT                                                                                 \
    }
#define SIZED  (TEXT | VANE_CEL_K(BYTES) | VANE_CEL_K(LIST) | VANE_CEL_K(MAP))
#define OR_NET (TEXT | VANE_CEL_K(NETWORK))
#define BOTH   (VANE_CEL_GLOBAL | VANE_CEL_METHOD)

const struct vane_cel_function vane_cel_core_functions[] = {
    {"size", size, {SIZED}, BOTH, 1, 1, VANE_CEL_INT},
    {"startsWith", starts_with, TEXTS, VANE_CEL_METHOD, 2, 2, VANE_CEL_BOOL},
    {"endsWith", ends_with, TEXTS, VANE_CEL_METHOD, 2, 2, VANE_CEL_BOOL},
    {"contains", contains, {OR_NET, OR_NET}, VANE_CEL_METHOD, 2, 2, VANE_CEL_BOOL},
    {"matches", matches, TEXTS, BOTH, 2, 2, VANE_CEL_BOOL},
    {"glob", glob, TEXTS, BOTH, 2, 2, VANE_CEL_BOOL},
    {"has_tag", has_tag, {VANE_CEL_K(LIST), TEXT}, VANE_CEL_GLOBAL, 2, 2, VANE_CEL_BOOL},
    {NULL, NULL, {0}, 0, 0, 0, 0},
};
