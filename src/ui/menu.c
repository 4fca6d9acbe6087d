/* menu: a floating list to choose from; typing narrows it. */
#include "ui/menu.h"

#include "core/text/text.h"
#include "ui/prompt.h"
#include "ui/scroll.h"
#include "ui/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MENU_ITEMS 256
#define MENU_COLS  64
#define NAME_CELLS 16
#define MARK_CELLS 2

struct menu_pane {
    struct pane pane;
    const struct menu *menu;
    struct prompt prompt;
    struct canvas box, list;  /* as last drawn */
    size_t items[MENU_ITEMS]; /* items that match the typed text */
    uint32_t count, cursor, top, height;
    bool chosen; /* choose() was called, so `done` is not */
};

static bool contains(const char *text, const char *part)
{
    size_t length = strlen(part);
    for (; *text; text++) {
        size_t i = 0;
        while (i < length && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
            i++;
        if (i == length)
            return true;
    }
    return length == 0;
}

enum fit { FIT_BEGIN, FIT_NAME, FIT_HELP, FIT_NOT };

static enum fit fit_of(const struct menu *menu, size_t item, const char *typed)
{
    const char *help = "";
    const char *name = menu->name(menu->data, item, &help);

    if (strncasecmp(name, typed, strlen(typed)) == 0)
        return FIT_BEGIN;
    if (contains(name, typed))
        return FIT_NAME;
    return contains(help, typed) ? FIT_HELP : FIT_NOT;
}

/* Items with that name come before those that contain it in their name, or in their help. Without
 * typed text the cursor stays on its item, else it goes to the best match, for Enter. */
static void narrow(struct menu_pane *self, size_t under_cursor)
{
    const struct menu *menu = self->menu;
    self->count = self->cursor = self->top = 0;
    for (enum fit fit = FIT_BEGIN; fit < FIT_NOT; fit++) {
        for (size_t i = 0; i < menu->count && self->count < MENU_ITEMS; i++) {
            if (fit_of(menu, i, self->prompt.text) != fit)
                continue;
            if (i == under_cursor && self->prompt.text[0] == '\0')
                self->cursor = self->count;
            self->items[self->count++] = i;
        }
    }
}

static int menu_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                     const void *argument)
{
    struct menu_pane *self = calloc(1, sizeof(*self));
    if (!self)
        return -ENOMEM;
    self->pane = (struct pane){ops, screen};
    self->menu = argument;
    prompt_init(&self->prompt);
    narrow(self, self->menu->current);
    *pane = &self->pane;
    return 0;
}

static void menu_close(struct pane *pane)
{
    struct menu_pane *self = (struct menu_pane *)pane;
    prompt_done(&self->prompt);
    if (self->menu->done && !self->chosen)
        self->menu->done(self->menu->data);
    free(self);
}

static void menu_update(struct pane *pane, const struct picture *picture)
{
    (void)pane;
    (void)picture;
}

static void draw_item(const struct menu_pane *self, const struct canvas *canvas, int row,
                      uint32_t at)
{
    const char *help = "";
    const char *name = self->menu->name(self->menu->data, self->items[at], &help);
    unsigned layer = at == self->cursor ? STYLE_SELECTED : 0;
    if (layer)
        canvas_focus(canvas, row, 0);
    canvas_fill(canvas, row, 0, canvas->cols, ROLE_NORMAL | layer);
    int col = 0;
    if (self->menu->mark)
        col = canvas_field(canvas, row, 0, MARK_CELLS, false, ROLE_ACCENT | layer,
                           self->menu->mark(self->menu->data, self->items[at]));
    col = canvas_field(canvas, row, col, NAME_CELLS, false, ROLE_STRONG | layer, name);
    canvas_field(canvas, row, col + 1, canvas->cols - col - 1, false, ROLE_DIM | layer, help);
}

