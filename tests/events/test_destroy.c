/* test_destroy: events from the message of a freed socket: one close, whether the row or the
 * descriptor goes first; "exact" only if it is; nothing that the kernel has cleared.
 *
 *     test_destroy
 *
 * Exit 1 where something does not hold, 77 where it cannot run. */
#include "event_watch.h"
#include "net_tools.h"

#include "core/json/json.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND_NS  1000000000LL
#define LOOPBACK   0x7f000001
#define PATIENCE   (10 * SECOND_NS)
#define TRIES_MOST 50

struct pair {
    int client, server;
    uint64_t client_cookie, server_cookie;
};

struct sought { /* the events of one socket */
    uint64_t cookie;
    unsigned ends; /* closed, or in TIME-WAIT */
    struct event last;
};

static struct event_watch watched;
static int listener;

static void take(void *context, const struct event *event)
{
    struct sought *sought = context;
    const bool end =
        event->kind == EVENT_CLOSE || (event->kind != EVENT_LOST && event->to == STATE_TIME_WAIT);
    if (event->cookie != sought->cookie || !end)
        return;
    sought->ends++;
    sought->last = *event;
}

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    printf("FAILED: %s\n", what);
    exit(1);
}

static struct pair make_pair(void)
{
    struct pair pair = {.client = net_socket(AF_INET, NULL, 0)};
    net_connect(pair.client, net_v4(LOOPBACK, 4001));
    pair.server = net_accept(listener);
    net_wait_state(pair.client, TCP_ESTABLISHED);
    pair.client_cookie = net_cookie(pair.client);
    pair.server_cookie = net_cookie(pair.server);
    return pair;
}

static void reset(int fd)
{
    const struct linger linger = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    net_close(fd);
}

static bool is_shown(uint64_t cookie)
{
    struct frame *frame = collector_latest(watched.collector);
    bool found = false;
    for (uint32_t i = 0; frame && i < frame->live_count && !found; i++)
        found = frame->conns[i].cookie == cookie;
    frame_release(frame);
    return found;
}

static void wait_shown(uint64_t cookie, bool shown)
{
    const int64_t end_ns = net_now_ns() + PATIENCE;
    while (is_shown(cookie) != shown && net_now_ns() < end_ns)
        event_watch_wait(&watched, SECOND_NS / 100);
    expect(is_shown(cookie) == shown, shown ? "no frame shows it" : "it does not leave the frames");
}

static void follow_frames(struct sought *sought, unsigned frames)
{
    const uint64_t last = event_watch_frames(&watched) + frames;
    while (event_watch_frames(&watched) < last) {
        event_watch_wait(&watched, SECOND_NS / 100);
        event_watch_read(&watched, take, sought);
    }
    event_watch_read(&watched, take, sought);
}

static void follow_end(struct sought *sought)
{
    const int64_t end_ns = net_now_ns() + PATIENCE;
    while (sought->ends == 0 && net_now_ns() < end_ns) {
        event_watch_wait(&watched, SECOND_NS / 100);
        event_watch_read(&watched, take, sought);
    }
    expect(sought->ends == 1, "its end is not an event, or several");
}

/* The peer resets the connection, its process keeps the descriptor. */
static void ends_once(void)
{
    struct pair pair = make_pair();
    struct sought sought = {.cookie = pair.client_cookie};
    wait_shown(pair.client_cookie, true);
    reset(pair.server);
    net_wait_state(pair.client, TCP_CLOSE);
    wait_shown(pair.client_cookie, false);
    follow_end(&sought);
    expect(!sought.last.exact, "a frame that lacks a row knows the moment");
    follow_frames(&sought, 3);
    close(pair.client);
    follow_frames(&sought, 5);
    expect(sought.ends == 1, "closing the descriptor of a closed connection is an event");
}

/* The process closes it: facts of the frame replace those that the kernel cleared. */
static void shown_has_its_tuple(void)
{
    struct pair pair = make_pair();
    struct sought sought = {.cookie = pair.client_cookie};
    const unsigned port = ntohs(net_facts_of(pair.client).local.u.v4.sin_port);
    wait_shown(pair.client_cookie, true);
    reset(pair.client);
    follow_end(&sought);
    follow_frames(&sought, 3);
    expect(sought.ends == 1, "the row and the message are two events");
    expect(!tuple_lacks_local(&sought.last.tuple) && sought.last.tuple.local_port == port &&
               sought.last.tuple.remote_port == 4001,
           "the row's ends are not taken");
    net_close(pair.server);
}

/* No frame showed it: what the kernel cleared is unknown. */
static void cleared_is_absent(void)
{
    struct sought sought = {0};
    for (int i = 0; i < TRIES_MOST && !(sought.ends && sought.last.from == STATE_NONE); i++) {
        struct pair pair = make_pair();
        sought = (struct sought){.cookie = pair.client_cookie};
        reset(pair.client);
        net_close(pair.server);
        follow_end(&sought);
    }
    expect(sought.last.from == STATE_NONE, "every frame was faster");
    const struct event_place nothing = {.user = "", .unit = "", .container = ""};
    struct buffer json;
    buffer_init(&json);
    json_event(&json, 1, &sought.last, &nothing);
    buffer_char(&json, '\0');
    printf("%s\n", json.data);
    expect(!strstr(json.data, "\"laddr\"") && !strstr(json.data, "\"rport\"") &&
               !strstr(json.data, "0.0.0.0"),
           "what is not known is written");
    expect(strstr(json.data, "\"raddr\":\"127.0.0.1\"") && !strstr(json.data, "\"exact\""),
           "what is known is not written, or a moment that is not");
    buffer_done(&json);
}

/* In order, both descriptors at once: the last segment came just before. */
static void order_is_exact(void)
{
    struct sought sought = {0};
    for (int i = 0; i < TRIES_MOST && !(sought.ends && sought.last.exact); i++) {
        struct pair pair = make_pair();
        sought = (struct sought){.cookie = pair.server_cookie};
        net_close(pair.client);
        net_close(pair.server);
        follow_end(&sought);
    }
    expect(sought.last.exact, "no end in order is exact");
}

/* The peer's FIN is no byte of data, whether the frames show the listener or not. */
static void fin_is_no_byte(void)
{
    static const char data[] = "hello";
    struct pair pair = make_pair();
    struct sought sought = {.cookie = pair.server_cookie};
    char got[sizeof(data)];

    expect(send(pair.client, data, sizeof(data), 0) == (ssize_t)sizeof(data), "send");
    net_close(pair.client);
    expect(recv(pair.server, got, sizeof(got), MSG_WAITALL) == (ssize_t)sizeof(got), "recv");
    net_wait_state(pair.server, TCP_CLOSE_WAIT);
    net_close(pair.server);
    follow_end(&sought);
    printf("%llu bytes received\n", (unsigned long long)sought.last.in_bytes);
    expect(sought.last.has_totals && sought.last.in_bytes == sizeof(data),
           "the bytes received are not those sent");
}

int main(void)
{
    net_enter_namespace(0);
    listener = net_listen(net_v4(LOOPBACK, 4001), 64, 0);
    event_watch_start(&watched, "destroy", SECOND_NS / 10, 0);
    ends_once();
    shown_has_its_tuple();
    cleared_is_absent();
    order_is_exact();
    fin_is_no_byte();
    collector_free(watched.collector);
    event_watch_start_states(&watched, "destroy", SECOND_NS / 10, 0,
                             state_class_bits(CLASS_CONNECTIONS));
    fin_is_no_byte();
    collector_free(watched.collector);
    return 0;
}
