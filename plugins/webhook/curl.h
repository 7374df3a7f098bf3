/*
 * libcurl, loaded when the first endpoint needs it. With the libraries that it brings it makes the
 * daemon 10 MB larger, which is no price for those to pay who send no webhooks.
 */
#ifndef NETVANE_WEBHOOK_CURL_H
#define NETVANE_WEBHOOK_CURL_H

#include <curl/curl.h>

#define VANE_CURL_FUNCTIONS(F)                                                                     \
    F(easy_cleanup)                                                                                \
    F(easy_getinfo)                                                                                \
    F(easy_init)                                                                                   \
    F(easy_setopt)                                                                                 \
    F(easy_strerror)                                                                               \
    F(free)                                                                                        \
    F(getdate)                                                                                     \
    F(global_init_mem)                                                                             \
    F(multi_add_handle)                                                                            \
    F(multi_cleanup)                                                                               \
    F(multi_info_read)                                                                             \
    F(multi_init)                                                                                  \
    F(multi_remove_handle)                                                                         \
    F(multi_setopt)                                                                                \
    F(multi_socket_action)                                                                         \
    F(slist_append)                                                                                \
    F(slist_free_all)                                                                              \
    F(url)                                                                                         \
    F(url_cleanup)                                                                                 \
    F(url_get)                                                                                     \
    F(url_set)                                                                                     \
    F(version_info)

#define VANE_CURL_MEMBER(name) __typeof__(curl_##name) *(name);

struct vane_curl {
    VANE_CURL_FUNCTIONS(VANE_CURL_MEMBER)
};

/* Its functions, once it is loaded. */
extern struct vane_curl vane_curl;

/* -ELIBACC: it cannot be loaded, and `why` says why. May be called again. */
int vane_curl_load(const char **why);

#endif
