/*
 * The members of a link's payload: one table of names, types and getters. docs/events.md says what
 * each means.
 */
#include "engine/links/snapshot-members.h"

#include "engine/links/state.h"
#include "engine/links/words.h"
#include "lib/array.h"

typedef const struct vane_link_snapshot *Link;

/* Getters fill field->value (and count) and say whether the member is there. */
static bool take_text(struct vane_field *field, const char *text)
{
    field->value.string = text;
    return text && *text;
}

static bool take_number(struct vane_field *field, uint32_t number, bool present)
{
    field->value.uint64 = number;
    return present;
}

static bool take_words(struct vane_field *field, const struct vane_words *words)
{
    field->value.strings = words ? words->at : NULL;
    field->count = words ? words->count : 0;
    return words != NULL;
}

static bool get_name(Link link, struct vane_field *field)
{
    return take_text(field, link->facts->kernel.name);
}

static bool get_index(Link link, struct vane_field *field)
{
    return take_number(field, link->facts->kernel.index, true);
}

/* systemd-networkd shows udev's DEVTYPE, else the ARPHRD_ name. */
static bool get_type(Link link, struct vane_field *field)
{
    const char *devtype = link->identity->devtype;

    return take_text(field, devtype ? devtype : vane_arphrd_word(link->facts->kernel.arphrd));
}

static bool get_kind(Link link, struct vane_field *field)
{
    return take_text(field, link->facts->kernel.kind);
}

static bool get_member_kind(Link link, struct vane_field *field)
{
    return take_text(field, link->facts->kernel.member_kind);
}

static bool get_alternative_names(Link link, struct vane_field *field)
{
    return take_words(field, link->facts->alternative_names);
}

static bool get_flags(Link link, struct vane_field *field)
{
    take_words(field, link->facts->flags);
    return true;
}

static bool get_mtu(Link link, struct vane_field *field)
{
    return take_number(field, link->facts->kernel.mtu, link->facts->kernel.mtu > 0);
}

static bool get_mtu_minimum(Link link, struct vane_field *field)
{
    return take_number(field, link->facts->kernel.mtu_minimum, link->facts->kernel.mtu_minimum > 0);
}

static bool get_mtu_maximum(Link link, struct vane_field *field)
{
    return take_number(field, link->facts->kernel.mtu_maximum, link->facts->kernel.mtu_maximum > 0);
}

static bool get_hardware(Link link, struct vane_field *field)
{
    return take_text(field, link->facts->hardware);
}

static bool get_permanent(Link link, struct vane_field *field)
{
    return take_text(field, link->facts->permanent);
}

static bool get_driver(Link link, struct vane_field *field)
{
    return take_text(field, link->identity->driver);
}

static bool get_master(Link link, struct vane_field *field)
{
    return take_text(field, link->master);
}

static bool get_master_index(Link link, struct vane_field *field)
{
    return take_number(field, link->facts->kernel.master, link->facts->kernel.master > 0);
}

static bool get_lower(Link link, struct vane_field *field)
{
    return take_text(field, link->lower);
}

static bool get_lower_index(Link link, struct vane_field *field)
{
    return take_number(field, link->facts->kernel.lower, link->facts->kernel.lower > 0);
}

static bool get_carrier(Link link, struct vane_field *field)
{
    field->value.boolean = vane_link_has_carrier(&link->facts->kernel);
    return true;
}

static bool get_operational(Link link, struct vane_field *field)
{
    return take_text(field, link->states.operational);
}

static bool get_administrative(Link link, struct vane_field *field)
{
    return take_text(field, link->states.administrative);
}

static bool get_source(Link link, struct vane_field *field)
{
    return take_text(field, link->states.from_networkd ? "networkd" : "kernel");
}

static bool get_addresses(Link link, struct vane_field *field)
{
    return take_words(field, link->addresses);
}

static bool get_gateways(Link link, struct vane_field *field)
{
    return take_words(field, link->gateways);
}

static bool get_dns(Link link, struct vane_field *field)
{
    return link->networkd && take_words(field, link->networkd->dns);
}

static bool get_domains(Link link, struct vane_field *field)
{
    return link->networkd && take_words(field, link->networkd->search_domains);
}

static bool get_route_domains(Link link, struct vane_field *field)
{
    return link->networkd && take_words(field, link->networkd->route_domains);
}

