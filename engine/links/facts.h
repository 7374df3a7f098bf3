/*
 * The immutable, counted parts that snapshots of a link share: what the kernel told last, lists of
 * words, what networkd knows, what Wi-Fi knows. A change replaces one part and leaves the others.
 */
#ifndef NETVANE_ENGINE_LINKS_FACTS_H
#define NETVANE_ENGINE_LINKS_FACTS_H

#include <glib.h>

#include "engine/links/parse.h"

/* A list of strings in one allocation. NULL is the empty list. */
struct vane_words {
    uint32_t refs, count;
    const char *at[];
};

struct vane_words *vane_words_new(const char *const *at, uint32_t count);
struct vane_words *vane_words_ref(struct vane_words *words);
void vane_words_unref(struct vane_words *words);
bool vane_words_equal(const struct vane_words *a, const struct vane_words *b);

/* What stays the same as long as a link lives. */
struct vane_link_identity {
    uint32_t refs;
    char *devtype; /* NULL: none */
    char *driver;  /* NULL: unknown */
    bool complete; /* false: worth another look */
};

/* What the last RTM_NEWLINK said. */
struct vane_link_facts {
    uint32_t refs;
    struct vane_rtnl_link kernel;
    struct vane_words *alternative_names;
    struct vane_words *flags;
    struct vane_words *can_modes; /* NULL: none */
    char hardware[VANE_HARDWARE_ADDRESS_MAX * 3];
    char permanent[VANE_HARDWARE_ADDRESS_MAX * 3];
};

/* What networkd's Describe said. Strings may be NULL. */
struct vane_networkd_facts {
    uint32_t refs;
    int required_for_online; /* -1: not told */
    char *network_file, *link_file, *online_state, *activation_policy;
    struct vane_words *dns, *search_domains, *route_domains, *ntp, *sip;
};

/* The network that a Wi-Fi link is connected to. */
struct vane_wifi_facts {
    uint32_t refs;
    char *essid;     /* NULL: not known yet; bytes that are no UTF-8 as U+FFFD */
    char *essid_hex; /* all its bytes; NULL: as essid */
    char bssid[18];  /* empty: not known */
};

struct vane_link_identity *vane_link_identity_new(const char *devtype, const char *driver);
struct vane_link_identity *vane_link_identity_ref(struct vane_link_identity *identity);
void vane_link_identity_unref(struct vane_link_identity *identity);

struct vane_link_facts *vane_link_facts_new(const struct vane_rtnl_link *kernel,
                                            const struct vane_rtnl_names *names);
struct vane_link_facts *vane_link_facts_ref(struct vane_link_facts *facts);
void vane_link_facts_unref(struct vane_link_facts *facts);

struct vane_networkd_facts *vane_networkd_facts_new(void);
/* The same with another online state; `facts` may be NULL. */
struct vane_networkd_facts *vane_networkd_facts_with_online(const struct vane_networkd_facts *facts,
                                                            const char *online_state);
struct vane_networkd_facts *vane_networkd_facts_ref(struct vane_networkd_facts *facts);
void vane_networkd_facts_unref(struct vane_networkd_facts *facts);

struct vane_wifi_facts *vane_wifi_facts_new(const uint8_t *ssid, size_t ssid_length,
                                            const uint8_t *bssid);
struct vane_wifi_facts *vane_wifi_facts_ref(struct vane_wifi_facts *facts);
void vane_wifi_facts_unref(struct vane_wifi_facts *facts);

/* "02:00:5e:00:53:01"; `text` has room for three bytes each. */
void vane_hardware_text(const uint8_t *bytes, size_t length, char *text);

#endif
