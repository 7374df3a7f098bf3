/* The description of a link. See status.h. */
#include "plugins/scripts/status.h"

#include <string.h>

#include <linux/ethtool.h>

#include "lib/array.h"
#include "plugins/scripts/describe.h"

char *vane_status_text(const struct vane_bus *bus, const struct vane_payload *payload,
                       const char *name)
{
    const char *const *texts;
    const char *text;
    int64_t number;
    uint32_t count;

    if (bus->get_string(payload, name, &text) == 0)
        return g_strdup(text);
    if (bus->get_bool(payload, name, &count) == 0)
        return g_strdup(count ? "yes" : "no");
    if (bus->get_int64(payload, name, &number) == 0)
        return g_strdup_printf("%" G_GINT64_FORMAT, number);
    if (bus->get_strings(payload, name, &texts, &count) == 0 && count > 0)
        return g_strdup(texts[0]);
    return NULL;
}

static char *member(const struct vane_description *about, const char *name)
{
    return vane_status_text(about->bus, about->link, name);
}

const char *vane_describe_file(const struct vane_description *about, const char *key)
{
    return about->facts ? g_hash_table_lookup(about->facts->files, key) : NULL;
}

/* The snapshot's word, else that of networkd's file, else `otherwise` (NULL: no such label). */
void vane_describe_text(const struct vane_description *about, const char *label, const char *name,
                        const char *key, const char *otherwise)
{
    g_autofree char *text = member(about, name);
    const char *value = text ? text : key ? vane_describe_file(about, key) : NULL;

    vane_document_add(about->document, label, value ? value : otherwise);
}

void vane_describe_words(const struct vane_description *about, const char *label, const char *words)
{
    g_auto(GStrv) list = g_strsplit_set(words ? words : "", " ", -1);

    for (char **word = list; *word; word++)
        vane_document_add(about->document, label, *word);
}

void vane_describe_list(const struct vane_description *about, const char *label, const char *name,
                        const char *key)
{
    const char *const *values;
    uint32_t count;

    if (about->bus->get_strings(about->link, name, &values, &count) < 0) {
        vane_describe_words(about, label, key ? vane_describe_file(about, key) : NULL);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        vane_document_add(about->document, label, values[i]);
}

static void add_files(const struct vane_description *about)
{
    const char *link_file = about->facts ? about->facts->link_file : NULL;

    vane_describe_text(about, "Link File", "link_file", NULL, link_file ? link_file : "n/a");
    vane_describe_text(about, "Network File", "network_file", "NETWORK_FILE", "n/a");
    vane_describe_text(about, "Online state", "online_state", "ONLINE_STATE", "unknown");
}

static void add_device(const struct vane_description *about)
{
    vane_describe_text(about, "Kind", "kind", NULL, NULL);
    if (about->facts) {
        vane_document_add(about->document, "Path", about->facts->path);
        vane_document_add(about->document, "Driver", about->facts->driver);
        vane_document_add(about->document, "Vendor", about->facts->vendor);
        vane_document_add(about->document, "Model", about->facts->model);
    }
}

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_alternative_names(const struct vane_description *about)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *const *values;
    uint32_t count;

    if (about->bus->get_strings(about->link, "alternative_names", &values, &count) < 0)
        return;
    for (uint32_t i = 0; i < count; i++)
        g_ptr_array_add(names, (char *)values[i]);
    g_ptr_array_sort(names, by_text);
    for (guint i = 0; i < names->len; i++)
        vane_document_add(about->document, "Alternative Names", g_ptr_array_index(names, i));
}

void vane_describe_with_vendor(const struct vane_description *about, const char *label,
                               const char *value, const char *hardware_address)
{
    g_autofree char *vendor =
        about->facts && hardware_address ? vane_facts_vendor(hardware_address) : NULL;

    if (vendor)
        vane_document_addf(about->document, label, "%s (%s)", value, vendor);
    else
        vane_document_add(about->document, label, value);
}

static void add_hardware_addresses(const struct vane_description *about)
{
    g_autofree char *present = member(about, "hardware_address");
    g_autofree char *permanent = member(about, "permanent_hardware_address");

    if (present)
        vane_describe_with_vendor(about, "Hardware Address", present, present);
    if (permanent && g_strcmp0(permanent, present) != 0 &&
        strspn(permanent, "0:") != strlen(permanent))
        vane_describe_with_vendor(about, "Permanent Hardware Address", permanent, permanent);
}

static void add_mtu(const struct vane_description *about)
{
    uint64_t mtu = 0, minimum = 0, maximum = 0;

    (void)about->bus->get_uint64(about->link, "mtu", &mtu);
    (void)about->bus->get_uint64(about->link, "mtu_minimum", &minimum);
    (void)about->bus->get_uint64(about->link, "mtu_maximum", &maximum);
    if (mtu == 0)
        return;
    if (minimum > 0 && maximum > 0)
        vane_document_addf(about->document, "MTU", "%u (min: %u, max: %u)", (unsigned)mtu,
                           (unsigned)minimum, (unsigned)maximum);
    else if (minimum > 0 || maximum > 0)
        vane_document_addf(about->document, "MTU", "%u (%s: %u)", (unsigned)mtu,
                           minimum ? "min" : "max", (unsigned)(minimum ? minimum : maximum));
    else
        vane_document_addf(about->document, "MTU", "%u", (unsigned)mtu);
}

