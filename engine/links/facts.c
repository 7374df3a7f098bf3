/* The counted parts of link snapshots. See facts.h. */
#include "engine/links/facts.h"

#include <string.h>

#include "engine/links/words.h"

struct vane_words *vane_words_new(const char *const *at, uint32_t count)
{
    size_t size = sizeof(struct vane_words) + count * sizeof(char *);
    struct vane_words *words;
    char *text;

    if (count == 0)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        size += strlen(at[i]) + 1;
    words = g_malloc(size);
    words->refs = 1;
    words->count = count;
    text = (char *)&words->at[count];
    for (uint32_t i = 0; i < count; i++) {
        words->at[i] = text;
        text = g_stpcpy(text, at[i]) + 1;
    }
    return words;
}

struct vane_words *vane_words_ref(struct vane_words *words)
{
    if (words)
        words->refs++;
    return words;
}

void vane_words_unref(struct vane_words *words)
{
    if (words && --words->refs == 0)
        g_free(words);
}

bool vane_words_equal(const struct vane_words *a, const struct vane_words *b)
{
    if (!a || !b || a->count != b->count)
        return a == b;
    for (uint32_t i = 0; i < a->count; i++)
        if (strcmp(a->at[i], b->at[i]) != 0)
            return false;
    return true;
}

struct vane_link_identity *vane_link_identity_new(const char *devtype, const char *driver)
{
    struct vane_link_identity *identity = g_new0(struct vane_link_identity, 1);

    identity->refs = 1;
    identity->devtype = g_strdup(devtype);
    identity->driver = g_strdup(driver);
    identity->complete = true;
    return identity;
}

struct vane_link_identity *vane_link_identity_ref(struct vane_link_identity *identity)
{
    if (identity)
        identity->refs++;
    return identity;
}

void vane_link_identity_unref(struct vane_link_identity *identity)
{
    if (!identity || --identity->refs > 0)
        return;
    g_free(identity->devtype);
    g_free(identity->driver);
    g_free(identity);
}

void vane_hardware_text(const uint8_t *bytes, size_t length, char *text)
{
    static const char digits[] = "0123456789abcdef";

    *text = '\0';
    for (size_t i = 0; i < length; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 0xf];
        *text++ = i + 1 < length ? ':' : '\0';
    }
}

struct vane_link_facts *vane_link_facts_new(const struct vane_rtnl_link *kernel,
                                            const struct vane_rtnl_names *names)
{
    struct vane_link_facts *facts = g_new(struct vane_link_facts, 1);
    const char *words[VANE_FLAG_WORDS];

    facts->refs = 1;
    facts->kernel = *kernel;
    facts->alternative_names = vane_words_new(names->at, names->count);
    facts->flags = vane_words_new(words, vane_link_flag_words(kernel->flags, words));
    facts->can_modes = vane_words_new(words, vane_can_mode_words(kernel->can.modes, words));
    vane_hardware_text(kernel->hardware.bytes, kernel->hardware.length, facts->hardware);
    vane_hardware_text(kernel->permanent.bytes, kernel->permanent.length, facts->permanent);
    return facts;
}

struct vane_link_facts *vane_link_facts_ref(struct vane_link_facts *facts)
{
    facts->refs++;
    return facts;
}

void vane_link_facts_unref(struct vane_link_facts *facts)
{
    if (!facts || --facts->refs > 0)
        return;
    vane_words_unref(facts->alternative_names);
    vane_words_unref(facts->flags);
    vane_words_unref(facts->can_modes);
    g_free(facts);
}

struct vane_networkd_facts *vane_networkd_facts_new(void)
{
    struct vane_networkd_facts *facts = g_new0(struct vane_networkd_facts, 1);

    facts->refs = 1;
    facts->required_for_online = -1;
    return facts;
}

struct vane_networkd_facts *vane_networkd_facts_with_online(const struct vane_networkd_facts *facts,
                                                            const char *online_state)
{
    struct vane_networkd_facts *copy = vane_networkd_facts_new();

    copy->online_state = g_strdup(online_state);
    if (!facts)
        return copy;
    copy->required_for_online = facts->required_for_online;
    copy->network_file = g_strdup(facts->network_file);
    copy->link_file = g_strdup(facts->link_file);
    copy->activation_policy = g_strdup(facts->activation_policy);
    copy->dns = vane_words_ref(facts->dns);
    copy->search_domains = vane_words_ref(facts->search_domains);
    copy->route_domains = vane_words_ref(facts->route_domains);
    copy->ntp = vane_words_ref(facts->ntp);
    copy->sip = vane_words_ref(facts->sip);
    return copy;
}

struct vane_networkd_facts *vane_networkd_facts_ref(struct vane_networkd_facts *facts)
{
    if (facts)
        facts->refs++;
    return facts;
}

void vane_networkd_facts_unref(struct vane_networkd_facts *facts)
{
    if (!facts || --facts->refs > 0)
        return;
    g_free(facts->network_file);
    g_free(facts->link_file);
    g_free(facts->online_state);
    g_free(facts->activation_policy);
    vane_words_unref(facts->dns);
    vane_words_unref(facts->search_domains);
    vane_words_unref(facts->route_domains);
    vane_words_unref(facts->ntp);
    vane_words_unref(facts->sip);
    g_free(facts);
}

static char *hex_of(const uint8_t *bytes, size_t length)
{
    GString *hex = g_string_sized_new(length * 2);

    for (size_t i = 0; i < length; i++)
        g_string_append_printf(hex, "%02x", bytes[i]);
    return g_string_free(hex, FALSE);
}

struct vane_wifi_facts *vane_wifi_facts_new(const uint8_t *ssid, size_t ssid_length,
                                            const uint8_t *bssid)
{
    struct vane_wifi_facts *facts = g_new0(struct vane_wifi_facts, 1);

    facts->refs = 1;
    if (ssid) {
        facts->essid = g_utf8_make_valid((const char *)ssid, (gssize)ssid_length);
        facts->essid_hex = hex_of(ssid, ssid_length);
    }
    if (bssid)
        vane_hardware_text(bssid, 6, facts->bssid);
    return facts;
}

struct vane_wifi_facts *vane_wifi_facts_ref(struct vane_wifi_facts *facts)
{
    if (facts)
        facts->refs++;
    return facts;
}

void vane_wifi_facts_unref(struct vane_wifi_facts *facts)
{
    if (!facts || --facts->refs > 0)
        return;
    g_free(facts->essid);
    g_free(facts->essid_hex);
    g_free(facts);
}
