/* What a CAN controller tells within RTM_NEWLINK. See parse.h. */
#include "engine/links/parse-can.h"

#include <errno.h>
#include <string.h>

#include <linux/if_link.h>

static const struct nla_policy can_policy[IFLA_CAN_MAX + 1] = {
    [IFLA_CAN_BITTIMING] = {.minlen = sizeof(struct can_bittiming)},
    [IFLA_CAN_DATA_BITTIMING] = {.minlen = sizeof(struct can_bittiming)},
    [IFLA_CAN_STATE] = {.type = NLA_U32},
    [IFLA_CAN_CTRLMODE] = {.minlen = sizeof(struct can_ctrlmode)},
    [IFLA_CAN_RESTART_MS] = {.type = NLA_U32},
    [IFLA_CAN_BERR_COUNTER] = {.minlen = sizeof(struct can_berr_counter)},
    [IFLA_CAN_TERMINATION] = {.type = NLA_U16},
};

static void take_timing(struct nlattr *attribute, uint32_t *bitrate, uint32_t *sample_point)
{
    struct can_bittiming timing;

    if (!attribute)
        return;
    memcpy(&timing, nla_data(attribute), sizeof(timing));
    *bitrate = timing.bitrate;
    *sample_point = timing.sample_point;
}

static void take_counters(struct nlattr *attribute, struct vane_rtnl_can *out)
{
    struct can_berr_counter counter;

    if (!attribute)
        return;
    memcpy(&counter, nla_data(attribute), sizeof(counter));
    out->counts_errors = true;
    out->transmit_errors = counter.txerr;
    out->receive_errors = counter.rxerr;
}

static void take_modes(struct nlattr *attribute, struct vane_rtnl_can *out)
{
    struct can_ctrlmode modes;

    if (!attribute)
        return;
    memcpy(&modes, nla_data(attribute), sizeof(modes));
    out->modes = modes.flags;
}

int vane_parse_can(struct nlattr *data, struct vane_rtnl_can *out)
{
    struct nlattr *at[IFLA_CAN_MAX + 1];

    if (nla_parse_nested(at, IFLA_CAN_MAX, data, can_policy) < 0)
        return -EBADMSG;
    if (!at[IFLA_CAN_STATE])
        return 0;
    out->controller = true;
    out->state = nla_get_u32(at[IFLA_CAN_STATE]);
    take_timing(at[IFLA_CAN_BITTIMING], &out->bitrate, &out->sample_point);
    take_timing(at[IFLA_CAN_DATA_BITTIMING], &out->data_bitrate, &out->data_sample_point);
    take_modes(at[IFLA_CAN_CTRLMODE], out);
    take_counters(at[IFLA_CAN_BERR_COUNTER], out);
    if (at[IFLA_CAN_RESTART_MS])
        out->restart_ms = nla_get_u32(at[IFLA_CAN_RESTART_MS]);
    if (at[IFLA_CAN_TERMINATION])
        out->termination = nla_get_u16(at[IFLA_CAN_TERMINATION]);
    return 0;
}

void vane_parse_can_totals(struct nlattr *statistics, struct vane_rtnl_can *out)
{
    if (nla_len(statistics) >= (int)sizeof(out->totals))
        memcpy(&out->totals, nla_data(statistics), sizeof(out->totals));
}
