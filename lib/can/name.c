/* Names: of interfaces, operations and codes. See wire.h. */
#include "lib/can/wire.h"

#include <string.h>

#include "lib/text/utf8.h"

/* As the kernel's isspace(), for which a byte A0 is one, too. */
static bool is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == 0xa0;
}

static const char *byte_complaint(uint8_t byte)
{
    if (byte == '\0')
        return "has a NUL byte";
    if (is_blank(byte))
        return "has white space";
    if (byte == '/' || byte == ':' || byte == '%')
        return "has one of / : %";
    if (byte < 0x20 || byte == 0x7f)
        return "has a control character";
    return NULL;
}

const char *vane_wire_name_complaint(const void *name, size_t length)
{
    const uint8_t *bytes = name;

    if (length == 0)
        return "is empty";
    if (length > VANE_WIRE_NAME_MAX)
        return "is longer than 15 bytes";
    if (bytes[0] == '.' && (length == 1 || (length == 2 && bytes[1] == '.')))
        return "is . or ..";
    for (size_t i = 0; i < length; i++) {
        const char *complaint = byte_complaint(bytes[i]);

        if (complaint)
            return complaint;
    }
    return vane_utf8_valid(name, length) ? NULL : "is not UTF-8";
}

const char *vane_wire_operation_name(uint8_t operation)
{
    static const char *const names[] = {NULL,        "create", "up",   "down",  "delete",
                                        "configure", "get",    "list", "renew", "hello"};

    return operation < sizeof(names) / sizeof(names[0]) ? names[operation] : NULL;
}

const char *vane_wire_code_name(uint8_t code)
{
    static const char *const names[] = {"ok",          "bad-operation", "bad-name", "not-permitted",
                                        "not-can",     "not-found",     "kernel",   "quota",
                                        "unsupported", "bad-request",   "exists",   "stopping"};

    return code < sizeof(names) / sizeof(names[0]) ? names[code] : "unknown";
}
