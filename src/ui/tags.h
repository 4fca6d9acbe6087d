/* The tagged connections, by serial. Pure. */
#ifndef TCPLENS_UI_TAGS_H
#define TCPLENS_UI_TAGS_H

#include "core/frame.h"

struct tags {
    uint64_t *serials; /* ascending */
    uint32_t count, capacity;
};

void tags_done(struct tags *tags);
void tags_clear(struct tags *tags);
bool tags_has(const struct tags *tags, uint64_t serial);
int tags_toggle(struct tags *tags, uint64_t serial); /* 0 or -ENOMEM */
/* Connections that have gone are no longer tagged. */
void tags_follow(struct tags *tags, const struct frame *frame);

#endif
