/* The second form: heads and attributes, read and written. See wire.h. */
#include "lib/can/wire.h"

#include <string.h>

static uint16_t get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)get_u16(at) | (uint32_t)get_u16(at + 2) << 16;
}

static void set_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value & 0xff);
    at[1] = (uint8_t)(value >> 8);
}

static void set_u32(uint8_t *at, uint32_t value)
{
    set_u16(at, (uint16_t)(value & 0xffff));
    set_u16(at + 2, (uint16_t)(value >> 16));
}

void vane_wire_head_parse(const void *data, struct vane_wire_head *head)
{
    const uint8_t *bytes = data;

    head->operation = bytes[0];
    head->code = bytes[1];
    head->length = get_u16(bytes + 2);
    head->id = get_u32(bytes + 4);
}

int vane_wire_next(struct vane_wire_reader *reader, struct vane_wire_attribute *attribute)
{
    if (reader->left == 0)
        return 0;
    if (reader->left < VANE_WIRE_ATTRIBUTE_HEAD)
        return -1;
    attribute->type = get_u16(reader->at);
    attribute->length = get_u16(reader->at + 2);
    attribute->value = reader->at + VANE_WIRE_ATTRIBUTE_HEAD;
    if (reader->left - VANE_WIRE_ATTRIBUTE_HEAD < attribute->length)
        return -1;
    reader->at += VANE_WIRE_ATTRIBUTE_HEAD + attribute->length;
    reader->left -= VANE_WIRE_ATTRIBUTE_HEAD + (size_t)attribute->length;
    return 1;
}

bool vane_wire_u32(const struct vane_wire_attribute *attribute, uint32_t *value)
{
    if (attribute->length != sizeof(*value))
        return false;
    *value = get_u32(attribute->value);
    return true;
}

/* ---- requests ---- */

static int refuse(struct vane_wire_request *request, uint8_t code, uint16_t detail,
                  const char *complaint)
{
    request->code = code;
    request->detail = detail;
    request->complaint = complaint;
    return -1;
}

static int take_name(struct vane_wire_request *request, char *out,
                     const struct vane_wire_attribute *attribute)
{
    const char *complaint = vane_wire_name_complaint(attribute->value, attribute->length);

    if (complaint)
        return refuse(request, VANE_WIRE_BAD_NAME, attribute->type, complaint);
    memcpy(out, attribute->value, attribute->length);
    return 0;
}

static int take_number(struct vane_wire_request *request,
                       const struct vane_wire_attribute *attribute)
{
    if (!vane_wire_u32(attribute, &request->numbers[attribute->type]))
        return refuse(request, VANE_WIRE_BAD_REQUEST, attribute->type, "has not four bytes");
    return 0;
}

static int take_kind(struct vane_wire_request *request, const struct vane_wire_attribute *attribute)
{
    if (attribute->length == 0 || attribute->length > VANE_WIRE_NAME_MAX ||
        vane_wire_name_complaint(attribute->value, attribute->length))
        return refuse(request, VANE_WIRE_BAD_REQUEST, attribute->type, "is no kind of interface");
    memcpy(request->kind, attribute->value, attribute->length);
    return 0;
}

#define BIT(type) (1u << (type))
#define CAN_TIMING                                                                                 \
    (BIT(VANE_WIRE_BITRATE) | BIT(VANE_WIRE_SAMPLE_POINT) | BIT(VANE_WIRE_DATA_BITRATE) |          \
     BIT(VANE_WIRE_DATA_SAMPLE_POINT) | BIT(VANE_WIRE_RESTART_MS) | BIT(VANE_WIRE_MODES) |         \
     BIT(VANE_WIRE_MODES_MASK) | BIT(VANE_WIRE_TERMINATION))

/* What an operation must and may have. */
static const struct {
    uint32_t needed, allowed;
} operations[] = {
    [VANE_WIRE_CREATE] = {BIT(VANE_WIRE_NAME), BIT(VANE_WIRE_KIND) | BIT(VANE_WIRE_PEER) |
                                                   BIT(VANE_WIRE_LEASE) | BIT(VANE_WIRE_SET_UP) |
                                                   BIT(VANE_WIRE_MTU)},
    [VANE_WIRE_UP] = {BIT(VANE_WIRE_NAME), 0},
    [VANE_WIRE_DOWN] = {BIT(VANE_WIRE_NAME), 0},
    [VANE_WIRE_DELETE] = {BIT(VANE_WIRE_NAME), 0},
    [VANE_WIRE_CONFIGURE] = {BIT(VANE_WIRE_NAME), CAN_TIMING | BIT(VANE_WIRE_MTU)},
    [VANE_WIRE_GET] = {BIT(VANE_WIRE_NAME), 0},
    [VANE_WIRE_LIST] = {0, 0},
    [VANE_WIRE_RENEW] = {BIT(VANE_WIRE_NAME) | BIT(VANE_WIRE_LEASE), 0},
    [VANE_WIRE_HELLO] = {0, 0},
};

