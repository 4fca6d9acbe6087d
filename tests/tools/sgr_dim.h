/* sgr_dim: rewrites SGR 2 (dim) into SGR 19 (font 9), which libvterm keeps, and SGR 22 so that it
 * ends both. A filter over the byte stream, independent of other sequences. */
#ifndef TCPLENS_TOOLS_SGR_DIM_H
#define TCPLENS_TOOLS_SGR_DIM_H

#include <stddef.h>

enum { SGR_DIM_FONT = 9 };

struct sgr_dim {
    char held[256]; /* an escape sequence of which the end has not come yet */
    size_t length;
};

typedef void sgr_dim_sink(void *user, const char *bytes, size_t size);

void sgr_dim_feed(struct sgr_dim *filter, const char *bytes, size_t size, sgr_dim_sink *sink,
                  void *user);

#endif
