/* What both ends prove: half-open connections, and which way segments are lost; and what looks like it. */
#include "finding_scene.h"

#define FAR_NETNS   4026532402u
#define OTHER_NETNS 4026532403u
#define SERVICE     5432
#define LONG        12 /* frames, a second apart: longer than any limit */

/* What a frame has beside the near end of connection 1, which stays. */
struct ends {
    uint8_t state;       /* of the far end, STATE_NONE = it is not there */
    bool second;         /* another connection to the same place, both ends */
    bool listener;       /* at the far end */
    bool twin;           /* a third namespace has the far end's addresses, too */
    bool unread, failed; /* the far namespace was not read again; could not be read */
    bool received;       /* the near end receives data; */
    bool acked;          /* its ACKs come */
    bool late, narrowed; /* the far host sends no frames; rows were left out */
};

static struct conn *near_row(struct scene *scene, uint16_t port)
{
    struct conn *conn = scene_row(scene, STATE_ESTABLISHED, port, 2, SERVICE);
    conn->serial = port;
    return conn;
}

static struct conn *far_row(struct scene *scene, uint32_t netns, uint8_t state, uint16_t port)
{
    struct conn *conn = scene_row(scene, (enum tcp_state)state, SERVICE, 2, port);
    const struct addr remote = conn->tuple.remote;

    conn->tuple.remote = conn->tuple.local;
    conn->tuple.local = remote;
    conn->netns = netns;
    conn->serial = netns + port;
    return conn;
}

static void add_netns(struct frame *frame, uint32_t key, uint32_t host, const char *name)
{
    struct frame_netns *netns = frame_add_netns(frame, key);

    assert_non_null(netns);
    netns->id = netns->cookie = netns->key = netns->inode = key;
    netns->host = host;
    netns->name = name;
    netns->is_host = true;
    netns->read_ns = frame->mono_ns;
}

static struct frame *begin_frame(struct scene *scene, const struct ends *ends)
{
    struct frame *frame = scene_frame(scene);

    assert_int_equal(frame_add_hosts(frame, 2), 0);
    for (uint32_t i = 0; i < 2; i++) {
        struct frame_host *host = &frame->hosts[i];
        host->name = i ? "db" : "app";
        host->state = i && ends->late ? HOST_LATE : HOST_OK;
        host->frames = host->number_in_host = (uint64_t)scene->second;
        host->mono_ns = frame->mono_ns;
        host->wall_ns = frame->wall_ns;
    }
    frame->is_narrowed = ends->narrowed;
    add_netns(frame, SCENE_NETNS, 1, "");
    add_netns(frame, FAR_NETNS, 2, "");
    if (ends->unread)
        frame_add_netns(frame, FAR_NETNS)->read_ns = 5;
    if (ends->failed)
        frame_add_netns(frame, FAR_NETNS)->why = "no permission";
    if (ends->twin)
        add_netns(frame, OTHER_NETNS, 2, "twin");
    return frame;
}

static void show(struct scene *scene, const struct ends *ends)
{
    begin_frame(scene, ends);
    struct conn *conn = near_row(scene, 40001);
    if (ends->received) {
        conn->known |= KNOWN_BYTES_IN;
        conn->in_bytes = (uint64_t)scene->second;
    }
    if (ends->acked)
        scene_info(scene, conn, "last_ack_recv", 100);
    if (ends->state != STATE_NONE)
        far_row(scene, FAR_NETNS, ends->state, 40001);
    if (ends->state != STATE_NONE && ends->twin)
        far_row(scene, OTHER_NETNS, ends->state, 40001);
    if (ends->second) {
        near_row(scene, 40002);
        far_row(scene, FAR_NETNS, STATE_ESTABLISHED, 40002);
    }
    if (ends->listener) {
        struct conn *listener = far_row(scene, FAR_NETNS, STATE_LISTEN, 0);
        memset(&listener->tuple.remote, 0, sizeof(listener->tuple.remote));
    }
    scene_show(scene);
}

static void show_for(struct scene *scene, const struct ends *ends, int frames)
{
    for (int i = 0; i < frames; i++)
        show(scene, ends);
}

static const struct ends BOTH = {.state = STATE_ESTABLISHED};

static void one_that_only_this_end_has_is_half_open(void **state)
{
    const struct ends gone = {.listener = true};
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_for(&scene, &BOTH, 3);
    show_for(&scene, &gone, 3); /* it may just have closed */
    assert_null(scene_find(&scene, "half-open"));
    show_for(&scene, &gone, LONG);
    const struct finding *finding = scene_expect(&scene, "half-open", SEVERITY_WARNING, 1);
    assert_string_equal(finding->title, "app: 1 connection with 10.0.0.2:5432 is half-open: "
                                        "established here, gone at db");
    assert_int_equal(finding->confidence, CONFIDENCE_PROVEN);
    scene_end(&scene);
}

