/* news: sockets with events since the last frame, each once. Pure. */
#ifndef TCPLENS_COLLECT_NEWS_H
#define TCPLENS_COLLECT_NEWS_H

#include "base/map.h"
#include "source/source.h"

#define NEWS_MOST 65536u /* looking up more costs more than a dump */

struct news {
    struct source_news *list, *taken; /* the second: handed out by the last news_restart() */
    uint32_t count, capacity, taken_capacity;
    struct map places; /* by cookie */
    bool is_whole;     /* nothing is missing since news_restart() */
};

void news_done(struct news *news);
/* tuple NULL: unknown. The last complete one that was reported is kept. */
void news_add(struct news *news, uint64_t cookie, const struct tuple *tuple);
/* Starts a new list; the present one stays readable until the next call. is_whole: all events from
 * now on are reported. */
void news_restart(struct news *news, bool is_whole);

#endif
