/* demo_rows: opens the rows of the demo, moves them through their states and closes them. All
 * choices come from demo_random(), so that frame n of a seed is always the same. */
#include "source/demo/rows.h"

#include "core/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_COOKIE 0x4000u
#define FIRST_INODE  88000u
/* An invented connection stays in ESTABLISHED for about this many of its changes: mostly there is
 * traffic. */
#define CHANGES_ESTABLISHED 16u

enum { ASK_LIFE = 100, ASK_STEP, ASK_REST, ASK_PICK, ASK_MOVE };

/* SplitMix64's finalizer (Steele, Lea, Flood 2014) over a counter made of the arguments. */
uint64_t demo_random(uint64_t seed, uint64_t frame, uint64_t slot, uint64_t what)
{
    uint64_t x = seed * UINT64_C(0xd1342543de82ef95) + frame * UINT64_C(0x9e3779b97f4a7c15) +
                 slot * UINT64_C(0xbf58476d1ce4e5b9) + what * UINT64_C(0x94d049bb133111eb);
    for (unsigned round = 0; round < 2; round++) {
        x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
        x ^= x >> 31;
    }
    return x;
}

static uint32_t roll(const struct demo_rows *rows, uint32_t slot, uint64_t what, uint32_t below)
{
    return (uint32_t)(demo_random(rows->settings.seed, rows->frame, slot, what) % below);
}

static bool is_cast(uint32_t slot)
{
    return slot < CAST_ROW_COUNT;
}

struct cast_row demo_rows_part(uint32_t slot)
{
    static const struct {
        uint8_t who;
        uint16_t port;
    } servers[] = {
        {WHO_NGINX_1, 443}, {WHO_NGINX_2, 443}, {WHO_JAVA, 8080},  {WHO_NGINX_3, 443},
        {WHO_NODE, 3000},   {WHO_NGINX_1, 80},  {WHO_REDIS, 6379},
    };
    if (is_cast(slot))
        return CAST_ROWS[slot];
    uint64_t random = demo_random(0, 0, slot, 0);
    size_t server = slot % (sizeof(servers) / sizeof(servers[0]));
    return (struct cast_row){.local_port = servers[server].port,
                             .who = servers[server].who,
                             .word = OWNER_PROCESS,
                             .uid = UINT32_MAX,
                             .in = (uint32_t)(random % 9000),
                             .out = (uint32_t)(random >> 16) % 50000,
                             .rtt_us = 400 + (uint32_t)(random >> 32) % 90000};
}

/* Every fifth invented slot is IPv6 with its own address; 762 IPv4 addresses are shared, and each
 * slot has 32 ports of its own that it uses in turn. */
static void put_made_up_tuple(uint32_t slot, uint32_t lives, uint16_t port, struct tuple *tuple)
{
    static const uint8_t here6[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 5, [15] = 5};
    static const uint8_t there6[6] = {0x20, 1, 0x0d, 0xb8, 0, 0x0f};
    static const uint8_t here[4] = {10, 0, 0, 5};
    static const uint8_t there[3][3] = {{192, 0, 2}, {198, 51, 100}, {203, 0, 113}};
    unsigned host = slot % 762;

    tuple->local_port = port;
    if (slot % 5 == 0) {
        tuple->family = FAMILY_INET6;
        memcpy(tuple->local.bytes, here6, sizeof(here6));
        memcpy(tuple->remote.bytes, there6, sizeof(there6));
        for (unsigned i = 0; i < 4; i++)
            tuple->remote.bytes[15 - i] = (uint8_t)(slot >> (8 * i));
    } else {
        tuple->family = FAMILY_INET;
        memcpy(tuple->local.bytes, here, sizeof(here));
        memcpy(tuple->remote.bytes, there[host / 254], 3);
        tuple->remote.bytes[3] = (uint8_t)(1 + host % 254);
    }
    tuple->remote_port = (uint16_t)(1024 + slot / 762 * 32 + lives % 32);
}

static void put_address(const char *text, struct tuple *tuple, struct addr *addr)
{
    addr_parse(text, strlen(text), addr, &tuple->family, NULL);
    if (addr_is_link_local(addr, tuple->family))
        tuple->scope = 2;
}

/* An invented port: each slot has 400 of its own, in an order that depends on the seed. */
static uint16_t fresh_port(const struct demo_rows *rows, uint32_t slot)
{
    uint64_t step = rows->fates[slot].lives * UINT64_C(37) + rows->settings.seed % 400;
    return (uint16_t)(32768 + slot * 400 + step % 400);
}

static void put_tuple(const struct demo_rows *rows, uint32_t slot, const struct cast_row *part,
                      uint8_t state, struct tuple *tuple)
{
    memset(tuple, 0, sizeof(*tuple));
    if (is_cast(slot)) {
        put_address(part->local, tuple, &tuple->local);
        tuple->local_port = part->local_port ? part->local_port : fresh_port(rows, slot);
    } else {
        put_made_up_tuple(slot, rows->fates[slot].lives, part->local_port, tuple);
    }
    if (is_cast(slot) && part->remote && state != STATE_LISTEN && state != STATE_CLOSED) {
        put_address(part->remote, tuple, &tuple->remote);
        tuple->remote_port = part->remote_port ? part->remote_port : fresh_port(rows, slot);
    }
}

static void enter(struct demo_rows *rows, uint32_t slot, const struct cast_row *part, uint8_t state)
{
    put_tuple(rows, slot, part, state, &rows->conns[slot].tuple);
    demo_facts_enter(rows, slot, part, state);
}