static void add_details(const struct vane_description *about)
{
    const vane_details *details = about->facts ? about->facts->details : NULL;

    for (guint i = 0; details && i + 1 < details->len; i += 2)
        vane_document_add(about->document, g_ptr_array_index(details, i),
                          g_ptr_array_index(details, i + 1));
}

static void add_access_point(const struct vane_description *about)
{
    g_autofree char *essid = member(about, "essid");
    g_autofree char *bssid = member(about, "bssid");
    g_autofree char *escaped = essid ? g_strescape(essid, NULL) : NULL;

    if (essid || bssid)
        vane_document_addf(about->document, "Wi-Fi access point", "%s (%s)",
                           escaped ? escaped : "(null)", bssid ? bssid : "00:00:00:00:00:00");
}

static void add_queues(const struct vane_description *about)
{
    uint64_t transmit = 0, receive = 0;

    (void)about->bus->get_uint64(about->link, "transmit_queues", &transmit);
    (void)about->bus->get_uint64(about->link, "receive_queues", &receive);
    if (transmit > 0 || receive > 0)
        vane_document_addf(about->document, "Number of Queues (Tx/Rx)", "%u/%u", (unsigned)transmit,
                           (unsigned)receive);
}

/* Whole units only, as networkctl(1) of systemd 252 has it: 2.5 Gbit/s is "2Gbps". */
static void add_speed(const struct vane_description *about, uint64_t speed)
{
    static const struct {
        uint64_t unit;
        const char *suffix;
    } units[] = {{1000000000000u, "T"}, {1000000000u, "G"}, {1000000u, "M"}, {1000u, "K"}, {1, ""}};

    for (size_t i = 0; i < ELEMENTS(units); i++)
        if (speed >= units[i].unit) {
            vane_document_addf(about->document, "Speed", "%u%sbps",
                               (unsigned)(speed / units[i].unit), units[i].suffix);
            return;
        }
}

static void add_medium(const struct vane_description *about)
{
    static const char *const ports[] = {"tp", "aui", "mii", "fibre", "bnc"};
    const struct vane_medium *medium = about->facts ? &about->facts->medium : NULL;

    if (!medium || !medium->known)
        return;
    if (medium->autonegotiation <= AUTONEG_ENABLE)
        vane_document_add(about->document, "Auto negotiation",
                          medium->autonegotiation == AUTONEG_ENABLE ? "yes" : "no");
    add_speed(about, medium->speed);
    if (medium->duplex <= DUPLEX_FULL)
        vane_document_add(about->document, "Duplex",
                          medium->duplex == DUPLEX_FULL ? "full" : "half");
    if (medium->port < ELEMENTS(ports))
        vane_document_add(about->document, "Port", ports[medium->port]);
}

static void describe(const struct vane_description *about)
{
    add_files(about);
    add_device(about);
    add_alternative_names(about);
    add_hardware_addresses(about);
    add_mtu(about);
    vane_describe_text(about, "QDisc", "queueing_discipline", NULL, NULL);
    vane_describe_text(about, "Master", "master", NULL, NULL);
    vane_describe_text(about, "IPv6 Address Generation Mode", "address_generation_mode", NULL,
                       NULL);
    add_details(about);
    add_access_point(about);
    add_queues(about);
    add_medium(about);
    vane_describe_network(about);
    vane_describe_dhcp(about);
}

/* The members that networkd-dispatcher adds. */
static void add_identity(const struct vane_description *about,
                         const struct vane_status_input *input)
{
    const char *administrative = input->administrative_state ? input->administrative_state : "";
    const char *operational = input->operational_state ? input->operational_state : "";
    g_autofree char *state = g_strdup_printf("%s (%s)", operational, administrative);
    g_autofree char *name = member(about, "interface_name");
    g_autofree char *type = member(about, "interface_type");
    g_autofree char *essid = member(about, "essid");

    vane_document_set(about->document, "Type", type);
    vane_document_set(about->document, "InterfaceName", name);
    vane_document_set(about->document, "OperationalState", operational);
    vane_document_set(about->document, "AdministrativeState", administrative);
    vane_document_set(about->document, "State", state);
    if (g_strcmp0(type, "wlan") == 0)
        vane_document_set(about->document, "ESSID", essid);
}

struct vane_document *vane_status_document(const struct vane_status_input *input,
                                           const struct vane_facts *facts)
{
    struct vane_description about = {
        .bus = input->bus, .link = input->link, .facts = facts, .document = vane_document_new()};

    if (!input->link)
        return about.document;
    add_identity(&about, input);
    if (!input->gone)
        describe(&about);
    return about.document;
}
