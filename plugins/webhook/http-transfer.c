/*
 * One request and its answer. Of the answer only the status and Retry-After matter: a body is
 * counted and thrown away, and cut off when it is long. See http.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "plugins/webhook/address.h"
#include "plugins/webhook/http.h"
#include "plugins/webhook/retry.h"

#define HEADERS_MAX (64u << 10)
#define BODY_MAX    (64u << 10)
#define RETRY_AFTER "retry-after:"

/* ---- where it may go ---- */

static bool may_connect(struct vane_http_transfer *transfer, const uint8_t address[16])
{
    const GArray *allowed = transfer->allowed;

    return vane_address_may(address, (const struct vane_network *)(const void *)allowed->data,
                            allowed->len, transfer->refused, sizeof(transfer->refused));
}

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct vane_http_transfer *transfer = user;
    uint8_t bytes[16];
    int fd;

    if (transfer->socket ? address->family != AF_UNIX
                         : vane_address_from(&address->addr, address->addrlen, bytes) < 0 ||
                               !may_connect(transfer, bytes))
        return CURL_SOCKET_BAD;
    fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    vane_http_socket_opened(transfer->http, fd);
    return fd;
}

/* A connection that was made for another endpoint, or under other rules, is held to these. */
static int before_request(void *user, char *primary_ip, char *local_ip, int port, int local_port)
{
    struct vane_http_transfer *transfer = user;
    struct vane_network network;

    if (transfer->socket)
        return CURL_PREREQFUNC_OK;
    if (vane_network_parse(primary_ip, &network) < 0 || !may_connect(transfer, network.bytes))
        return CURL_PREREQFUNC_ABORT;
    return CURL_PREREQFUNC_OK;
}

/* ---- what comes back ---- */

static void note_retry_after(struct vane_http_transfer *transfer, const char *line, size_t length)
{
    const size_t name = strlen(RETRY_AFTER);

    if (length > name && g_ascii_strncasecmp(line, RETRY_AFTER, name) == 0)
        transfer->retry_after_ms = vane_retry_after(line + name, length - name, time(NULL));
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
    struct vane_http_transfer *transfer = user;
    size_t length = size * count;
    long status = 0;

    transfer->header_bytes += length;
    if (transfer->header_bytes > HEADERS_MAX)
        return 0;
    note_retry_after(transfer, line, length);
    if (line[0] == '\r' || line[0] == '\n') {
        (void)vane_curl.easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        transfer->answered = transfer->answered || status >= 200;
    }
    return length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user)
{
    struct vane_http_transfer *transfer = user;

    transfer->body_bytes += size * count;
    return transfer->body_bytes > BODY_MAX ? 0 : size * count;
}

/* ---- the request ---- */

#define SET(option, value) (void)vane_curl.easy_setopt(transfer->easy, option, value)

/* What stays the same from one request to the next. */
static int make(struct vane_http_transfer *transfer)
{
    transfer->easy = vane_curl.easy_init();
    if (!transfer->easy)
        return -ENOMEM;
    SET(CURLOPT_PRIVATE, transfer);
    SET(CURLOPT_ERRORBUFFER, transfer->error);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_USERAGENT, transfer->http->user_agent);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, transfer);
    SET(CURLOPT_CLOSESOCKETFUNCTION, vane_http_socket_closed);
    SET(CURLOPT_CLOSESOCKETDATA, transfer->http);
    SET(CURLOPT_PREREQFUNCTION, before_request);
    SET(CURLOPT_PREREQDATA, transfer);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, transfer);
    return 0;
}

int vane_http_prepare(struct vane_http_transfer *transfer)
{
    int r = transfer->easy ? 0 : make(transfer);

    if (r < 0)
        return r;
    transfer->answered = false;
    transfer->header_bytes = transfer->body_bytes = 0;
    transfer->retry_after_ms = -1;
    transfer->refused[0] = transfer->error[0] = '\0';
    SET(CURLOPT_HTTP_VERSION,
        (long)(transfer->guarded ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
    SET(CURLOPT_URL, transfer->url);
    SET(CURLOPT_UNIX_SOCKET_PATH, transfer->socket);
    if (transfer->ca_file) {
        SET(CURLOPT_CAINFO, transfer->ca_file);
        SET(CURLOPT_CAPATH, NULL);
        SET(CURLOPT_CA_CACHE_TIMEOUT, 0L); /* a file that was exchanged is taken */
    }
    SET(CURLOPT_TIMEOUT_MS, (long)transfer->timeout_ms);
    SET(CURLOPT_HTTPHEADER, transfer->headers);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->length);
    SET(CURLOPT_POSTFIELDS, transfer->body);
    (void)transfer->http->host->loop->now(&transfer->began_ns);
    return 0;
}

static void release(struct vane_http_transfer *transfer)
{
    if (transfer->headers)
        vane_curl.slist_free_all(g_steal_pointer(&transfer->headers));
    g_clear_pointer(&transfer->body, g_free);
}

static void words_for(const struct vane_http_transfer *transfer, CURLcode code, char *words,
                      size_t size)
{
    long error = 0;

    if (transfer->refused[0])
        g_strlcpy(words, transfer->refused, size);
    else if (transfer->header_bytes > HEADERS_MAX)
        g_strlcpy(words, "the answer has more than 64 KiB of headers", size);
    else if (code == CURLE_OK)
        g_strlcpy(words, "the answer ended within its headers", size);
    else
        g_strlcpy(words, transfer->error[0] ? transfer->error : vane_curl.easy_strerror(code),
                  size);
    if (code != CURLE_COULDNT_CONNECT || transfer->refused[0] ||
        vane_curl.easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &error) != CURLE_OK || error == 0)
        return;
    g_strlcat(words, ": ", size);
    g_strlcat(words, g_strerror((int)error), size);
}

/* A whole head of an answer decides, whatever then becomes of the body. */
void vane_http_finish(struct vane_http_transfer *transfer, CURLcode code)
{
    struct vane_http_result result = {.retry_after_ms = transfer->retry_after_ms};
    char words[CURL_ERROR_SIZE];
    uint64_t now = 0;

    transfer->active = false;
    (void)transfer->http->host->loop->now(&now);
    result.duration_ns = now - transfer->began_ns;
    if (transfer->answered)
        (void)vane_curl.easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &result.status);
    if (result.status == 0) {
        words_for(transfer, code, words, sizeof(words));
        result.error = words;
    }
    release(transfer);
    transfer->done(transfer->user, &result);
}

void vane_http_transfer_clear(struct vane_http_transfer *transfer)
{
    vane_http_abort(transfer);
    release(transfer);
    if (transfer->easy)
        vane_curl.easy_cleanup(g_steal_pointer(&transfer->easy));
}