static bool get_ntp(Link link, struct vane_field *field)
{
    return link->networkd && take_words(field, link->networkd->ntp);
}

static bool get_sip(Link link, struct vane_field *field)
{
    return link->networkd && take_words(field, link->networkd->sip);
}

static bool get_network_file(Link link, struct vane_field *field)
{
    return link->networkd && take_text(field, link->networkd->network_file);
}

static bool get_link_file(Link link, struct vane_field *field)
{
    return link->networkd && take_text(field, link->networkd->link_file);
}

static bool get_online_state(Link link, struct vane_field *field)
{
    return link->networkd && take_text(field, link->networkd->online_state);
}

static bool get_activation_policy(Link link, struct vane_field *field)
{
    return link->networkd && take_text(field, link->networkd->activation_policy);
}

static bool get_required_for_online(Link link, struct vane_field *field)
{
    if (!link->networkd || link->networkd->required_for_online < 0)
        return false;
    field->value.boolean = link->networkd->required_for_online != 0;
    return true;
}

static bool get_essid(Link link, struct vane_field *field)
{
    return link->wifi && take_text(field, link->wifi->essid);
}

static bool get_essid_hex(Link link, struct vane_field *field)
{
    return link->wifi && take_text(field, link->wifi->essid_hex);
}

static bool get_bssid(Link link, struct vane_field *field)
{
    return link->wifi && take_text(field, link->wifi->bssid);
}

static bool get_queueing_discipline(Link link, struct vane_field *field)
{
    return take_text(field, link->facts->kernel.queueing_discipline);
}

static bool get_address_mode(Link link, struct vane_field *field)
{
    return take_text(field, vane_address_mode_word(link->facts->kernel.address_mode));
}

static bool get_transmit_queues(Link link, struct vane_field *field)
{
    return take_number(field, link->facts->kernel.transmit_queues,
                       link->facts->kernel.transmit_queues > 0);
}

static bool get_receive_queues(Link link, struct vane_field *field)
{
    return take_number(field, link->facts->kernel.receive_queues,
                       link->facts->kernel.receive_queues > 0);
}

static bool get_alias(Link link, struct vane_field *field)
{
    return take_text(field, link->facts->kernel.alias);
}

static bool get_can_state(Link link, struct vane_field *field)
{
    const struct vane_rtnl_can *can = &link->facts->kernel.can;

    return can->controller && take_text(field, vane_can_state_word(can->state));
}

static bool get_can_transmit_errors(Link link, struct vane_field *field)
{
    const struct vane_rtnl_can *can = &link->facts->kernel.can;

    return take_number(field, can->transmit_errors, can->counts_errors);
}

static bool get_can_receive_errors(Link link, struct vane_field *field)
{
    const struct vane_rtnl_can *can = &link->facts->kernel.can;

    return take_number(field, can->receive_errors, can->counts_errors);
}

static bool get_can_modes(Link link, struct vane_field *field)
{
    return take_words(field, link->facts->can_modes);
}

static bool get_can_restart_ms(Link link, struct vane_field *field)
{
    const struct vane_rtnl_can *can = &link->facts->kernel.can;

    return take_number(field, can->restart_ms, can->controller);
}

/* What is 0 as long as nobody has set it. */
#define CAN_SETTING(member)                                                                        \
    static bool get_can_##member(Link link, struct vane_field *field)                              \
    {                                                                                              \
        uint32_t value = link->facts->kernel.can.member;                                           \
                                                                                                   \
        return take_number(field, value, value > 0);                                               \
    }
CAN_SETTING(bitrate)
CAN_SETTING(sample_point)
CAN_SETTING(data_bitrate)
CAN_SETTING(data_sample_point)
CAN_SETTING(termination)

/* How often since the controller's driver was started. */
#define CAN_TOTAL(member)                                                                          \
    static bool get_can_##member(Link link, struct vane_field *field)                              \
    {                                                                                              \
        const struct vane_rtnl_can *can = &link->facts->kernel.can;                                \
                                                                                                   \
        return take_number(field, can->totals.member, can->controller);                            \
    }
CAN_TOTAL(bus_error)
CAN_TOTAL(error_warning)
CAN_TOTAL(error_passive)
CAN_TOTAL(bus_off)
CAN_TOTAL(arbitration_lost)
CAN_TOTAL(restarts)

