/*
 * What the daemon answers, as bytes and as structs. Pure: whatever the bytes, nothing is read
 * beyond them and every text ends.
 */
#ifndef NETVANE_CLIENT_ANSWER_H
#define NETVANE_CLIENT_ANSWER_H

#include <stdbool.h>

#include "client/netvane-can.h"
#include "lib/can/wire.h"

/* Of both forms. Texts are printable UTF-8, cut where they are too long. */
struct vane_canlib_answer {
    uint8_t operation;
    uint8_t code; /* VANE_WIRE_... */
    bool more;    /* another with this id follows */
    uint32_t id;
    char message[512];
    char version[64];
    uint32_t supported;
    struct vane_can_info info;
};

/* How many bytes the first answer takes; 0: it is not complete yet; -EPROTO: it is none. */
int vane_canlib_answer_parse(const void *data, size_t length, struct vane_canlib_answer *answer);
/* The same in the classic form, in which any bytes but a first one over 1 are an answer. */
int vane_canlib_classic_answer_parse(const void *data, size_t length,
                                     struct vane_canlib_answer *answer);

#endif
