/* Pieces of doubling sizes, each with a list of those that are free. See curl-memory.h. */
#include "plugins/webhook/curl-memory.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define SMALLEST 32u
#define SIZES    14u          /* up to 256 KiB; what is larger is mapped on its own */
#define SLAB     (256u << 10) /* mapped at once, and not given back */

/* In front of what is given out, which stays aligned. */
struct head {
    _Alignas(max_align_t) size_t size; /* with the head */
    struct head *next;                 /* while it is free */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct head *unused[SIZES];

static void *map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    (void)madvise(memory, size, MADV_DONTDUMP);
    return memory;
}

static unsigned index_of(size_t size)
{
    unsigned index = 0;

    while (index < SIZES && size > (size_t)SMALLEST << index)
        index++;
    return index;
}

static void cut_slab(unsigned index)
{
    size_t size = (size_t)SMALLEST << index;
    char *slab = map(SLAB);

    for (size_t at = 0; slab && at + size <= SLAB; at += size) {
        struct head *piece = (struct head *)(void *)(slab + at);

        piece->size = size;
        piece->next = unused[index];
        unused[index] = piece;
    }
}

static struct head *take(unsigned index)
{
    struct head *piece;

    pthread_mutex_lock(&lock);
    if (!unused[index])
        cut_slab(index);
    piece = unused[index];
    if (piece)
        unused[index] = piece->next;
    pthread_mutex_unlock(&lock);
    return piece;
}

static struct head *take_large(size_t size)
{
    struct head *piece = map(size);

    if (piece)
        piece->size = size;
    return piece;
}

void *vane_curl_malloc(size_t size)
{
    unsigned index;
    struct head *piece;

    if (size > PTRDIFF_MAX - sizeof(*piece))
        return NULL;
    size += sizeof(*piece);
    index = index_of(size);
    piece = index < SIZES ? take(index) : take_large(size);
    return piece ? piece + 1 : NULL;
}

void vane_curl_free(void *memory)
{
    struct head *piece = memory;
    unsigned index;

    if (!memory)
        return;
    piece--;
    index = index_of(piece->size);
    if (index == SIZES) {
        (void)munmap(piece, piece->size);
        return;
    }
    pthread_mutex_lock(&lock);
    piece->next = unused[index];
    unused[index] = piece;
    pthread_mutex_unlock(&lock);
}

void *vane_curl_realloc(void *memory, size_t size)
{
    size_t had = memory ? ((struct head *)memory - 1)->size - sizeof(struct head) : 0;
    void *larger;

    if (memory && size <= had)
        return memory;
    larger = vane_curl_malloc(size);
    if (larger && memory) {
        memcpy(larger, memory, had);
        vane_curl_free(memory);
    }
    return larger;
}

void *vane_curl_calloc(size_t count, size_t size)
{
    size_t whole;
    void *memory;

    if (__builtin_mul_overflow(count, size, &whole))
        return NULL;
    memory = vane_curl_malloc(whole);
    return memory ? memset(memory, 0, whole) : NULL;
}

char *vane_curl_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = vane_curl_malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}
