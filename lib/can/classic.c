/* The classic form: requests and answers of HyCAN's daemon. See wire.h. */
#include "lib/can/wire.h"

#include <string.h>

size_t vane_wire_classic_parse(const void *data, size_t length,
                               struct vane_wire_classic_request *request)
{
    const uint8_t *bytes = data;

    if (length < 2 || length < 2u + bytes[1])
        return 0;
    request->operation = bytes[0];
    request->name_length = bytes[1];
    request->name = bytes + 2;
    return 2u + bytes[1];
}

static uint16_t get_u16(const uint8_t *at, bool big_endian)
{
    return big_endian ? (uint16_t)(at[0] << 8 | at[1]) : (uint16_t)(at[1] << 8 | at[0]);
}

size_t vane_wire_classic_answer_parse(const void *data, size_t length, bool big_endian,
                                      struct vane_wire_classic_answer *answer)
{
    const uint8_t *bytes = data;
    uint16_t message_length;

    if (length < VANE_WIRE_CLASSIC_ANSWER_HEAD)
        return 0;
    message_length = get_u16(bytes + 2, big_endian);
    if (length - VANE_WIRE_CLASSIC_ANSWER_HEAD < message_length)
        return 0;
    answer->success = bytes[0] != 0;
    answer->code = bytes[1];
    answer->message_length = message_length;
    answer->message = bytes + VANE_WIRE_CLASSIC_ANSWER_HEAD;
    return VANE_WIRE_CLASSIC_ANSWER_HEAD + (size_t)message_length;
}

size_t vane_wire_classic_put(void *out, size_t size, uint8_t operation, const char *name)
{
    uint8_t *bytes = out;
    size_t length = strlen(name);

    if (length > UINT8_MAX || size < 2 + length)
        return 0;
    bytes[0] = operation;
    bytes[1] = (uint8_t)length;
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): no NUL goes over the wire */
    memcpy(bytes + 2, name, length);
    return 2 + length;
}

size_t vane_wire_classic_answer_put(void *out, size_t size, uint8_t code, const char *message,
                                    bool big_endian)
{
    uint8_t *bytes = out;
    size_t length = message ? strnlen(message, UINT16_MAX) : 0;

    if (size < VANE_WIRE_CLASSIC_ANSWER_HEAD + length)
        return 0;
    bytes[0] = code == VANE_WIRE_OK;
    bytes[1] = code;
    bytes[big_endian ? 3 : 2] = (uint8_t)(length & 0xff);
    bytes[big_endian ? 2 : 3] = (uint8_t)(length >> 8);
    if (length > 0)
        memcpy(bytes + VANE_WIRE_CLASSIC_ANSWER_HEAD, message, length);
    return VANE_WIRE_CLASSIC_ANSWER_HEAD + length;
}
