/* Loading libcurl. See curl.h. */
#include "plugins/webhook/curl.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/array.h"
#include "plugins/webhook/curl-memory.h"

#define SONAME "libcurl.so.4"
#define OLDEST 0x075700 /* 7.87.0, which knows all options that we set */

struct vane_curl vane_curl;

#define NAME_AND_PLACE(name) {"curl_" #name, offsetof(struct vane_curl, name)},

static const struct {
    const char *name;
    size_t place;
} functions[] = {VANE_CURL_FUNCTIONS(NAME_AND_PLACE)};

/* The name of what is missing; NULL: it is complete. */
static const char *find_functions(void *library, struct vane_curl *found)
{
    for (size_t i = 0; i < ELEMENTS(functions); i++) {
        void *function = dlsym(library, functions[i].name);

        if (!function)
            return functions[i].name;
        memcpy((char *)found + functions[i].place, &function, sizeof(function));
    }
    return NULL;
}

static bool load(char *text, size_t size)
{
    void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    struct vane_curl found = {0};
    const char *missing;

    if (!library) {
        snprintf(text, size,
                 "libcurl is needed to send webhooks, and cannot be loaded: %s (install "
                 "libcurl4)",
                 dlerror());
        return false;
    }
    missing = find_functions(library, &found);
    if (missing || found.version_info(CURLVERSION_NOW)->version_num < OLDEST)
        snprintf(text, size, "%s is too old to send webhooks: 7.87.0 or later is needed", SONAME);
    else if (found.global_init_mem(CURL_GLOBAL_DEFAULT, vane_curl_malloc, vane_curl_free,
                                   vane_curl_realloc, vane_curl_strdup,
                                   vane_curl_calloc) != CURLE_OK)
        snprintf(text, size, "%s cannot be initialised", SONAME);
    else
        vane_curl = found;
    return vane_curl.global_init_mem != NULL;
}

int vane_curl_load(const char **why)
{
    static char text[320];

    if (vane_curl.global_init_mem || load(text, sizeof(text)))
        return 0;
    *why = text;
    return -ELIBACC;
}