static void the_end_that_serves_may_be_the_one_that_stays(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < LONG; i++) {
        begin_frame(&scene, &BOTH);
        far_row(&scene, FAR_NETNS, STATE_ESTABLISHED, 40001);
        far_row(&scene, FAR_NETNS, STATE_LISTEN, 0)->tuple.remote = (struct addr){{0}};
        if (i < 3)
            near_row(&scene, 40001);
        scene_show(&scene);
    }
    const struct finding *finding = scene_expect(&scene, "half-open", SEVERITY_WARNING, 1);
    assert_memory_equal(finding->title, "db: ", 4);
    assert_non_null(strstr(finding->title, "gone at app"));
    scene_end(&scene);
}

/* Connections of the near end to the far one's service, or the other way round: after three frames
 * one end has lost `lost` of them, the others are well. */
static void lose_ends(struct scene *scene, uint16_t lost, uint16_t well, bool server_stays)
{
    for (int i = 0; i < LONG; i++) {
        begin_frame(scene, &BOTH);
        struct conn *listener = far_row(scene, FAR_NETNS, STATE_LISTEN, 0);
        memset(&listener->tuple.remote, 0, sizeof(listener->tuple.remote));
        for (uint16_t n = 0; n < lost + well; n++) {
            const bool both = i < 3 || n >= lost;
            if (both || !server_stays)
                near_row(scene, (uint16_t)(40001 + n));
            if (both || server_stays)
                far_row(scene, FAR_NETNS, STATE_ESTABLISHED, (uint16_t)(40001 + n));
        }
        scene_show(scene);
    }
}

/* Who closes what the filter shows closes nothing that is well. */
static void the_filter_has_no_row_that_is_well(void **state)
{
    static const struct {
        uint16_t lost, named;
    } CASES[] = {{1, 1}, {2, 2}, {3, 3}, {16, 16}, {60, 0}};
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < 2 * UNIT_COUNT(CASES); i++) {
        const uint16_t lost = CASES[i / 2].lost;
        scene_begin(&scene);
        lose_ends(&scene, lost, 40, i % 2);
        const struct finding *finding = scene_find(&scene, "half-open");
        assert_non_null(finding);
        assert_true(finding->evidence[0].value == lost);
        const uint32_t rows = scene_rows_of(&scene, finding);
        if (CASES[i / 2].named)
            assert_int_equal(rows, lost);
        else
            assert_in_range(rows, 16, lost - 1);
        assert_true(finding->evidence[1].value == (rows == lost ? 0 : rows));
        for (uint32_t row = 0; row < scene.frame->live_count; row++) {
            const struct conn *conn = &scene.frame->conns[row];
            if (scene_accepts(&scene, finding, conn))
                assert_true((i % 2 ? conn->tuple.remote_port : conn->tuple.local_port) - 40001 <
                            lost);
        }
        scene_end(&scene);
    }
}

/* Both ends were seen; then this, for long. */
static void stays_quiet(const struct ends *then)
{
    struct scene scene;

    scene_begin(&scene);
    show_for(&scene, &BOTH, 3);
    show_for(&scene, then, LONG);
    if (scene_find(&scene, "half-open"))
        fail_msg("%s", scene_find(&scene, "half-open")->title);
    scene_end(&scene);
}

static void what_is_not_known_to_be_gone_is_not_said_to_be(void **state)
{
    static const struct ends TRAPS[] = {
        {.state = STATE_TIME_WAIT},
        {.state = STATE_FIN_WAIT_2},
        {.state = STATE_SYN_RECEIVED},
        {.state = STATE_ESTABLISHED},
        {.unread = true},
        {.failed = true},
        {.received = true},
        {.acked = true},
        {.late = true},
        {.narrowed = true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(TRAPS) / sizeof(TRAPS[0]); i++)
        stays_quiet(&TRAPS[i]);
}

/* From the first frame on. */
static void expect_from_begin(const struct ends *ends, bool found)
{
    struct scene scene;

    scene_begin(&scene);
    show_for(&scene, ends, LONG);
    if (found) {
        const struct finding *finding = scene_expect(&scene, "half-open", SEVERITY_INFO, 1);
        assert_int_equal(finding->confidence, CONFIDENCE_LIKELY);
        assert_non_null(finding->open[0]);
    } else if (scene_find(&scene, "half-open")) {
        fail_msg("%s", scene_find(&scene, "half-open")->title);
    }
    scene_end(&scene);
}

static void an_end_that_was_never_seen_is_a_guess_at_most(void **state)
{
    const struct ends place = {.second = true, .listener = true};
    const struct ends translated = {.second = true};
    const struct ends elsewhere = {.listener = true};
    (void)state;
    expect_from_begin(&place, true);
    expect_from_begin(&translated, false);
    expect_from_begin(&elsewhere, false);
}

/* One to a place was there before the other end was watched, four were seen to lose it. */
static void seen_before_or_not_it_is_one_finding(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < LONG; i++) {
        begin_frame(&scene, &BOTH);
        far_row(&scene, FAR_NETNS, STATE_LISTEN, 0)->tuple.remote = (struct addr){{0}};
        for (uint16_t port = 40001; port <= 40006; port++) {
            near_row(&scene, port);
            if (port == 40006 || (port > 40001 && i < 3))
                far_row(&scene, FAR_NETNS, STATE_ESTABLISHED, port);
        }
        scene_show(&scene);
    }
    const struct finding *finding = scene_expect(&scene, "half-open", SEVERITY_WARNING, 5);
    assert_int_equal(finding->confidence, CONFIDENCE_LIKELY);
    assert_non_null(strstr(finding->title, ": 5 connections with"));
    for (uint32_t i = 0; i < finding->evidence_count; i++)
        assert_string_not_equal(finding->evidence[i].fact, "such connections");
    scene_end(&scene);
}

