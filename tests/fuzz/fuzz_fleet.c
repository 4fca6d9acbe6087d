/* Any bytes as what a host sends, beside a host that sends a whole log: the frames of both hold
 * together, and of the other nothing is lost. */
#include "core/fleet.h"
#include "core/other_end.h"
#include "fuzz_target.h"
#include "source/log/replay.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES_MOST 32

static const struct wish no_wish;

static const char GOOD[] =
    "{\"ev\":\"head\",\"t\":\"2026-11-22T12:16:20.000000000Z\",\"format\":\"tcplens-session\","
    "\"version\":"
    "\"1.1\"}\n"
    "{\"ev\":\"row\",\"t\":\"2026-11-22T12:16:20.000000000Z\",\"id\":2,\"proto\":\"tcp\","
    "\"family\":\"inet\","
    "\"laddr\":\"10.0.0.5\",\"lport\":443,\"raddr\":\"203.0.113.80\",\"rport\":33208,\"state\":"
    "\"ESTABLISHED\",\"netns\":4026531840,\"cookie\":\"4003\"}\n"
    "{\"ev\":\"frame\",\"t\":\"2026-11-22T12:16:20.000000000Z\",\"number\":1,\"key\":true,\"mono_"
    "ns\":"
    "1036809000000000,\"netns\":4026531840,\"rows\":1,\"ghosts\":0}\n";

struct host {
    struct source *source;
    struct frame *frame;
    struct fleet_keys keys;
};

static struct source *open_bytes(const void *data, size_t size)
{
    const int descriptor = memfd_create("log", MFD_CLOEXEC);
    struct source *source = NULL;
    char why[200] = "";

    CHECK(descriptor >= 0);
    if (write(descriptor, data, size) != (ssize_t)size) {
        close(descriptor);
        return NULL;
    }
    const int error = replay_open_descriptor(&source, descriptor, "host", why, sizeof(why));
    CHECK(error <= 0 && (!error || why[0]));
    return error ? NULL : source;
}

static bool take_frame(struct host *host, struct frame_pool *pool)
{
    struct frame *frame = host->source ? frame_new(pool) : NULL;

    if (!frame || source_next(host->source, frame, &no_wish)) {
        frame_release(frame);
        return false;
    }
    frame_release(host->frame);
    host->frame = frame;
    return true;
}

static void check_row(const struct frame *whole, const struct conn *conn)
{
    const struct frame_netns *netns = frame_find_netns(whole, conn->netns);

    CHECK(netns && (netns->host == 1 || netns->host == 2));
    CHECK(frame_host_of(whole, conn->netns) != NULL);
    CHECK(conn->group == CONN_NO_INDEX || conn->group < whole->group_count);
    CHECK(conn->detail == CONN_NO_INDEX || conn->detail < whole->detail_count);
    for (uint32_t n = 0; n < conn->owner_count; n++) {
        const struct proc *holder = frame_holder(whole, conn, n);
        CHECK(holder && holder->host == netns->host);
    }
}

static void check_whole(struct host *hosts, struct frame_pool *pool)
{
    struct frame *whole = frame_new(pool);
    struct fleet_part parts[2];
    uint32_t good = 0;

    CHECK(whole != NULL);
    for (uint32_t i = 0; i < 2; i++)
        parts[i] = (struct fleet_part){.frame = hosts[i].frame,
                                       .host = {.number = i + 1,
                                                .state = HOST_OK,
                                                .name = "host",
                                                .place = "",
                                                .why = "",
                                                .version = "",
                                                .events = ""},
                                       .keys = &hosts[i].keys,
                                       .wall_shift_ns = INT64_MIN / 2,
                                       .mono_shift_ns = INT64_MAX / 2,
                                       .is_new = true};
    if (fleet_merge(whole, parts, 2) == 0) {
        CHECK(whole->live_count <= whole->conn_count);
        for (uint32_t i = 0; i < whole->conn_count; i++) {
            check_row(whole, &whole->conns[i]);
            good += frame_host_number(whole, whole->conns[i].netns) == 1;
        }
        CHECK(good == hosts[0].frame->conn_count);
        for (uint32_t i = 0; i < whole->live_count && i < 64; i++)
            (void)other_end_of(whole, &whole->conns[i], NULL);
    }
    frame_release(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_pool *pool = frame_pool_new();
    uint32_t next_key = 0;
    struct host hosts[2] = {{.source = open_bytes(GOOD, sizeof(GOOD) - 1)},
                            {.source = open_bytes(data, size)}};

    for (int i = 0; i < 2; i++)
        hosts[i].keys.next = &next_key;
    CHECK(take_frame(&hosts[0], pool));
    for (unsigned i = 0; i < FRAMES_MOST && take_frame(&hosts[1], pool); i++)
        check_whole(hosts, pool);
    for (int i = 0; i < 2; i++) {
        frame_release(hosts[i].frame);
        source_close(hosts[i].source);
        fleet_keys_done(&hosts[i].keys);
    }
    frame_pool_release(pool);
    return 0;
}
