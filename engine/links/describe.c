/* systemd-networkd's descriptions. See describe.h. */
#include "engine/links/describe.h"

#include <errno.h>
#include <string.h>

#include "engine/links/ip.h"
#include "lib/array.h"
#include "lib/json/scanner.h"

/* A thousand links with their addresses and routes are some megabytes. */
#define TEXT_MAX    (256u << 20)
#define MEMBERS_MAX 4096

int vane_describe_open(const char *text, size_t length, struct vane_json_view *root)
{
    const struct vane_json_limits limits = {
        .size = TEXT_MAX, .depth = VANE_JSON_DEPTH_MAX, .members = MEMBERS_MAX, .uint64 = true};

    if (vane_json_scan(text, length, &limits, NULL) < 0)
        return -EBADMSG;
    *root = vane_json_root(text, length);
    return vane_json_type_of(*root) == VANE_JSON_OBJECT ? 0 : -EBADMSG;
}

static void take_string(struct vane_json_view value, char **out)
{
    char *text;

    if (vane_json_get_string(value, &text) < 0)
        return;
    g_free(*out);
    *out = text;
}

static void take_word(struct vane_json_view value, char out[static VANE_STATE_WORD])
{
    g_autofree char *text = NULL;

    take_string(value, &text);
    if (text)
        g_strlcpy(out, text, VANE_STATE_WORD);
}

/* [10,0,0,1]: the bytes of an address. */
static bool read_address(struct vane_json_view list, struct vane_ip *ip)
{
    struct vane_json_cursor cursor = vane_json_walk(list);
    struct vane_json_view element;
    size_t n = 0;

    memset(ip, 0, sizeof(*ip));
    while (vane_json_next_element(&cursor, &element)) {
        int64_t byte;

        if (n == sizeof(ip->bytes) || vane_json_get_int64(element, &byte) < 0 || byte < 0 ||
            byte > UINT8_MAX)
            return false;
        ip->bytes[n++] = (uint8_t)byte;
    }
    ip->family = n == 4 ? AF_INET : AF_INET6;
    return n == 4 || n == 16;
}

static int64_t number_of(struct vane_json_view object, const char *key)
{
    struct vane_json_view value;
    int64_t number = 0;

    if (vane_json_find(object, key, &value))
        vane_json_get_int64(value, &number);
    return number;
}

/* As networkctl shows a server: ADDRESS, ADDRESS:PORT, ADDRESS%INDEX, ADDRESS#NAME. */
static char *server_text(struct vane_json_view object, const struct vane_ip *ip)
{
    GString *out = g_string_new(NULL);
    int64_t port = number_of(object, "Port"), index = number_of(object, "InterfaceIndex");
    g_autofree char *name = NULL;
    struct vane_json_view value;
    char text[VANE_IP_TEXT];

    vane_ip_text(ip, -1, text);
    if (port > 0 && ip->family == AF_INET6)
        g_string_append_printf(out, "[%s]", text);
    else
        g_string_append(out, text);
    if (port > 0)
        g_string_append_printf(out, ":%" G_GINT64_FORMAT, port);
    if (index > 0)
        g_string_append_printf(out, "%%%" G_GINT64_FORMAT, index);
    if (vane_json_find(object, "ServerName", &value))
        take_string(value, &name);
    if (name && *name)
        g_string_append_printf(out, "#%s", name);
    return g_string_free(out, FALSE);
}

/* An element of DNS, NTP, SIP ({"Address":[..]}, {"Server":".."}) or of the domains. */
static char *entry_text(struct vane_json_view entry)
{
    static const char *const keys[] = {"Domain", "Server"};
    struct vane_json_view value;
    struct vane_ip ip;
    char *text = NULL;

    if (vane_json_find(entry, "Address", &value) && read_address(value, &ip))
        return server_text(entry, &ip);
    for (size_t i = 0; i < ELEMENTS(keys) && !text; i++)
        if (vane_json_find(entry, keys[i], &value))
            take_string(value, &text);
    return text;
}

static void take_entries(struct vane_json_view list, struct vane_words **out)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    struct vane_json_cursor cursor = vane_json_walk(list);
    struct vane_json_view entry;

    while (vane_json_next_element(&cursor, &entry)) {
        char *text = entry_text(entry);

        if (text)
            g_ptr_array_add(texts, text);
    }
    vane_words_unref(*out);
    *out = vane_words_new((const char *const *)texts->pdata, texts->len);
}

static void take_index(struct vane_json_view value, struct vane_networkd_description *out)
{
    int64_t index;

    if (vane_json_get_int64(value, &index) == 0 && index > 0 && index <= INT32_MAX)
        out->index = (uint32_t)index;
}

static void take_required(struct vane_json_view value, struct vane_networkd_facts *facts)
{
    bool required;

    if (vane_json_get_bool(value, &required) == 0)
        facts->required_for_online = required;
}

static void take_member(struct vane_json_view key, struct vane_json_view value,
                        struct vane_networkd_description *out)
{
    struct vane_networkd_facts *facts = out->facts;
    const struct {
        const char *key;
        char **out;
    } strings[] = {
        {"NetworkFile", &facts->network_file},
        {"LinkFile", &facts->link_file},
        {"OnlineState", &facts->online_state},
        {"ActivationPolicy", &facts->activation_policy},
    };
    const struct {
        const char *key;
        struct vane_words **out;
    } lists[] = {
        {"DNS", &facts->dns},
        {"SearchDomains", &facts->search_domains},
        {"RouteDomains", &facts->route_domains},
        {"NTP", &facts->ntp},
        {"SIP", &facts->sip},
    };

    for (size_t i = 0; i < ELEMENTS(strings); i++)
        if (vane_json_equals(key, strings[i].key))
            take_string(value, strings[i].out);
    for (size_t i = 0; i < ELEMENTS(lists); i++)
        if (vane_json_equals(key, lists[i].key))
            take_entries(value, lists[i].out);
    if (vane_json_equals(key, "Index"))
        take_index(value, out);
    else if (vane_json_equals(key, "OperationalState"))
        take_word(value, out->operational);
    else if (vane_json_equals(key, "AdministrativeState"))
        take_word(value, out->administrative);
    else if (vane_json_equals(key, "RequiredForOnline"))
        take_required(value, facts);
}

int vane_describe_link(struct vane_json_view link, struct vane_networkd_description *out)
{
    struct vane_json_cursor cursor = vane_json_walk(link);
    struct vane_json_view key, value;

    *out = (struct vane_networkd_description){.facts = vane_networkd_facts_new()};
    while (vane_json_next_member(&cursor, &key, &value))
        take_member(key, value, out);
    if (out->index > 0)
        return 0;
    vane_networkd_facts_unref(out->facts);
    out->facts = NULL;
    return -EBADMSG;
}
