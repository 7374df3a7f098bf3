/*
 * Where one D-Bus message ends and the next begins (D-Bus Specification, "Message Protocol").
 * Pure and incremental: it sees every byte of a client before the D-Bus library does.
 */
#ifndef NETVANE_ENGINE_CONTROL_FRAME_H
#define NETVANE_ENGINE_CONTROL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define VANE_FRAME_HEADER_SIZE 16u
#define VANE_FRAME_MESSAGE_MAX (1u << 20)
/* Four names of 255 bytes, a signature, and a path: the library looks up each prefix of that, which
 * takes a second for the 64 KiB that it allows. */
#define VANE_FRAME_FIELDS_MAX 2048u

/* All-zero: at the beginning of a message. */
struct vane_frame {
    uint8_t header[VANE_FRAME_HEADER_SIZE];
    uint32_t seen; /* bytes of the message so far */
    uint32_t size; /* of the whole message; 0: the header is not complete */
};

/*
 * Looks at bytes up to the end of the present message. Returns how many belong to it, at least 1
 * for a `length` above 0, and tells whether it is complete, whereupon the next call begins a new
 * one. -EBADMSG: this is no D-Bus; -EMSGSIZE: it would be longer than VANE_FRAME_MESSAGE_MAX;
 * -ENAMETOOLONG: the fields of its header are longer than VANE_FRAME_FIELDS_MAX.
 */
ssize_t vane_frame_scan(struct vane_frame *frame, const uint8_t *bytes, size_t length,
                        bool *complete);

#endif
