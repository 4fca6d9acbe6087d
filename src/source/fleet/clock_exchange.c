/* clock_exchange: see clock_exchange.h. */
#include "source/fleet/clock_exchange.h"

#include "base/clock.h"

#define QUICK         4u /* answers at first */
#define QUICK_NS      (SECOND_NS / 2)
#define EVERY_NS      (15 * SECOND_NS)
#define PATIENCE_NS   (60 * SECOND_NS) /* how long to wait for an answer */
#define DRIFT_DIVISOR 10000            /* 100 millionths, of both clocks together */

bool clock_exchange_ask(struct clock_exchange *exchange, int64_t mono_ns, uint64_t *id)
{
    if (mono_ns < exchange->due_ns)
        return false;
    *id = ++exchange->id;
    exchange->waits = true;
    exchange->asked_ns = mono_ns;
    exchange->due_ns = mono_ns + PATIENCE_NS;
    return true;
}

int64_t clock_exchange_error(const struct clock_exchange *exchange, int64_t mono_ns)
{
    return exchange->error_ns + (mono_ns - exchange->found_ns) / DRIFT_DIVISOR;
}

int64_t clock_exchange_skew(const struct clock_exchange *exchange)
{
    const int64_t skew_ns = exchange->skew_ns;
    return skew_ns > exchange->error_ns || skew_ns < -exchange->error_ns ? skew_ns : 0;
}

/* True for a better answer, or one that contradicts the best so far: a clock was set. */
static bool is_better(const struct clock_exchange *exchange, int64_t skew_ns, int64_t error_ns,
                      int64_t mono_ns)
{
    const int64_t before_ns = clock_exchange_error(exchange, mono_ns);
    const int64_t apart_ns = clock_less(skew_ns, exchange->skew_ns);

    return exchange->answers == 0 || error_ns <= before_ns || apart_ns > error_ns + before_ns ||
           apart_ns < -(error_ns + before_ns);
}

bool clock_exchange_answer(struct clock_exchange *exchange, uint64_t id, int64_t received_ns,
                           int64_t answered_ns, int64_t mono_ns, int64_t wall_offset_ns)
{
    const int64_t passed_ns = mono_ns - exchange->asked_ns;
    const int64_t held_ns = clock_less(answered_ns, received_ns);
    bool is_news = false;

    if (!exchange->waits || id != exchange->id || held_ns < 0 || held_ns > passed_ns)
        return false;
    const int64_t error_ns = (passed_ns - held_ns) / 2 + 1;
    const int64_t ours_ns = exchange->asked_ns + passed_ns / 2 + wall_offset_ns;
    const int64_t skew_ns = clock_less(clock_add(received_ns, held_ns / 2), ours_ns);
    exchange->waits = false;
    if (is_better(exchange, skew_ns, error_ns, mono_ns)) {
        exchange->skew_ns = skew_ns;
        exchange->error_ns = error_ns;
        exchange->found_ns = mono_ns;
        is_news = true;
    }
    exchange->answers++;
    exchange->due_ns = mono_ns + (exchange->answers < QUICK ? QUICK_NS : EVERY_NS);
    return is_news;
}