static int take(struct vane_wire_request *request, const struct vane_wire_attribute *attribute)
{
    uint16_t type = attribute->type;
    uint32_t allowed =
        operations[request->operation].needed | operations[request->operation].allowed;

    if (type > VANE_WIRE_REQUEST_LAST || !(allowed & BIT(type)))
        return refuse(request, VANE_WIRE_BAD_REQUEST, type, "does not belong to this operation");
    if (request->present & BIT(type))
        return refuse(request, VANE_WIRE_BAD_REQUEST, type, "comes twice");
    request->present |= BIT(type);
    switch (type) {
    case VANE_WIRE_NAME:
        return take_name(request, request->name, attribute);
    case VANE_WIRE_PEER:
        return take_name(request, request->peer, attribute);
    case VANE_WIRE_KIND:
        return take_kind(request, attribute);
    default:
        return take_number(request, attribute);
    }
}

static void take_all(struct vane_wire_request *request, const uint8_t *at, size_t length)
{
    struct vane_wire_reader reader = {at, length};
    struct vane_wire_attribute attribute;
    int r = 0;

    while (request->code == VANE_WIRE_OK && (r = vane_wire_next(&reader, &attribute)) > 0)
        (void)take(request, &attribute);
    if (r < 0)
        (void)refuse(request, VANE_WIRE_BAD_REQUEST, 0, "has an attribute that is cut off");
    else if (request->code == VANE_WIRE_OK &&
             (request->present & operations[request->operation].needed) !=
                 operations[request->operation].needed)
        (void)refuse(request, VANE_WIRE_BAD_REQUEST, 0, "lacks an attribute that it needs");
}

int vane_wire_parse(const void *data, size_t length, struct vane_wire_request *request)
{
    struct vane_wire_head head;

    if (length < VANE_WIRE_HEAD)
        return 0;
    vane_wire_head_parse(data, &head);
    if (head.length <= VANE_WIRE_REQUEST_MAX && length - VANE_WIRE_HEAD < head.length)
        return 0;
    *request = (struct vane_wire_request){.operation = head.operation, .id = head.id};
    if (head.length > VANE_WIRE_REQUEST_MAX)
        return refuse(request, VANE_WIRE_BAD_REQUEST, 0, "has over 1024 bytes of attributes");
    if (!vane_wire_operation_name(head.operation))
        (void)refuse(request, VANE_WIRE_BAD_OPERATION, 0, "is no operation");
    else if (head.code != 0)
        (void)refuse(request, VANE_WIRE_BAD_REQUEST, 0, "has a second byte that is not 0");
    else
        take_all(request, (const uint8_t *)data + VANE_WIRE_HEAD, head.length);
    return (int)(VANE_WIRE_HEAD + head.length);
}

/* ---- writing ---- */

void vane_wire_begin(struct vane_wire_writer *writer, void *out, size_t size,
                     const struct vane_wire_head *head)
{
    *writer = (struct vane_wire_writer){
        .out = out, .size = size, .length = VANE_WIRE_HEAD, .overflow = size < VANE_WIRE_HEAD};
    if (writer->overflow)
        return;
    writer->out[0] = head->operation;
    writer->out[1] = head->code;
    set_u16(writer->out + 2, 0);
    set_u32(writer->out + 4, head->id);
}

/* Where the value goes; NULL: there is no room. */
static uint8_t *begin_attribute(struct vane_wire_writer *writer, uint16_t type, size_t length)
{
    uint8_t *at = writer->out + writer->length;

    if (writer->overflow || length > UINT16_MAX ||
        writer->size - writer->length < VANE_WIRE_ATTRIBUTE_HEAD + length) {
        writer->overflow = true;
        return NULL;
    }
    set_u16(at, type);
    set_u16(at + 2, (uint16_t)length);
    writer->length += VANE_WIRE_ATTRIBUTE_HEAD + length;
    return at + VANE_WIRE_ATTRIBUTE_HEAD;
}

void vane_wire_put_u32(struct vane_wire_writer *writer, uint16_t type, uint32_t value)
{
    uint8_t *at = begin_attribute(writer, type, sizeof(value));

    if (at)
        set_u32(at, value);
}

void vane_wire_put_text(struct vane_wire_writer *writer, uint16_t type, const char *text)
{
    size_t length = strlen(text);
    uint8_t *at = begin_attribute(writer, type, length);

    if (at && length > 0)
        /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): no NUL goes over the wire */
        memcpy(at, text, length);
}

size_t vane_wire_end(struct vane_wire_writer *writer)
{
    if (writer->overflow || writer->length - VANE_WIRE_HEAD > UINT16_MAX)
        return 0;
    set_u16(writer->out + 2, (uint16_t)(writer->length - VANE_WIRE_HEAD));
    return writer->length;
}
