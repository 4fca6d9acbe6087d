/* News: each socket once, with what is known of its tuple. */
#include "collect/news.h"
#include "unit.h"

static void each_socket_is_listed_once(void **unused)
{
    const struct tuple whole = {.local_port = 80, .remote_port = 4000},
                       ended = {.local_port = 80, .remote_port = 0};
    struct news news = {0};
    (void)unused;
    news_restart(&news, true);
    news_add(&news, 7, NULL);
    news_add(&news, 7, &whole);
    news_add(&news, 7, &ended); /* an end may lack a port */
    news_add(&news, 8, NULL);
    assert_int_equal(news.count, 2);
    assert_int_equal(news.list[0].tuple.remote_port, 4000);
    assert_true(news.is_whole);
    const struct source_news *taken = news.list;
    news_restart(&news, true);
    assert_int_equal(taken[1].cookie, 8); /* until the next time */
    news_add(&news, 8, &whole);
    assert_int_equal(news.count, 1);
    assert_int_equal(taken[0].cookie, 7);
    news_done(&news);
}

static void what_cannot_be_listed_is_not_hidden(void **unused)
{
    struct news news = {0};
    (void)unused;
    news_restart(&news, true);
    for (uint64_t cookie = 1; cookie <= NEWS_MOST; cookie++)
        news_add(&news, cookie, NULL);
    assert_true(news.is_whole);
    news_add(&news, 1, NULL);
    assert_true(news.is_whole);
    news_add(&news, NEWS_MOST + 1, NULL);
    assert_false(news.is_whole);
    news_restart(&news, true);
    assert_true(news.is_whole);
    news_add(&news, 0, NULL); /* without a cookie nothing can be looked up */
    assert_false(news.is_whole);
    news_done(&news);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_socket_is_listed_once),
        cmocka_unit_test(what_cannot_be_listed_is_not_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
