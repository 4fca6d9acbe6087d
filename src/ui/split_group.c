/* split_group: counted for each picture that is drawn. */
#include "ui/split_group.h"

#include "ui/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STATE_CELLS   10
#define PROCESS_CELLS 10
#define RATE_CELLS    5

static uint64_t traffic(const struct conn *conn)
{
    return conn_in_rate(conn) + conn_out_rate(conn);
}

/* Equal ones keep the order of the frame. */
static void keep(struct split_group *group, const struct conn *conn)
{
    uint32_t at = group->count;

    while (at > 0 && traffic(group->top[at - 1]) < traffic(conn))
        at--;
    if (at == SPLIT_GROUP_ROWS)
        return;
    const uint32_t last = group->count < SPLIT_GROUP_ROWS ? group->count : SPLIT_GROUP_ROWS - 1;
    memmove(group->top + at + 1, group->top + at, (last - at) * sizeof(group->top[0]));
    group->top[at] = conn;
    group->count = last + 1;
}

struct split_group split_group_count(const struct grouping_member *member,
                                     const struct picture *picture)
{
    const struct frame *frame = picture->frame;
    struct split_group group = {.count = 0};

    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!grouping_accepts(member, &picture->context, conn))
            continue;
        group.rows++;
        group.states[conn->state]++;
        keep(&group, conn);
    }
    return group;
}

void split_group_draw_states(const struct split_group *group, struct page *text)
{
    char count[16];

    for (unsigned state = 0; state < STATE_COUNT; state++) {
        if (group->states[state] == 0)
            continue;
        snprintf(count, sizeof(count), "%" PRIu32, group->states[state]);
        page_item(text, 1, TCP_STATES[state].short_name,
                  (unsigned)ROLE_STATE_QUIET + TCP_STATES[state].role, count);
    }
    page_line(text);
}

static int field(const struct picture *picture, const struct conn *conn, const char *id,
                 unsigned style, const struct canvas *line, int col, int cells)
{
    const struct column *column = column_find(id, strlen(id));
    char text[160], cut[160];

    column_format(column, &picture->context, conn, text, sizeof(text));
    table_cut_text(cut, sizeof(cut), text, cells, column->type == TYPE_ADDRESS);
    return canvas_field(line, 0, col, cells, column->right, style, cut) + 1;
}

static void draw_row(const struct picture *picture, const struct conn *conn,
                     const struct canvas *line)
{
    const int rest = line->cols - STATE_CELLS - PROCESS_CELLS - 2 * RATE_CELLS - 6;
    const int end = rest > 2 ? rest / 2 : 0;
    int col = 1;

    canvas_field(line, 0, col, STATE_CELLS, false,
                 (unsigned)ROLE_STATE_QUIET + TCP_STATES[conn->state].role,
                 TCP_STATES[conn->state].short_name);
    col += STATE_CELLS + 1;
    col = field(picture, conn, "local", ROLE_NORMAL, line, col, end);
    col = field(picture, conn, "remote", ROLE_NORMAL, line, col, end);
    col = field(picture, conn, "process", ROLE_NORMAL, line, col, PROCESS_CELLS);
    col = field(picture, conn, "in", ROLE_IN, line, col, RATE_CELLS);
    field(picture, conn, "out", ROLE_OUT, line, col, RATE_CELLS);
}

void split_group_draw_rows(const struct split_group *group, const struct picture *picture,
                           struct page *text)
{
    const int room = text->canvas->rows - (text->row - text->top) - 1;
    const uint32_t most = room > 0 ? (uint32_t)room : 0;

    page_printf(text, ROLE_ACCENT, "most traffic, of %" PRIu32, group->rows);
    page_line(text);
    for (uint32_t i = 0; i < group->count && i < most; i++) {
        const struct canvas line =
            canvas_part(text->canvas, text->row - text->top, 0, 1, text->canvas->cols);
        draw_row(picture, group->top[i], &line);
        page_line(text);
    }
}
