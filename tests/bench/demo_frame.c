/* demo_frame: see demo_frame.h. */
#include "demo_frame.h"

#include "source/demo/demo.h"

#include <stdio.h>
#include <stdlib.h>

struct frame *demo_frame(uint32_t rows)
{
    const struct demo_settings settings = {
        .seed = 7, .connections = rows, .change_permille = 50, .interval_ns = 1000000000};
    const struct wish wish = {.needs = UINT32_MAX, .state_bits = STATE_ALL_BITS, .families = 3};
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = pool ? frame_new(pool) : NULL;
    struct source *source = NULL;

    if (!frame || demo_open(&source, &settings) || source_next(source, frame, &wish)) {
        fputs("no frame of the demo\n", stderr);
        exit(1);
    }
    source_close(source);
    frame_pool_release(pool);
    for (uint32_t i = 0; i < frame->conn_count; i++)
        frame->conns[i].serial = i + 1;
    return frame;
}
