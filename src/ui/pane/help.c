/* Help: the columns and keys of the open pane, all keys from COMMANDS, the meaning of marks, and
 * how to lift limits of privileges. */
#include "core/text/text.h"
#include "ui/page.h"
#include "ui/pane/pane.h"
#include "ui/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_CELLS 15
#define TEXT_COL   3
#define HELP_COL   (TEXT_COL + KEYS_CELLS + 1)
#define LINES_MAX  256

struct help_line {
    const struct command *command; /* NULL: heading or text */
    const char *heading, *text;
    const char *label; /* before text, as keys stand before theirs */
};

struct help {
    struct pane pane;
    struct help_line lines[LINES_MAX];
    uint32_t count;
    uint32_t fixed; /* lines that are independent of the frame */
    struct page_scroll scroll;
    char reasons[2][160], cost[96], readings[96];
};

static const char *const NOTES[] = {
    "+ opened   ~ changed, with the state it came from   - closed, about to leave",
    "! named by a finding, a warning or worse: ! or 7 lists all, i says what to do",
    ("Header: bytes in above, out below, newest right, each with its own scale. Red: more than 1 % "
     "was retransmitted. ▲: grew for a minute, never fell. opens, resets: of the network "
     "namespace. "
     "A click on a state filters by it."),
    "Page of a connection: red where something was retransmitted, or the peer's window was shut.",
    "Age: >2:14h at least that old, <0:41 at most, ~12:31 about; no sign: exact.",
    "Blank means unknown, never 0.",
    "Pids of other users without being root:",
    "  setcap cap_sys_ptrace,cap_dac_read_search+p $(which tcplens)",
    ("Mouse: a click selects a row, a second one opens it; titles sort; the wheel scrolls; tabs, "
     "menus, dialogs, the finding and the last line take clicks."),
};

static void add(struct help *help, struct help_line line)
{
    if (help->count < LINES_MAX)
        help->lines[help->count++] = line;
}

/* The open pane: its own keys, then its columns as shown. */
static void add_here(struct help *help, const struct pane *pane)
{
    const char *title, *text;
    if (pane->ops->keys)
        add(help, (struct help_line){.heading = "Keys of this view"});
    for (const struct pane_key *key = pane->ops->keys; key && key->keys; key++)
        add(help, (struct help_line){.label = key->keys, .text = key->help});
    if (pane->ops->column_help)
        add(help, (struct help_line){.heading = "Columns of this view"});
    for (size_t n = 0; pane->ops->column_help && pane->ops->column_help(pane, n, &title, &text);
         n++)
        add(help, (struct help_line){.label = title, .text = text ? text : ""});
}

static void build(struct help *help, const struct pane *pane)
{
    if (pane)
        add_here(help, pane);
    for (unsigned group = 0; group < GROUP_COUNT; group++) {
        bool any = false;
        for (size_t i = 0; i < command_count; i++) {
            if (COMMANDS[i].group != group || !COMMANDS[i].help)
                continue;
            if (!any)
                add(help, (struct help_line){.heading = COMMAND_GROUPS[group]});
            any = true;
            add(help, (struct help_line){.command = &COMMANDS[i]});
        }
    }
    add(help, (struct help_line){.heading = "Reading the screen"});
    for (size_t i = 0; i < sizeof(NOTES) / sizeof(NOTES[0]); i++)
        add(help, (struct help_line){.text = NOTES[i]});
    help->fixed = help->count;
}

/* What is only partly available here, and why. */
static void add_reasons(struct help *help, const struct frame *frame)
{
    const struct {
        const char *text, *why;
    } lacks[] = {{"Some changes between frames are not seen:", frame->events_why},
                 {"Owners are found by reading /proc, which takes longer:", frame->owners_why}};
    for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
        if (!lacks[i].why || !lacks[i].why[0])
            continue;
        if (help->count == help->fixed)
            add(help, (struct help_line){.heading = "Not available here"});
        snprintf(help->reasons[i], sizeof(help->reasons[i]), "  %s", lacks[i].why);
        add(help, (struct help_line){.text = lacks[i].text});
        add(help, (struct help_line){.text = help->reasons[i]});
    }
}

static void add_cost(struct help *help, const struct picture *picture)
{
    if (!picture_cost_text(picture, help->cost, sizeof(help->cost)))
        return;
    add(help, (struct help_line){.heading = "What it costs"});
    add(help, (struct help_line){.text = help->cost});
    if (picture_readings_text(picture, help->readings, sizeof(help->readings)))
        add(help, (struct help_line){.text = help->readings});
}

static int help_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                     const void *argument)
{
    struct help *help = calloc(1, sizeof(*help));
    if (!help)
        return -ENOMEM;
    help->pane = (struct pane){ops, screen};
    build(help, argument);
    *pane = &help->pane;
    return 0;
}

static void help_close(struct pane *pane)
{
    free(pane);
}

static void help_update(struct pane *pane, const struct picture *picture)
{
    struct help *help = (struct help *)pane;
    help->count = help->fixed;
    if (!picture->frame)
        return;
    add_reasons(help, picture->frame);
    add_cost(help, picture);
}

static void put_keyed(struct page *page, const char *keys, const char *help)
{
    canvas_field(page->canvas, page->row - page->top, TEXT_COL, KEYS_CELLS, false, ROLE_KEY, keys);
    page->col = HELP_COL;
    page_paragraph(page, HELP_COL, ROLE_NORMAL, help);
}

static void put_line(struct page *page, const struct help_line *line)
{
    char keys[64];
    if (line->heading) {
        page_text(page, ROLE_ACCENT, line->heading);
        page_line(page);
    } else if (line->label) {
        put_keyed(page, line->label, line->text);
    } else if (line->text) {
        page->col = TEXT_COL;
        page_paragraph(page, TEXT_COL + 2, ROLE_NORMAL, line->text);
    } else {
        command_keys(keys, sizeof(keys), line->command, canvas_ascii(page->canvas));
        put_keyed(page, keys, line->command->help);
    }
}

static void help_draw(struct pane *pane, const struct picture *picture, const struct canvas *canvas)
{
    struct help *help = (struct help *)pane;
    struct page page;
    (void)picture;
    page_begin(&page, canvas, &help->scroll);
    for (uint32_t i = 0; i < help->count; i++)
        put_line(&page, &help->lines[i]);
    page_end(&page, &help->scroll);
}

static bool help_command(struct pane *pane, const struct command *command)
{
    struct help *help = (struct help *)pane;
    if (page_scroll_command(&help->scroll, command))
        return true;
    if (command->id != COMMAND_HELP && command->id != COMMAND_QUIT)
        return false;
    screen_back(pane->screen);
    return true;
}

static bool help_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    (void)row;
    (void)col;
    (void)page_scroll_mouse(&((struct help *)pane)->scroll, key);
    return true;
}

const struct pane_ops PANE_HELP = {
    .title = "Help",
    .lacks = COMMAND_OPENS | COMMAND_ROWS | COMMAND_CHOICE,
    .open = help_open,
    .close = help_close,
    .update = help_update,
    .draw = help_draw,
    .command = help_command,
    .mouse = help_mouse,
};
