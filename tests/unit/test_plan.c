/* The plan: when every connection is read, and how long it is until the next frame. */
#include "base/clock.h"
#include "collect/plan.h"
#include "core/column/column.h"
#include "unit.h"

#define BEGAN_NS (1000 * SECOND_NS)

static struct wish wish_of(enum refresh refresh)
{
    return (struct wish){.interval_ns = SECOND_NS,
                         .budget_percent = 25,
                         .refresh = (uint8_t)refresh,
                         .state_bits = STATE_ALL_BITS,
                         .families = WISH_INET | WISH_INET6};
}

static struct plan_facts facts_at(int64_t later_ns)
{
    return (struct plan_facts){
        .now_ns = BEGAN_NS + later_ns, .is_reported = true, .is_complete = true};
}

static const struct frame ALL = {.mono_ns = BEGAN_NS, .live_count = 200000};
static const struct frame SOME = {
    .mono_ns = BEGAN_NS + SECOND_NS, .all_ns = BEGAN_NS, .live_count = 200000};

/* After some frames that read all, each of so much CPU. */
static struct plan plan_of(const struct wish *wish, int64_t cpu_ns)
{
    struct plan plan = {0};
    for (int i = 0; i < 100; i++)
        plan_note(&plan, wish, &ALL, cpu_ns);
    return plan;
}

static bool reads_all(struct plan *plan, const struct wish *wish, int64_t later_ns)
{
    const struct plan_facts facts = facts_at(later_ns);
    return plan_reads_all(plan, wish, &facts);
}

static void only_a_dear_table_is_read_in_part(void **unused)
{
    const struct wish wish = wish_of(REFRESH_AUTO);
    struct plan dear = plan_of(&wish, 300 * MILLISECOND_NS);
    struct plan cheap = plan_of(&wish, 30 * MILLISECOND_NS);
    (void)unused;
    assert_false(reads_all(&dear, &wish, SECOND_NS));
    assert_true(reads_all(&cheap, &wish, SECOND_NS));
    /* The first frame of all, which finds all owners, says nothing of the next ones. */
    struct plan first = {0};
    plan_note(&first, &wish, &ALL, 100 * MILLISECOND_NS);
    assert_true(reads_all(&first, &wish, SECOND_NS));
    /* A small one is not, however slow the machine or short the interval is. */
    struct plan small = dear;
    small.rows = 5000;
    assert_true(reads_all(&small, &wish, SECOND_NS));
    /* One that has become cheaper stays dear for a while. */
    dear.all_cpu_ns = 40 * MILLISECOND_NS;
    assert_false(reads_all(&dear, &wish, SECOND_NS / 2));
    dear.all_cpu_ns = 20 * MILLISECOND_NS;
    assert_true(reads_all(&dear, &wish, SECOND_NS / 2));
}

static void what_is_wished_for_decides(void **unused)
{
    const struct wish plain = wish_of(REFRESH_AUTO);
    struct plan plan = plan_of(&plain, 300 * MILLISECOND_NS);
    struct wish wish = plain;
    (void)unused;
    wish.refresh = REFRESH_ALL;
    assert_true(reads_all(&plan, &wish, SECOND_NS));
    wish = plain;
    wish.needs = NEED_EVERY_ROW;
    assert_true(reads_all(&plan, &wish, SECOND_NS));
    wish.needs = NEED_DETAIL;
    assert_true(reads_all(&plan, &wish, SECOND_NS));
    wish = plain;
    wish.all = true;
    assert_true(reads_all(&plan, &wish, SECOND_NS));
    wish = plain;
    wish.families = WISH_INET;
    assert_true(reads_all(&plan, &wish, SECOND_NS));
    wish = plain;
    wish.budget_percent = 0; /* whatever it costs */
    assert_true(reads_all(&plan, &wish, SECOND_NS));
    assert_false(reads_all(&plan, &plain, SECOND_NS));
    wish = wish_of(REFRESH_SEEN);
    struct plan cheap = plan_of(&wish, MILLISECOND_NS);
    assert_false(reads_all(&cheap, &wish, SECOND_NS));
}

