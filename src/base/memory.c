#include "base/memory.h"

#include <stdatomic.h>
#include <stddef.h>

/* Names by the linker's --wrap: malloc() calls __wrap_malloc(). */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);

static _Atomic uint64_t refused;

uint64_t memory_refused(void)
{
    return atomic_load_explicit(&refused, memory_order_relaxed);
}

static void *noted(void *block)
{
    if (!block)
        atomic_fetch_add_explicit(&refused, 1, memory_order_relaxed);
    return block;
}

void *__wrap_malloc(size_t size)
{
    return noted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return noted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    return noted(__real_realloc(block, size));
}

char *__wrap_strdup(const char *text)
{
    return noted(__real_strdup(text));
}