static void menu_draw(struct pane *pane, const struct picture *picture, const struct canvas *canvas)
{
    struct menu_pane *self = (struct menu_pane *)pane;
    (void)picture;
    int rows =
        self->menu->count + 3 < (size_t)canvas->rows ? (int)self->menu->count + 3 : canvas->rows;
    self->box = canvas_middle(canvas, rows, MENU_COLS);
    struct canvas inside = canvas_box(&self->box, ROLE_BORDER, self->menu->title);
    self->list = canvas_part(&inside, 1, 0, inside.rows - 1, inside.cols);
    self->height = self->list.rows > 0 ? (uint32_t)self->list.rows : 1;
    table_scroll(&self->cursor, &self->top, self->count, self->height);
    for (uint32_t i = 0; i < self->height && self->top + i < self->count; i++)
        draw_item(self, &self->list, (int)i, self->top + i);
    int col = canvas_text(&inside, 0, 0, ROLE_DIM, "/ ");
    prompt_draw(&self->prompt, &inside, 0, col, inside.cols - col, ROLE_NORMAL);
}

/* Closes the menu first, as the choice may open another page. Frees `self`. */
static void choose(struct menu_pane *self)
{
    const struct menu menu = *self->menu;
    struct screen *screen = self->pane.screen;
    const bool any = self->cursor < self->count;
    const size_t item = any ? self->items[self->cursor] : 0;
    self->chosen = true;
    screen_close_page(screen);
    if (any)
        menu.choose(menu.data, item);
    if (menu.done)
        menu.done(menu.data);
}

static void move(struct menu_pane *self, int64_t delta)
{
    int64_t to = (int64_t)self->cursor + delta;
    self->cursor = to < 0 ? 0 : to >= self->count ? self->count - 1 : (uint32_t)to;
    if (self->count == 0)
        self->cursor = 0;
}

static bool menu_key(struct pane *pane, const struct key *key)
{
    struct menu_pane *self = (struct menu_pane *)pane;
    const struct {
        uint32_t code;
        int64_t delta;
    } moves[] = {
        {KEY_CODE_UP, -1},
        {KEY_CODE_DOWN, 1},
        {KEY_CODE_PAGE_UP, -(int64_t)self->height},
        {KEY_CODE_PAGE_DOWN, self->height},
    };
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        if (moves[i].code == key->code) {
            move(self, moves[i].delta);
            return true;
        }
    }
    size_t under = self->cursor < self->count ? self->items[self->cursor] : 0;
    switch (prompt_key(&self->prompt, key)) {
    case PROMPT_EDITED:
        narrow(self, under);
        return true;
    case PROMPT_ACCEPTED:
        choose(self);
        return true;
    case PROMPT_CANCELLED:
        screen_back(pane->screen);
        return true;
    case PROMPT_IGNORED:
        return false;
    case PROMPT_MOVED:
        break;
    }
    return true;
}

static bool menu_types(const struct pane *pane)
{
    (void)pane;
    return true;
}

/* A press chooses an item; one outside closes the menu. */
static bool menu_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    struct menu_pane *self = (struct menu_pane *)pane;
    const int line = key->row - self->list.top;
    int64_t rows;
    (void)row;
    (void)col;
    if (scroll_wheel(key, &rows)) {
        move(self, rows);
    } else if (key->code == KEY_CODE_MOUSE_PRESS && !canvas_holds(&self->box, key->row, key->col)) {
        screen_back(pane->screen);
    } else if (key->code == KEY_CODE_MOUSE_PRESS && canvas_holds(&self->list, key->row, key->col) &&
               self->top + (uint32_t)line < self->count) {
        self->cursor = self->top + (uint32_t)line;
        choose(self);
    }
    return true;
}

const struct pane_ops PANE_MENU = {
    .title = "Menu",
    .floating = true,
    .open = menu_open,
    .close = menu_close,
    .update = menu_update,
    .draw = menu_draw,
    .key = menu_key,
    .types = menu_types,
    .mouse = menu_mouse,
};
