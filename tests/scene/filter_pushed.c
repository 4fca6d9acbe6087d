/* filter_pushed: each filter on standard input, one a line, twice over the sockets of this network
 * namespace: as `list` has it (what the kernel can decide it decides, the rest is left out at once)
 * and on a dump of everything, evaluated here. Prints what differs, then how many filters agreed.
 * A row that comes or goes between two dumps is no difference: it is tried again. */
#include "command/filter_read.h"
#include "source/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 5
#define LINE_MAX 4096
/* Accepts every row and requests autobound sockets: a dump of everything. */
#define EVERYTHING "( state all ) or autobound"

static _Noreturn void die(const char *text)
{
    fprintf(stderr, "filter_pushed: %s\n", text);
    exit(1);
}

static struct filter *parse(const char *text)
{
    struct filter *filter = NULL;

    if (filter_read(&filter, text, FILTER_RESOLVES_HOSTS) >= 0)
        exit(1);
    return filter;
}

static struct frame *dump(const struct filter *filter, struct frame_pool *pool)
{
    const struct live_settings settings = {.proc_root = "/proc", .filter = filter};
    const struct wish wish = {
        .state_bits = STATE_ALL_BITS, .families = WISH_INET | WISH_INET6, .needs = NEED_DETAIL};
    struct source *source = NULL;
    struct frame *frame = frame_new(pool);
    char text[128];

    if (!frame || live_open(&source, &settings, text))
        die("no sock_diag");
    if (source_next(source, frame, &wish) || frame->missing.reasons & MISSING_DUMP_PART)
        die("a dump failed");
    source_close(source);
    return frame;
}

static int compare_cookies(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* The cookies of the rows that the filter accepts, in order. */
static uint64_t *accepted(const struct filter *filter, const struct frame *frame, size_t *count)
{
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    uint64_t *cookies = malloc((frame->conn_count + 1) * sizeof(*cookies));

    if (!cookies)
        die("out of memory");
    *count = 0;
    for (uint32_t i = 0; i < frame->conn_count; i++)
        if (filter_accepts(filter, &context, &frame->conns[i]))
            cookies[(*count)++] = frame->conns[i].cookie;
    qsort(cookies, *count, sizeof(*cookies), compare_cookies);
    return cookies;
}

static bool agree(const struct filter *filter, const struct filter *everything,
                  struct frame_pool *pool, size_t counts[2])
{
    struct frame *pushed = dump(filter, pool), *whole = dump(everything, pool);
    uint64_t *left = accepted(filter, pushed, &counts[0]);
    uint64_t *right = accepted(filter, whole, &counts[1]);
    const bool same = counts[0] == counts[1] && memcmp(left, right, counts[0] * sizeof(*left)) == 0;

    free(left);
    free(right);
    frame_release(pushed);
    frame_release(whole);
    return same;
}

static bool check(const char *text, const struct filter *everything, struct frame_pool *pool)
{
    struct filter *filter = parse(text);
    size_t counts[2] = {0, 0};
    bool same = false;

    for (int attempt = 0; attempt < ATTEMPTS && !same; attempt++)
        same = agree(filter, everything, pool, counts);
    if (!same)
        printf("%s: %zu rows pushed down, %zu evaluated here\n", text, counts[0], counts[1]);
    filter_free(filter);
    return same;
}

int main(void)
{
    struct frame_pool *pool = frame_pool_new();
    char line[LINE_MAX];
    unsigned good = 0, bad = 0;

    if (!pool)
        die("out of memory");
    struct filter *everything = parse(EVERYTHING);
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (check(line, everything, pool))
            good++;
        else
            bad++;
    }
    printf("%u filters agree, %u do not\n", good, bad);
    filter_free(everything);
    frame_pool_release(pool);
    return bad || !good ? 1 : 0;
}
