/*
 * The service "webhook", version 1: the one URL that can be exchanged at run time, and what the
 * deliveries of all endpoints have come to. All functions are called on the loop thread.
 *
 *     host->services->watch(self, VANE_WEBHOOK_SERVICE, VANE_WEBHOOK_VERSION, changed, ...);
 *     webhook->set_url(provider, "https://hooks.example/net");
 */
#ifndef NETVANE_SERVICES_WEBHOOK_H
#define NETVANE_SERVICES_WEBHOOK_H

#include <netvane/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VANE_WEBHOOK_SERVICE "webhook"
#define VANE_WEBHOOK_VERSION 1u

/* Counters since the plugin started, of all endpoints; and how it is now. Since 1. */
struct vane_webhook_stats {
    uint32_t size;      /* sizeof the caller's struct */
    uint32_t endpoints; /* that have a URL */
    uint64_t accepted;  /* events, each counted for every endpoint: they are on the disk */
    uint64_t delivered; /* answered with 2xx */
    uint64_t failed;    /* attempts that failed */
    uint64_t dropped;   /* over a limit of age, number or size, or lost before they were accepted */
    uint64_t exhausted; /* became dead letters */
    uint64_t circuit_skips; /* times that an open circuit kept something due from being sent */
    uint64_t pending;       /* wait now */
    uint64_t dead_letters;  /* there are now */
    uint64_t requests;      /* that have ended, with one event or a batch. Since 1.1 */
};

struct vane_webhook {
    uint32_t size, version;

    /*
     * Sends events to this URL from now on, and after a restart: the endpoint "default". An empty
     * one turns that off; what waits for it stays until there is a URL again, or it is too old.
     * Errors: -EINVAL (not an http or https URL), -ELIBACC (libcurl cannot be loaded), -EAGAIN (the
     * outbox cannot be opened now). Since 1.
     */
    int (*set_url)(void *provider, const char *url);

    /* Fills `stats` as far as stats->size allows. Since 1. */
    int (*stats)(void *provider, struct vane_webhook_stats *stats);
};

#ifdef __cplusplus
}
#endif

#endif
