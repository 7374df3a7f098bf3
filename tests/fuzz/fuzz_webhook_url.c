/* Any text as a URL or as headers: refused with a sentence, or something that libcurl can be given.
 */
#include <string.h>

#include <curl/curl.h>
#include <glib.h>
#include <sodium.h>

#include "plugins/webhook/headers.h"
#include "plugins/webhook/url.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    return sodium_init() < 0 ? -1 : 0;
}

/* What was accepted is accepted again and stays the same. */
static void check_again(const struct vane_url *url)
{
    struct vane_url again;
    const char *why = NULL;

    g_assert(g_str_has_prefix(url->url, "http://") || g_str_has_prefix(url->url, "https://"));
    g_assert(!strpbrk(url->url, " \t\r\n\"<>"));
    if (url->socket) {
        g_assert(url->socket[0] == '/' && strlen(url->socket) < 108);
        return;
    }
    g_assert(g_str_has_prefix(url->origin, "http"));
    if (strlen(url->url) > VANE_URL_MAX)
        return;
    g_assert(vane_url_parse(url->url, &again, &why) == 0);
    g_assert(strcmp(again.url, url->url) == 0 && strcmp(again.origin, url->origin) == 0);
    vane_url_clear(&again);
}

static void check_headers(const uint8_t *data, size_t size, char separator)
{
    g_autofree char *text = g_memdup2(data, size); /* exactly so long: reading past it is seen */
    g_autoptr(GPtrArray) headers = vane_headers_new();
    const char *why = NULL;

    if (!text)
        return;
    g_assert(vane_headers_parse(text, size, separator, headers, &why) == 0 || why);
    for (guint i = 0; i < headers->len; i++) {
        const char *header = headers->pdata[i];

        g_assert(strchr(header, ':') && !strpbrk(header, "\r\n"));
        g_assert(g_ascii_strncasecmp(header, "webhook-", 8) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    const char *why = NULL;
    struct vane_url url;

    if (vane_url_parse(text, &url, &why) == 0)
        check_again(&url);
    else
        g_assert(why && !url.url && !url.origin && !url.socket);
    vane_url_clear(&url);
    check_headers(data, size, '|');
    check_headers(data, size, '\n');
    return 0;
}