static void enter_step(struct demo_rows *rows, uint32_t slot, const struct cast_row *part)
{
    struct demo_fate *fate = &rows->fates[slot];
    const struct cast_step *step = &CAST_LIVES[fate->life][fate->step];
    uint32_t spread = step->most - step->least + 1u;
    fate->left = (uint16_t)(step->least - 1u + roll(rows, slot, ASK_STEP, spread));
    enter(rows, slot, part, step->state);
}

static void begin(struct demo_rows *rows, uint32_t slot, const struct cast_row *part)
{
    static const uint8_t usual[] = {LIFE_SERVE, LIFE_SERVE_AND_END, LIFE_SERVE_ONCE, LIFE_END_BOTH,
                                    LIFE_TURNED_AWAY};
    struct demo_fate *fate = &rows->fates[slot];
    struct conn *conn = &rows->conns[slot];
    memset(conn, 0, sizeof(*conn));
    conn->owner = conn->owners = conn->group = conn->detail = CONN_NO_INDEX;
    conn->netns = DEMO_NETNS;
    conn->cookie = ++rows->last_cookie;
    fate->alive = true;
    fate->lives++;
    fate->step = 0;
    fate->life = part->life;
    if (!is_cast(slot))
        fate->life = usual[roll(rows, slot, ASK_LIFE, 16) % sizeof(usual)];
    if (fate->life == LIFE_NONE)
        enter(rows, slot, part, part->state);
    else
        enter_step(rows, slot, part);
}

static void step_on(struct demo_rows *rows, uint32_t slot, const struct cast_row *part)
{
    struct demo_fate *fate = &rows->fates[slot];
    unsigned next = fate->step + 1u;
    if (next == CAST_STEPS_MAX || CAST_LIVES[fate->life][next].state == STATE_NONE) {
        fate->alive = false;
        fate->left = (uint16_t)roll(rows, slot, ASK_REST, 3);
        return;
    }
    fate->step = (uint8_t)next;
    enter_step(rows, slot, part);
}

static void advance_cast(struct demo_rows *rows, uint32_t slot)
{
    struct demo_fate *fate = &rows->fates[slot];
    const struct cast_row *part = &CAST_ROWS[slot];
    if (fate->life != LIFE_NONE && fate->left > 0) {
        fate->left--;
    } else if (!fate->alive) {
        begin(rows, slot, part);
        return;
    } else if (fate->life != LIFE_NONE) {
        step_on(rows, slot, part);
        return;
    }
    if (fate->alive)
        demo_facts_flow(rows, slot, part);
}

static void change_made_up(struct demo_rows *rows, uint32_t slot)
{
    struct demo_fate *fate = &rows->fates[slot];
    struct cast_row part = demo_rows_part(slot);
    if (!fate->alive)
        begin(rows, slot, &part);
    else if (rows->conns[slot].state == STATE_ESTABLISHED &&
             roll(rows, slot, ASK_MOVE, CHANGES_ESTABLISHED) != 0)
        demo_facts_flow(rows, slot, &part);
    else
        step_on(rows, slot, &part);
}

void demo_rows_advance(struct demo_rows *rows)
{
    bool still = rows->settings.change_permille == 0 && rows->frame > 0;
    rows->frame++;
    if (still)
        return;
    uint32_t cast = rows->count < CAST_ROW_COUNT ? rows->count : CAST_ROW_COUNT;
    for (uint32_t slot = 0; slot < cast; slot++)
        advance_cast(rows, slot);
    uint32_t made_up = rows->count - cast;
    if (made_up == 0 || rows->frame == 1)
        return;
    uint32_t changes = (uint32_t)((uint64_t)made_up * rows->settings.change_permille / 1000);
    if (changes == 0)
        return;
    uint32_t start = roll(rows, 0, ASK_PICK, made_up), stride = made_up / changes;
    for (uint32_t i = 0; i < changes; i++) { /* no slot twice: at most one transition each */
        uint64_t pick = (uint64_t)i * stride + roll(rows, i, ASK_PICK, stride) + start;
        change_made_up(rows, cast + (uint32_t)(pick % made_up));
    }
}

/* In frame 1 most invented rows are long established, as on a busy machine. */
static void place_made_up(struct demo_rows *rows, uint32_t slot)
{
    struct cast_row part = demo_rows_part(slot);
    uint32_t steps = roll(rows, slot, ASK_MOVE, 20);
    begin(rows, slot, &part);
    for (uint32_t i = 0; i < (steps < 4 ? steps : 1) && rows->fates[slot].alive; i++)
        step_on(rows, slot, &part);
    if (rows->fates[slot].alive)
        demo_facts_age(rows, slot, &part);
}

static void place_all(struct demo_rows *rows)
{
    for (uint32_t slot = 0; slot < rows->count; slot++) {
        if (!is_cast(slot)) {
            place_made_up(rows, slot);
            continue;
        }
        const struct cast_row *part = &CAST_ROWS[slot];
        rows->fates[slot].life = part->life;
        rows->fates[slot].left = part->life ? (uint16_t)(part->enters - 1u) : 0;
        if (part->life == LIFE_NONE) {
            begin(rows, slot, part);
            demo_facts_age(rows, slot, part);
        }
    }
}

int demo_rows_init(struct demo_rows *rows, const struct demo_settings *settings)
{
    uint32_t count = settings->connections;
    struct conn *conns = calloc(count, sizeof(*conns));
    struct demo_fate *fates = calloc(count, sizeof(*fates));
    if (!conns || !fates) {
        free(conns);
        free(fates);
        return -ENOMEM;
    }
    *rows = (struct demo_rows){.settings = *settings,
                               .conns = conns,
                               .fates = fates,
                               .count = count,
                               .last_cookie = FIRST_COOKIE,
                               .last_inode = FIRST_INODE};
    place_all(rows);
    return 0;
}

void demo_rows_done(struct demo_rows *rows)
{
    free(rows->conns);
    free(rows->fates);
}
