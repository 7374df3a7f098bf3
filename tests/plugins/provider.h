/* The service that provider.c offers and consumer.c uses. */
#ifndef TESTS_PLUGINS_PROVIDER_H
#define TESTS_PLUGINS_PROVIDER_H

#include <stdint.h>

struct test_adder {
    uint32_t size, version;
    int (*add)(void *provider, int a, int b);
};

#endif
