/* news: the sockets of which something was reported since the frame before, each once. Pure. */
#ifndef TCPLENS_COLLECT_NEWS_H
#define TCPLENS_COLLECT_NEWS_H

#include "base/map.h"
#include "source/source.h"

#define NEWS_MOST 65536u /* more are dearer to look up than a dump */

struct news {
    struct source_news *list, *taken; /* the second: handed out by the last news_restart() */
    uint32_t count, capacity, taken_capacity;
    struct map places; /* by cookie */
    bool is_whole;     /* nothing is missing since news_restart() */
};

void news_done(struct news *news);
/* tuple NULL: not known; else the last whole one that was reported stands. */
void news_add(struct news *news, uint64_t cookie, const struct tuple *tuple);
/* What there is now stays readable until the next call. is_whole: all that happens from now on is reported. */
void news_restart(struct news *news, bool is_whole);

#endif
