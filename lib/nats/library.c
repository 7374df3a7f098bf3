/* libnats on demand. See library.h. */
#include "lib/nats/library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

static const struct {
    const char *name;
    size_t offset;
} functions[] = {
#define ENTRY(function) {#function, offsetof(struct vane_nats_library, function)},
    VANE_NATS_FUNCTIONS(ENTRY)
#undef ENTRY
};

static bool find_functions(void *handle, struct vane_nats_library *library, const char **problem)
{
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        void *function = dlsym(handle, functions[i].name);

        if (!function) {
            *problem = g_strdup_printf(NETVANE_NATS_SONAME " has no %s; another version of libnats "
                                                           "has taken its place",
                                       functions[i].name);
            return false;
        }
        *(void **)((char *)library + functions[i].offset) = function;
    }
    return true;
}

static bool open_library(struct vane_nats_library *library, const char **problem)
{
    void *handle = dlopen(NETVANE_NATS_SONAME, RTLD_NOW | RTLD_LOCAL);

    if (!handle) {
        *problem = g_strdup_printf("cannot load the client library of NATS: %s (install the "
                                   "package that has " NETVANE_NATS_SONAME ")",
                                   dlerror());
        return false;
    }
    if (!find_functions(handle, library, problem))
        return false;
    if (library->nats_Open(-1) != NATS_OK) {
        *problem = NETVANE_NATS_SONAME " could not start its threads";
        return false;
    }
    return true;
}

const struct vane_nats_library *vane_nats_library(const char **problem)
{
    static struct vane_nats_library library;
    static const char *why;
    static bool tried, usable;

    if (!tried) {
        tried = true;
        usable = open_library(&library, &why);
    }
    *problem = why;
    return usable ? &library : NULL;
}