static const struct member {
    const char *name;
    uint32_t type;
    bool (*get)(Link link, struct vane_field *field);
} members[] = {
    {"interface_name", VANE_STRING, get_name},
    {"interface_index", VANE_UINT64, get_index},
    {"interface_type", VANE_STRING, get_type},
    {"kind", VANE_STRING, get_kind},
    {"member_kind", VANE_STRING, get_member_kind},
    {"alternative_names", VANE_STRINGS, get_alternative_names},
    {"flags", VANE_STRINGS, get_flags},
    {"mtu", VANE_UINT64, get_mtu},
    {"mtu_minimum", VANE_UINT64, get_mtu_minimum},
    {"mtu_maximum", VANE_UINT64, get_mtu_maximum},
    {"hardware_address", VANE_STRING, get_hardware},
    {"permanent_hardware_address", VANE_STRING, get_permanent},
    {"driver", VANE_STRING, get_driver},
    {"master", VANE_STRING, get_master},
    {"master_index", VANE_UINT64, get_master_index},
    {"lower", VANE_STRING, get_lower},
    {"lower_index", VANE_UINT64, get_lower_index},
    {"carrier", VANE_BOOL, get_carrier},
    {"operational_state", VANE_STRING, get_operational},
    {"administrative_state", VANE_STRING, get_administrative},
    {"source", VANE_STRING, get_source},
    {"address", VANE_STRINGS, get_addresses},
    {"gateway", VANE_STRINGS, get_gateways},
    {"dns", VANE_STRINGS, get_dns},
    {"domain", VANE_STRINGS, get_domains},
    {"route_domain", VANE_STRINGS, get_route_domains},
    {"ntp", VANE_STRINGS, get_ntp},
    {"sip", VANE_STRINGS, get_sip},
    {"network_file", VANE_STRING, get_network_file},
    {"link_file", VANE_STRING, get_link_file},
    {"online_state", VANE_STRING, get_online_state},
    {"required_for_online", VANE_BOOL, get_required_for_online},
    {"activation_policy", VANE_STRING, get_activation_policy},
    {"essid", VANE_STRING, get_essid},
    {"essid_hex", VANE_STRING, get_essid_hex},
    {"bssid", VANE_STRING, get_bssid},
    {"queueing_discipline", VANE_STRING, get_queueing_discipline},
    {"address_generation_mode", VANE_STRING, get_address_mode},
    {"transmit_queues", VANE_UINT64, get_transmit_queues},
    {"receive_queues", VANE_UINT64, get_receive_queues},
    {"alias", VANE_STRING, get_alias},
    {"can_state", VANE_STRING, get_can_state},
    {"can_transmit_errors", VANE_UINT64, get_can_transmit_errors},
    {"can_receive_errors", VANE_UINT64, get_can_receive_errors},
    {"can_bitrate", VANE_UINT64, get_can_bitrate},
    {"can_sample_point", VANE_UINT64, get_can_sample_point},
    {"can_data_bitrate", VANE_UINT64, get_can_data_bitrate},
    {"can_data_sample_point", VANE_UINT64, get_can_data_sample_point},
    {"can_modes", VANE_STRINGS, get_can_modes},
    {"can_restart_ms", VANE_UINT64, get_can_restart_ms},
    {"can_termination", VANE_UINT64, get_can_termination},
    {"can_bus_errors", VANE_UINT64, get_can_bus_error},
    {"can_error_warnings", VANE_UINT64, get_can_error_warning},
    {"can_error_passives", VANE_UINT64, get_can_error_passive},
    {"can_bus_offs", VANE_UINT64, get_can_bus_off},
    {"can_arbitration_lost", VANE_UINT64, get_can_arbitration_lost},
    {"can_restarts", VANE_UINT64, get_can_restarts},
};

G_STATIC_ASSERT(ELEMENTS(members) <= 64);

uint32_t vane_link_member_count(void)
{
    return ELEMENTS(members);
}

const char *vane_link_member_name(uint32_t number)
{
    return members[number].name;
}

bool vane_link_member_read(const struct vane_link_snapshot *link, uint32_t number,
                           struct vane_field *field)
{
    *field = (struct vane_field){.name = members[number].name, .type = members[number].type};
    return members[number].get(link, field);
}
