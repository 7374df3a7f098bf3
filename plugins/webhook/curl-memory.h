/*
 * Memory for libcurl that is left out of core dumps: headers pass through it, and stay there when
 * it is freed. May be used on any thread.
 */
#ifndef NETVANE_WEBHOOK_CURL_MEMORY_H
#define NETVANE_WEBHOOK_CURL_MEMORY_H

#include <stddef.h>

void *vane_curl_malloc(size_t size);
void vane_curl_free(void *memory);
void *vane_curl_realloc(void *memory, size_t size);
void *vane_curl_calloc(size_t count, size_t size);
char *vane_curl_strdup(const char *text);

#endif
