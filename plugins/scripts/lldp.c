/* Neighbours by LLDP. See lldp.h. */
#include "plugins/scripts/lldp.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#define NEIGHBOURS_MAX 128u /* as networkd keeps */
#define ETHERNET_HEAD  14u
#define ETHERTYPE_LLDP 0x88cc
#define FRAME_MAX      65536u

enum { END = 0, PORT_ID = 2, PORT_DESCRIPTION = 4, SYSTEM_NAME = 5 };
enum { ALIAS = 1, COMPONENT = 2, MAC_ADDRESS = 3, NETWORK_ADDRESS = 4, INTERFACE = 5, LOCAL = 7 };

struct piece {
    const uint8_t *at;
    size_t length;
};

struct neighbour {
    struct piece port_id, port_description, system_name; /* `at` is NULL: there is none */
};

/* As networkd escapes what comes from outside: like strings of C, what is not ASCII in octal. */
static char *escape(struct piece text)
{
    static const char letters[] = "\a\b\f\n\r\t\v\\\"'", names[] = "abfnrtv\\\"'";
    g_autoptr(GString) out = g_string_new(NULL);

    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = text.at[i];
        const char *special = byte ? strchr(letters, byte) : NULL;

        if (special)
            g_string_append_printf(out, "\\%c", names[special - letters]);
        else if (byte < ' ' || byte >= 127)
            g_string_append_printf(out, "\\%03o", byte);
        else
            g_string_append_c(out, (char)byte);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *hex(struct piece bytes, const char *separator)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (size_t i = 0; i < bytes.length; i++)
        g_string_append_printf(out, "%s%02x", i > 0 ? separator : "", bytes.at[i]);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* The family is IANA's: 1 for IPv4, 2 for IPv6. */
static char *network_address(struct piece id)
{
    bool is_four = id.length == 6 && id.at[1] == 1, is_six = id.length == 18 && id.at[1] == 2;
    char text[INET6_ADDRSTRLEN];

    if (!is_four && !is_six)
        return hex(id, "");
    inet_ntop(is_four ? AF_INET : AF_INET6, id.at + 2, text, sizeof(text));
    return g_strdup(text);
}

static char *port(struct piece id)
{
    struct piece rest = {id.at + 1, id.length - 1};

    switch (id.at[0]) {
    case ALIAS:
    case COMPONENT:
    case INTERFACE:
    case LOCAL:
        return escape(rest);
    case MAC_ADDRESS:
        return rest.length == 6 ? hex(rest, ":") : hex(id, "");
    case NETWORK_ADDRESS:
        return network_address(id);
    default:
        return hex(id, "");
    }
}

/* NUL at the end goes; a text with NUL in it is none, nor is an empty one, and of several the first
 * counts. */
static void take_text(struct piece *text, struct piece value)
{
    while (value.length > 0 && value.at[value.length - 1] == 0)
        value.length--;
    if (!text->at && value.length > 0 && !memchr(value.at, 0, value.length))
        *text = value;
}

static void take(struct neighbour *neighbour, unsigned type, struct piece value)
{
    if (type == PORT_ID && value.length >= 2)
        neighbour->port_id = value;
    else if (type == PORT_DESCRIPTION)
        take_text(&neighbour->port_description, value);
    else if (type == SYSTEM_NAME)
        take_text(&neighbour->system_name, value);
}

static bool parse(struct piece frame, struct neighbour *neighbour)
{
    size_t at = ETHERNET_HEAD;

    if (frame.length < ETHERNET_HEAD ||
        (frame.at[at - 2] << 8 | frame.at[at - 1]) != ETHERTYPE_LLDP)
        return false;
    while (frame.length - at >= 2) {
        unsigned type = frame.at[at] >> 1;
        size_t length = (size_t)(frame.at[at] & 1) << 8 | frame.at[at + 1];

        at += 2;
        if (type == END)
            return true;
        if (length > frame.length - at)
            return false;
        take(neighbour, type, (struct piece){frame.at + at, length});
        at += length;
    }
    return false;
}

static char *describe(const struct neighbour *neighbour)
{
    g_autofree char *name = neighbour->system_name.at ? escape(neighbour->system_name) : NULL;
    g_autofree char *id = neighbour->port_id.at ? port(neighbour->port_id) : NULL;
    g_autofree char *text =
        neighbour->port_description.length > 0 ? escape(neighbour->port_description) : NULL;

    return g_strdup_printf("%s on port %s%s%s%s", name ? name : "n/a", id ? id : "n/a",
                           text ? " (" : "", text ? text : "", text ? ")" : "");
}

static uint64_t read_length(const uint8_t *bytes)
{
    uint64_t length = 0;

    for (unsigned i = 8; i > 0; i--)
        length = length << 8 | bytes[i - 1];
    return length;
}

void vane_lldp_read(const uint8_t *data, size_t length, GPtrArray *texts)
{
    for (unsigned count = 0; count < NEIGHBOURS_MAX && length >= 8; count++) {
        uint64_t size = read_length(data);
        struct neighbour neighbour = {0};

        if (size > FRAME_MAX || size > length - 8 ||
            !parse((struct piece){data + 8, (size_t)size}, &neighbour))
            return;
        g_ptr_array_add(texts, describe(&neighbour));
        data += 8 + size;
        length -= 8 + (size_t)size;
    }
}