static void of_twins_nothing_is_said(void **state)
{
    const struct ends twins = {.state = STATE_ESTABLISHED, .twin = true};
    const struct ends gone = {.twin = true};
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_for(&scene, &twins, 3);
    show_for(&scene, &gone, LONG);
    assert_null(scene_find(&scene, "half-open"));
    scene_end(&scene);
}

static void with_one_end_in_view_it_is_not_checked(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++) {
        scene_frame(&scene);
        near_row(&scene, 40001);
        scene_show(&scene);
    }
    assert_int_equal(scene_check(&scene, "half-open")->verdict, VERDICT_NOT_CHECKED);
    assert_int_equal(scene_check(&scene, "lost-on-the-way")->verdict, VERDICT_NOT_CHECKED);
    scene_end(&scene);
}

/* --- loss --- */

struct loss {
    uint64_t resent, needless, out_of_order; /* each second */
    bool far_unknown;
};

static void lose_for(struct scene *scene, const struct loss *loss)
{
    for (uint64_t i = 0; i < LONG; i++) {
        begin_frame(scene, &BOTH);
        struct conn *near = near_row(scene, 40001);
        near->known |= KNOWN_INFO | KNOWN_BYTES_OUT;
        near->retrans = (uint32_t)(1 + loss->resent * i);
        near->bytes_retrans = 1000 * near->retrans;
        near->bytes_sent = 100000 * (i + 1) + near->bytes_retrans;
        scene_info(scene, near, "dsack_dups", loss->needless * i);
        struct conn *far = far_row(scene, FAR_NETNS, STATE_ESTABLISHED, 40001);
        if (!loss->far_unknown)
            scene_info(scene, far, "rcv_ooopack", loss->out_of_order * i);
        scene_show(scene);
    }
}

static void expect_loss(const struct loss *loss, const char *words)
{
    struct scene scene;

    scene_begin(&scene);
    lose_for(&scene, loss);
    const struct finding *finding = scene_find(&scene, "lost-on-the-way");
    if (!words && finding)
        fail_msg("%s", finding->title);
    if (words) {
        finding = scene_expect(&scene, "lost-on-the-way", SEVERITY_WARNING, 1);
        assert_non_null(strstr(finding->title, words));
    }
    scene_end(&scene);
}

static void both_ends_tell_which_way_segments_are_lost(void **state)
{
    static const struct loss DATA = {5, 0, 20, false}, ACKS = {5, 4, 0, false},
                             ORDER = {5, 5, 30, false}, MIXED = {10, 4, 20, false},
                             FEW = {0, 0, 0, false}, TAIL = {5, 0, 0, false},
                             UNKNOWN = {5, 4, 0, true};
    (void)state;
    expect_loss(&DATA, "segments to db are lost on the way there");
    expect_loss(&ACKS, "segments to db arrive, but their ACKs are lost");
    expect_loss(&ORDER, "segments to db arrive out of order");
    expect_loss(&MIXED, NULL);
    expect_loss(&FEW, NULL);
    expect_loss(&TAIL, NULL);
    expect_loss(&UNKNOWN, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_only_this_end_has_is_half_open),
        cmocka_unit_test(the_end_that_serves_may_be_the_one_that_stays),
        cmocka_unit_test(the_filter_has_no_row_that_is_well),
        cmocka_unit_test(what_is_not_known_to_be_gone_is_not_said_to_be),
        cmocka_unit_test(an_end_that_was_never_seen_is_a_guess_at_most),
        cmocka_unit_test(seen_before_or_not_it_is_one_finding),
        cmocka_unit_test(of_twins_nothing_is_said),
        cmocka_unit_test(with_one_end_in_view_it_is_not_checked),
        cmocka_unit_test(both_ends_tell_which_way_segments_are_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
