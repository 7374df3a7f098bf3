/* Where a webhook goes. See url.h. */
#include "plugins/webhook/url.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/un.h>

#include <glib.h>

#include "plugins/webhook/curl.h"

#define UNIX_PREFIX "unix:"

static int refuse(const char **why, const char *text)
{
    *why = text;
    return -EINVAL;
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || *text == '"' || *text == '<' || *text == '>')
            return false;
    return true;
}

static bool is_host(const char *text)
{
    for (; *text; text++)
        if (!g_ascii_isalnum(*text) && !strchr("-._[]:", *text))
            return false;
    return true;
}

static char *part(CURLU *handle, CURLUPart which, unsigned flags)
{
    char *curls = NULL, *ours = NULL;

    if (vane_curl.url_get(handle, which, &curls, flags) == CURLUE_OK)
        ours = g_strdup(curls);
    vane_curl.free(curls);
    return ours;
}

static bool has(CURLU *handle, CURLUPart which)
{
    g_autofree char *value = part(handle, which, 0);

    return value != NULL;
}

static int check_parts(CURLU *handle, const char **why)
{
    g_autofree char *scheme = part(handle, CURLUPART_SCHEME, 0);
    g_autofree char *host = part(handle, CURLUPART_HOST, 0);

    if (!scheme || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return refuse(why, "only http:, https: and unix: are possible");
    if (!host || !host[0])
        return refuse(why, "it has no host");
    if (has(handle, CURLUPART_ZONEID))
        return refuse(why, "its host has a zone");
    if (!is_host(host))
        return refuse(why, "its host has letters that no host has");
    if (has(handle, CURLUPART_USER) || has(handle, CURLUPART_PASSWORD))
        return refuse(why, "it has a user name or password, which HeadersFile= is for");
    if (has(handle, CURLUPART_FRAGMENT))
        return refuse(why, "it has a fragment (#...), which no server ever sees");
    return 0;
}

static char *origin_of(CURLU *handle)
{
    g_autofree char *scheme = part(handle, CURLUPART_SCHEME, 0);
    g_autofree char *host = part(handle, CURLUPART_HOST, 0);
    g_autofree char *port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);

    return g_strdup_printf("%s://%s:%s", scheme, host, port);
}

/* A host in escapes ("%31") would become another one when libcurl reads the URL again. */
static bool is_stable(const char *text)
{
    CURLU *handle = vane_curl.url();
    g_autofree char *again = NULL;

    if (vane_curl.url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK)
        again = part(handle, CURLUPART_URL, 0);
    vane_curl.url_cleanup(handle);
    return again && strcmp(again, text) == 0;
}

static int parse_http(const char *text, struct vane_url *url, const char **why)
{
    CURLU *handle;
    int r = vane_curl_load(why);

    if (r < 0)
        return r;
    handle = vane_curl.url();
    if (vane_curl.url_set(handle, CURLUPART_URL, text, 0) != CURLUE_OK)
        r = refuse(why, "it is no URL, which looks like https://host.example/path");
    if (r == 0)
        r = check_parts(handle, why);
    if (r == 0) {
        url->url = part(handle, CURLUPART_URL, 0);
        url->origin = origin_of(handle);
    }
    if (r == 0 && !is_stable(url->url)) {
        r = refuse(why, "its host has escapes");
        vane_url_clear(url);
    }
    vane_curl.url_cleanup(handle);
    return r;
}

static int parse_unix(const char *text, struct vane_url *url, const char **why)
{
    const char *path = text + strlen(UNIX_PREFIX), *end = strchrnul(path, ':');
    g_autofree char *inner = NULL;
    int r;

    if (path[0] != '/')
        return refuse(why, "the path of its Unix socket is not absolute");
    if ((size_t)(end - path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return refuse(why, "the path of its Unix socket is too long");
    if (*end && end[1] != '/')
        return refuse(why, "what follows the path of its Unix socket is no path");
    inner = g_strconcat("http://localhost", *end ? end + 1 : "/", NULL);
    r = parse_http(inner, url, why);
    if (r < 0)
        return r;
    g_free(url->origin);
    url->socket = g_strndup(path, (size_t)(end - path));
    url->origin = g_strconcat(UNIX_PREFIX, url->socket, NULL);
    return 0;
}

int vane_url_parse(const char *text, struct vane_url *url, const char **why)
{
    *url = (struct vane_url){0};
    if (strlen(text) > VANE_URL_MAX)
        return refuse(why, "it is longer than 2048 bytes");
    if (!is_plain(text))
        return refuse(why, "it has blanks, quotes or letters that are not ASCII");
    return g_str_has_prefix(text, UNIX_PREFIX) ? parse_unix(text, url, why)
                                               : parse_http(text, url, why);
}

void vane_url_clear(struct vane_url *url)
{
    g_clear_pointer(&url->url, g_free);
    g_clear_pointer(&url->origin, g_free);
    g_clear_pointer(&url->socket, g_free);
}
