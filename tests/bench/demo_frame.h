/* demo_frame: one frame of invented connections to measure on, the same in every run. */
#ifndef TCPLENS_BENCH_DEMO_FRAME_H
#define TCPLENS_BENCH_DEMO_FRAME_H

#include "core/frame.h"

/* Rows have serials from 1 on. To be released; exits with a message when out of memory. */
struct frame *demo_frame(uint32_t rows);

#endif
