/* Framing of D-Bus messages. See frame.h. */
#include "engine/control/frame.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

static uint32_t read_u32(const struct vane_frame *frame, size_t offset)
{
    uint32_t value;

    memcpy(&value, frame->header + offset, sizeof(value));
    return frame->header[0] == 'l' ? le32toh(value) : be32toh(value);
}

/* The header: byte order, type, flags, version, body length, serial, length of the fields. */
static int read_size(struct vane_frame *frame)
{
    uint64_t body, fields, size;

    if (frame->header[1] == 0 || frame->header[3] != 1)
        return -EBADMSG;
    body = read_u32(frame, 4);
    fields = read_u32(frame, 12);
    size = VANE_FRAME_HEADER_SIZE + ((fields + 7) & ~UINT64_C(7)) + body;
    if (size > VANE_FRAME_MESSAGE_MAX)
        return -EMSGSIZE;
    if (fields > VANE_FRAME_FIELDS_MAX)
        return -ENAMETOOLONG;
    frame->size = (uint32_t)size;
    return 0;
}

static ssize_t scan_header(struct vane_frame *frame, const uint8_t *bytes, size_t length)
{
    size_t wanted = VANE_FRAME_HEADER_SIZE - frame->seen;
    size_t taken = length < wanted ? length : wanted;
    int r;

    memcpy(frame->header + frame->seen, bytes, taken);
    frame->seen += (uint32_t)taken;
    if (frame->header[0] != 'l' && frame->header[0] != 'B')
        return -EBADMSG;
    if (frame->seen < VANE_FRAME_HEADER_SIZE)
        return (ssize_t)taken;
    r = read_size(frame);
    return r < 0 ? r : (ssize_t)taken;
}

ssize_t vane_frame_scan(struct vane_frame *frame, const uint8_t *bytes, size_t length,
                        bool *complete)
{
    size_t taken = 0;
    size_t rest;

    *complete = false;
    if (length == 0)
        return 0;
    if (frame->size == 0) {
        ssize_t r = scan_header(frame, bytes, length);

        if (r < 0)
            return r;
        taken = (size_t)r;
        if (frame->size == 0)
            return (ssize_t)taken;
    }
    rest = frame->size - frame->seen;
    if (rest > length - taken)
        rest = length - taken;
    frame->seen += (uint32_t)rest;
    if (frame->seen == frame->size) {
        *complete = true;
        *frame = (struct vane_frame){0};
    }
    return (ssize_t)(taken + rest);
}
