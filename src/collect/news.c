/* news: see news.h. */
#include "collect/news.h"

#include "base/grow.h"

#include <stdlib.h>

void news_done(struct news *news)
{
    free(news->list);
    free(news->taken);
    map_done(&news->places);
}

static struct source_news *news_find(struct news *news, uint64_t cookie)
{
    const uint32_t place = map_find(&news->places, cookie);

    return place == MAP_NONE ? NULL : &news->list[place];
}

static struct source_news *news_append(struct news *news, uint64_t cookie)
{
    if (news->count == NEWS_MOST || GROW(news->list, news->capacity, news->count + 1) ||
        map_put(&news->places, cookie, news->count))
        return NULL;
    struct source_news *added = &news->list[news->count++];
    *added = (struct source_news){.cookie = cookie};
    return added;
}

void news_add(struct news *news, uint64_t cookie, const struct tuple *tuple)
{
    struct source_news *one = cookie ? news_find(news, cookie) : NULL;

    if (cookie && !one)
        one = news_append(news, cookie);
    if (!one)
        news->is_whole = false;
    /* a closed socket may have lost it */
    else if (tuple && (tuple->remote_port || !one->tuple.remote_port))
        one->tuple = *tuple;
}

void news_restart(struct news *news, bool is_whole)
{
    struct source_news *list = news->taken;
    const uint32_t capacity = news->taken_capacity;

    news->taken = news->list;
    news->taken_capacity = news->capacity;
    news->list = list;
    news->capacity = capacity;
    news->count = 0;
    news->is_whole = is_whole;
    map_clear(&news->places);
}
