/* Reads what the daemon answers. See answer.h. */
#include "client/answer.h"

#include <errno.h>
#include <string.h>

#include "lib/text/utf8.h"

/* Where a member of struct vane_can_info comes from. */
static const struct {
    uint16_t type;
    uint16_t offset;
    uint32_t known;
} numbers[] = {
#define NUMBER(type, member, known)                                                                \
    {                                                                                              \
        type, offsetof(struct vane_can_info, member), known                                        \
    }
    NUMBER(VANE_WIRE_INDEX, index, 0),
    NUMBER(VANE_WIRE_FLAGS, flags, 0),
    NUMBER(VANE_WIRE_MTU, mtu, VANE_CAN_KNOWN_MTU),
    NUMBER(VANE_WIRE_BITRATE, bitrate, VANE_CAN_KNOWN_BITRATE),
    NUMBER(VANE_WIRE_SAMPLE_POINT, sample_point, VANE_CAN_KNOWN_SAMPLE_POINT),
    NUMBER(VANE_WIRE_DATA_BITRATE, data_bitrate, VANE_CAN_KNOWN_DATA_BITRATE),
    NUMBER(VANE_WIRE_DATA_SAMPLE_POINT, data_sample_point, VANE_CAN_KNOWN_DATA_SAMPLE_POINT),
    NUMBER(VANE_WIRE_RESTART_MS, restart_ms, VANE_CAN_KNOWN_RESTART_MS),
    NUMBER(VANE_WIRE_MODES, modes, VANE_CAN_KNOWN_MODES),
    NUMBER(VANE_WIRE_TERMINATION, termination, VANE_CAN_KNOWN_TERMINATION),
    NUMBER(VANE_WIRE_STATE, state, VANE_CAN_KNOWN_STATE),
    NUMBER(VANE_WIRE_TX_ERRORS, tx_errors, VANE_CAN_KNOWN_TX_ERRORS),
    NUMBER(VANE_WIRE_RX_ERRORS, rx_errors, VANE_CAN_KNOWN_RX_ERRORS),
    NUMBER(VANE_WIRE_BUS_ERRORS, bus_errors, VANE_CAN_KNOWN_BUS_ERRORS),
    NUMBER(VANE_WIRE_ERROR_WARNINGS, error_warnings, VANE_CAN_KNOWN_ERROR_WARNINGS),
    NUMBER(VANE_WIRE_ERROR_PASSIVES, error_passives, VANE_CAN_KNOWN_ERROR_PASSIVES),
    NUMBER(VANE_WIRE_BUS_OFFS, bus_offs, VANE_CAN_KNOWN_BUS_OFFS),
    NUMBER(VANE_WIRE_ARBITRATION_LOST, arbitration_lost, VANE_CAN_KNOWN_ARBITRATION_LOST),
    NUMBER(VANE_WIRE_RESTARTS, restarts, VANE_CAN_KNOWN_RESTARTS),
    NUMBER(VANE_WIRE_OWNER, owner, VANE_CAN_KNOWN_OWNER),
    NUMBER(VANE_WIRE_LEASE_LEFT, lease_left, VANE_CAN_KNOWN_LEASE_LEFT),
#undef NUMBER
};

/* How many of `length` bytes are kept in `size` with a NUL, without cutting a character in two. */
static size_t fitting(const uint8_t *text, size_t length, size_t size)
{
    if (length < size)
        return length;
    length = size - 1;
    while (length > 0 && (text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

/* What could steer a terminal becomes '?'; and all but ASCII, when the whole is not UTF-8. */
static void take_text(char *out, size_t size, const uint8_t *text, size_t length)
{
    bool plain = !vane_utf8_valid((const char *)text, length);
    size_t kept = fitting(text, length, size);

    for (size_t i = 0; i < kept; i++) {
        bool bad = text[i] < 0x20 || text[i] == 0x7f || (plain && text[i] > 0x7f);

        out[i] = bad ? '?' : (char)text[i];
    }
    out[kept] = '\0';
}

static int take_name(char *out, const struct vane_wire_attribute *attribute)
{
    if (attribute->length == 0 || attribute->length > VANE_WIRE_NAME_MAX ||
        memchr(attribute->value, '\0', attribute->length))
        return -EPROTO;
    memcpy(out, attribute->value, attribute->length);
    out[attribute->length] = '\0';
    return 0;
}

static int take_number(struct vane_canlib_answer *answer,
                       const struct vane_wire_attribute *attribute)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uint32_t value;

        if (numbers[i].type != attribute->type)
            continue;
        if (!vane_wire_u32(attribute, &value))
            return -EPROTO;
        memcpy((char *)&answer->info + numbers[i].offset, &value, sizeof(value));
        answer->info.known |= numbers[i].known;
        return 0;
    }
    return 0; /* of a newer daemon */
}

static int take(struct vane_canlib_answer *answer, const struct vane_wire_attribute *attribute)
{
    switch (attribute->type) {
    case VANE_WIRE_NAME:
        return take_name(answer->info.name, attribute);
    case VANE_WIRE_KIND:
        return take_name(answer->info.kind, attribute);
    case VANE_WIRE_MESSAGE:
        take_text(answer->message, sizeof(answer->message), attribute->value, attribute->length);
        return 0;
    case VANE_WIRE_VERSION:
        take_text(answer->version, sizeof(answer->version), attribute->value, attribute->length);
        return 0;
    case VANE_WIRE_SUPPORTED:
        return vane_wire_u32(attribute, &answer->supported) ? 0 : -EPROTO;
    default:
        return take_number(answer, attribute);
    }
}

static void begin(struct vane_canlib_answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    answer->supported = 1;
    answer->info.size = sizeof(answer->info);
}

int vane_canlib_answer_parse(const void *data, size_t length, struct vane_canlib_answer *answer)
{
    struct vane_wire_head head;
    struct vane_wire_reader reader;
    struct vane_wire_attribute attribute;
    int r;

    if (length < VANE_WIRE_HEAD)
        return 0;
    vane_wire_head_parse(data, &head);
    if (head.length > VANE_WIRE_ANSWER_MAX)
        return -EPROTO;
    if (length - VANE_WIRE_HEAD < head.length)
        return 0;
    begin(answer);
    answer->operation = (uint8_t)(head.operation & ~VANE_WIRE_MORE);
    answer->more = head.operation & VANE_WIRE_MORE;
    answer->code = head.code;
    answer->id = head.id;
    reader = (struct vane_wire_reader){(const uint8_t *)data + VANE_WIRE_HEAD, head.length};
    while ((r = vane_wire_next(&reader, &attribute)) > 0) {
        if (take(answer, &attribute) < 0)
            return -EPROTO;
    }
    return r < 0 ? -EPROTO : (int)(VANE_WIRE_HEAD + head.length);
}

int vane_canlib_classic_answer_parse(const void *data, size_t length,
                                     struct vane_canlib_answer *answer)
{
    struct vane_wire_classic_answer classic;
    size_t taken = vane_wire_classic_answer_parse(data, length, false, &classic);

    if (length > 0 && *(const uint8_t *)data > 1)
        return -EPROTO;
    if (taken == 0)
        return 0;
    begin(answer);
    answer->code = classic.code;
    if (classic.success)
        answer->code = VANE_WIRE_OK;
    else if (classic.code == VANE_WIRE_OK)
        answer->code = VANE_WIRE_KERNEL; /* a daemon that has no codes */
    take_text(answer->message, sizeof(answer->message), classic.message, classic.message_length);
    return (int)taken;
}
