/* What changes interfaces: create, up, down, delete, renew, configure. */
#include <errno.h>
#include <string.h>

#include "client/can.h"

static int simple(struct vane_can *can, uint8_t operation, const char *verb, const char *name)
{
    struct vane_canlib_request request;
    struct vane_canlib_answer answer;
    int r = vane_canlib_check_name(verb, name);

    if (r < 0)
        return r;
    vane_canlib_begin(&request, operation, verb, name);
    request.lease = operation == VANE_WIRE_DELETE ? VANE_CANLIB_LEASE_FREE : VANE_CANLIB_LEASE_SAME;
    return vane_canlib_ask(can, &request, &answer);
}

int vane_can_up(struct vane_can *can, const char *name)
{
    return simple(can, VANE_WIRE_UP, "raise", name);
}

int vane_can_down(struct vane_can *can, const char *name)
{
    return simple(can, VANE_WIRE_DOWN, "lower", name);
}

int vane_can_delete(struct vane_can *can, const char *name)
{
    return simple(can, VANE_WIRE_DELETE, "delete", name);
}

static enum vane_canlib_lease_change lease_of(uint32_t seconds)
{
    return seconds == 0 ? VANE_CANLIB_LEASE_TIED : VANE_CANLIB_LEASE_FREE;
}

int vane_can_renew(struct vane_can *can, const char *name, uint32_t seconds)
{
    struct vane_canlib_request request;
    struct vane_canlib_answer answer;
    int r = vane_canlib_check_name("renew the lease of", name);

    if (r < 0)
        return r;
    vane_canlib_begin(&request, VANE_WIRE_RENEW, "renew the lease of", name);
    vane_wire_put_u32(&request.writer, VANE_WIRE_LEASE, seconds);
    request.lease = lease_of(seconds);
    return vane_canlib_ask(can, &request, &answer);
}

/* ---- create ---- */

static int check_create(const char *name, const struct vane_can_create_options *options)
{
    int r = vane_canlib_check_name("create", name);

    if (r == 0 && options->flags & ~(VANE_CAN_SET_UP | VANE_CAN_LEASE))
        r = vane_canlib_fail(-EINVAL, "cannot create %s: unknown flags 0x%x", name, options->flags);
    if (r == 0 && options->lease && !(options->flags & VANE_CAN_LEASE))
        r = vane_canlib_fail(-EINVAL, "cannot create %s: a lease without VANE_CAN_LEASE", name);
    if (r == 0 && options->peer)
        r = vane_canlib_check_name("create", options->peer);
    return r;
}

static void put_create(struct vane_canlib_request *request,
                       const struct vane_can_create_options *options)
{
    bool set_up = options->flags & VANE_CAN_SET_UP, lease = options->flags & VANE_CAN_LEASE;
    bool other = options->kind && strcmp(options->kind, "vcan") != 0;

    if (other)
        vane_wire_put_text(&request->writer, VANE_WIRE_KIND, options->kind);
    if (options->peer)
        vane_wire_put_text(&request->writer, VANE_WIRE_PEER, options->peer);
    if (lease) {
        vane_wire_put_u32(&request->writer, VANE_WIRE_LEASE, options->lease);
        request->lease = lease_of(options->lease);
    }
    if (options->mtu)
        vane_wire_put_u32(&request->writer, VANE_WIRE_MTU, options->mtu);
    if (set_up)
        vane_wire_put_u32(&request->writer, VANE_WIRE_SET_UP, 1);
    if (other || options->peer || lease || options->mtu)
        request->classic[0] = 0;
    else if (set_up)
        request->classic[1] = VANE_WIRE_UP;
}

int vane_can_create(struct vane_can *can, const char *name,
                    const struct vane_can_create_options *options)
{
    struct vane_can_create_options own = {0};
    struct vane_canlib_request request;
    struct vane_canlib_answer answer;
    int r = options ? vane_canlib_copy_in(&own, sizeof(own), options) : 0;

    if (r == 0)
        r = check_create(name, &own);
    if (r < 0)
        return r;
    vane_canlib_begin(&request, VANE_WIRE_CREATE, "create", name);
    put_create(&request, &own);
    return vane_canlib_ask(can, &request, &answer);
}

/* ---- configure ---- */

static const struct {
    uint32_t bit;
    uint16_t type;
    uint16_t offset;
} settings_members[] = {
#define MEMBER(bit, type, member)                                                                  \
    {                                                                                              \
        bit, type, offsetof(struct vane_can_settings, member)                                      \
    }
    MEMBER(VANE_CAN_SETTING_BITRATE, VANE_WIRE_BITRATE, bitrate),
    MEMBER(VANE_CAN_SETTING_SAMPLE_POINT, VANE_WIRE_SAMPLE_POINT, sample_point),
    MEMBER(VANE_CAN_SETTING_DATA_BITRATE, VANE_WIRE_DATA_BITRATE, data_bitrate),
    MEMBER(VANE_CAN_SETTING_DATA_SAMPLE_POINT, VANE_WIRE_DATA_SAMPLE_POINT, data_sample_point),
    MEMBER(VANE_CAN_SETTING_RESTART_MS, VANE_WIRE_RESTART_MS, restart_ms),
    MEMBER(VANE_CAN_SETTING_MODES, VANE_WIRE_MODES, modes),
    MEMBER(VANE_CAN_SETTING_TERMINATION, VANE_WIRE_TERMINATION, termination),
    MEMBER(VANE_CAN_SETTING_MTU, VANE_WIRE_MTU, mtu),
#undef MEMBER
};

/* The bits of `set` that no member stands for. */
static uint32_t put_settings(struct vane_canlib_request *request,
                             const struct vane_can_settings *settings)
{
    uint32_t unknown = settings->set;

    for (size_t i = 0; i < sizeof(settings_members) / sizeof(settings_members[0]); i++) {
        uint32_t value;

        unknown &= ~settings_members[i].bit;
        if (!(settings->set & settings_members[i].bit))
            continue;
        memcpy(&value, (const char *)settings + settings_members[i].offset, sizeof(value));
        vane_wire_put_u32(&request->writer, settings_members[i].type, value);
    }
    if (settings->set & VANE_CAN_SETTING_MODES && settings->modes_mask)
        vane_wire_put_u32(&request->writer, VANE_WIRE_MODES_MASK, settings->modes_mask);
    return unknown;
}

int vane_can_configure(struct vane_can *can, const char *name,
                       const struct vane_can_settings *settings)
{
    struct vane_can_settings own;
    struct vane_canlib_request request;
    struct vane_canlib_answer answer;
    int r = vane_canlib_copy_in(&own, sizeof(own), settings);

    if (r == 0)
        r = vane_canlib_check_name("configure", name);
    if (r < 0)
        return r;
    vane_canlib_begin(&request, VANE_WIRE_CONFIGURE, "configure", name);
    if (put_settings(&request, &own))
        return vane_canlib_fail(-EINVAL, "cannot configure %s: unknown settings 0x%x", name,
                                own.set);
    return vane_canlib_ask(can, &request, &answer);
}

int vane_can_set_bitrate(struct vane_can *can, const char *name, uint32_t bitrate)
{
    const struct vane_can_settings settings = {
        .size = sizeof(settings), .set = VANE_CAN_SETTING_BITRATE, .bitrate = bitrate};

    return vane_can_configure(can, name, &settings);
}