static void what_no_event_says_is_read_at_once(void **unused)
{
    const struct wish wish = wish_of(REFRESH_AUTO);
    struct plan plan = plan_of(&wish, 300 * MILLISECOND_NS);
    (void)unused;
    struct plan_facts facts = facts_at(SECOND_NS);
    facts.is_reported = false; /* events were lost, or there are none */
    assert_true(plan_reads_all(&plan, &wish, &facts));
    facts = facts_at(SECOND_NS);
    facts.is_complete = false;
    assert_true(plan_reads_all(&plan, &wish, &facts));
    facts = facts_at(SECOND_NS);
    facts.waits_ns = SECOND_NS / 2; /* it may still be over before the next frame */
    assert_false(plan_reads_all(&plan, &wish, &facts));
    facts.waits_ns = 2 * SECOND_NS;
    assert_true(plan_reads_all(&plan, &wish, &facts));
    facts = facts_at(SECOND_NS);
    facts.changed = 50000;
    assert_false(plan_reads_all(&plan, &wish, &facts));
    facts.changed = 100000; /* dearer than a dump */
    assert_true(plan_reads_all(&plan, &wish, &facts));
    struct plan none = {0};
    facts = facts_at(SECOND_NS);
    const struct wish seen = wish_of(REFRESH_SEEN);
    assert_true(plan_reads_all(&none, &seen, &facts));
}

static void all_is_read_now_and_then(void **unused)
{
    const struct wish wish = wish_of(REFRESH_AUTO);
    struct plan plan = plan_of(&wish, 100 * MILLISECOND_NS);
    (void)unused;
    assert_false(reads_all(&plan, &wish, 9 * SECOND_NS)); /* a percent of a core */
    assert_true(reads_all(&plan, &wish, 10 * SECOND_NS));
    plan = plan_of(&wish, 2 * SECOND_NS);
    assert_false(reads_all(&plan, &wish, 29 * SECOND_NS));
    assert_true(reads_all(&plan, &wish, 30 * SECOND_NS));
}

static void trouble_has_all_read_more_often(void **unused)
{
    const struct wish wish = wish_of(REFRESH_AUTO);
    struct plan plan = plan_of(&wish, 300 * MILLISECOND_NS);
    struct plan_facts facts = facts_at(4 * SECOND_NS);
    (void)unused;
    assert_false(plan_reads_all(&plan, &wish, &facts));
    facts.is_troubled = true; /* a quarter of a budget of 25 % */
    assert_false(plan_reads_all(&plan, &wish, &facts));
    facts.now_ns += SECOND_NS;
    assert_true(plan_reads_all(&plan, &wish, &facts));
    /* And the whole stays within it. */
    plan_note(&plan, &wish, &SOME, 50 * MILLISECOND_NS);
    assert_int_equal(plan_interval_ns(&plan, &wish), SECOND_NS);
}

static void the_interval_keeps_to_the_budget(void **unused)
{
    struct wish wish = wish_of(REFRESH_AUTO);
    struct plan plan = plan_of(&wish, 500 * MILLISECOND_NS);
    (void)unused;
    wish.needs = NEED_EVERY_ROW;
    assert_true(reads_all(&plan, &wish, SECOND_NS));
    assert_in_range(plan_interval_ns(&plan, &wish), 1990 * MILLISECOND_NS, 2 * SECOND_NS);
    wish.needs = 0;
    assert_false(reads_all(&plan, &wish, SECOND_NS));
    for (int i = 0; i < 100; i++)
        plan_note(&plan, &wish, &SOME, 50 * MILLISECOND_NS);
    assert_int_equal(plan_interval_ns(&plan, &wish), SECOND_NS);
    for (int i = 0; i < 100; i++)
        plan_note(&plan, &wish, &SOME, 500 * MILLISECOND_NS);
    /* 25 % less half a second in 30 s */
    assert_in_range(plan_interval_ns(&plan, &wish), 2100 * MILLISECOND_NS, 2200 * MILLISECOND_NS);
    wish.budget_percent = 0;
    assert_int_equal(plan_interval_ns(&plan, &wish), SECOND_NS);
    wish.budget_percent = 1; /* less than the complete readings take */
    assert_int_equal(plan_interval_ns(&plan, &wish), 60 * SECOND_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_dear_table_is_read_in_part),
        cmocka_unit_test(what_is_wished_for_decides),
        cmocka_unit_test(what_no_event_says_is_read_at_once),
        cmocka_unit_test(all_is_read_now_and_then),
        cmocka_unit_test(trouble_has_all_read_more_often),
        cmocka_unit_test(the_interval_keeps_to_the_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
