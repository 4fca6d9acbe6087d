/* column_chooser: shown columns come first, in their order, then all others; "/" searches.
 * Independent of the table. */
#include "ui/column_chooser.h"

#include "core/text/text.h"
#include "ui/prompt.h"
#include "ui/scroll.h"
#include "ui/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BOX_COLS    78
#define TITLE_CELLS 12
#define ID_CELLS    14
#define EDGE_ROWS   3 /* box, and the line that names the keys */

struct entry {
    uint16_t column;
    bool shown;
};

struct chooser {
    struct pane pane;
    const struct column_choice *choice;
    struct prompt prompt;
    bool searching;
    struct entry entries[COLUMN_LIST_MAX];
    uint32_t count, cursor, top, height;
    struct canvas list; /* as last drawn */
};

static void fill(struct chooser *chooser)
{
    const struct column_choice *choice = chooser->choice;
    bool listed[COLUMN_LIST_MAX] = {false};

    for (size_t i = 0; i < choice->count && i < COLUMN_LIST_MAX; i++) {
        if (listed[choice->shown[i]])
            continue;
        listed[choice->shown[i]] = true;
        chooser->entries[chooser->count++] = (struct entry){choice->shown[i], true};
    }
    for (size_t i = 0; i < column_count && i < COLUMN_LIST_MAX; i++)
        if (!listed[i])
            chooser->entries[chooser->count++] = (struct entry){(uint16_t)i, false};
}

static int chooser_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                        const void *argument)
{
    struct chooser *chooser = calloc(1, sizeof *chooser);

    if (!chooser)
        return -ENOMEM;
    chooser->pane = (struct pane){ops, screen};
    chooser->choice = argument;
    prompt_init(&chooser->prompt);
    fill(chooser);
    *pane = &chooser->pane;
    return 0;
}

static void chooser_close(struct pane *pane)
{
    prompt_done(&((struct chooser *)pane)->prompt);
    free(pane);
}

static void chooser_update(struct pane *pane, const struct picture *picture)
{
    (void)pane;
    (void)picture;
}

static void draw_entry(const struct chooser *chooser, const struct canvas *canvas, int row,
                       uint32_t at)
{
    const struct entry *entry = &chooser->entries[at];
    const struct column *column = &columns[entry->column];
    const unsigned layer = at == chooser->cursor ? STYLE_SELECTED : 0;
    int col = 0;

    if (layer)
        canvas_focus(canvas, row, 0);
    canvas_fill(canvas, row, 0, canvas->cols, ROLE_NORMAL | layer);
    col =
        canvas_field(canvas, row, col, 4, false, ROLE_ACCENT | layer, entry->shown ? "[x]" : "[ ]");
    col = canvas_field(canvas, row, col, TITLE_CELLS, false,
                       (entry->shown ? ROLE_STRONG : ROLE_NORMAL) | layer, column->title);
    col = canvas_field(canvas, row, col + 1, ID_CELLS, false, ROLE_DIM | layer, column->id);
    canvas_field(canvas, row, col + 1, canvas->cols - col - 1, false, ROLE_NORMAL | layer,
                 column->help);
}

static void draw_keys(const struct chooser *chooser, const struct canvas *canvas, int row)
{
    static const struct {
        const char *key, *does;
        uint32_t code; /* of a press on it, 0: there are two */
    } KEYS[] = {{"Space", "show, hide", ' '},
                {"<>", "move", 0},
                {"/", "find", '/'},
                {"Enter", "apply", KEY_CODE_ENTER},
                {"Esc", "cancel", KEY_CODE_ESCAPE}};
    int col = 0;

    if (chooser->searching) {
        col = canvas_text(canvas, row, 0, ROLE_ACCENT, "/ ");
        prompt_draw(&chooser->prompt, canvas, row, col, canvas->cols - col, ROLE_NORMAL);
        return;
    }
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
        const int from = col;
        col = canvas_text(canvas, row, col, ROLE_KEY, KEYS[i].key);
        col = canvas_text(canvas, row, col + 1, ROLE_DIM, KEYS[i].does);
        screen_add_hit(chooser->pane.screen, canvas, row, from, col,
                       &(struct hit){.key = KEYS[i].code});
        col += 2;
    }
}

static void chooser_draw(struct pane *pane, const struct picture *picture,
                         const struct canvas *canvas)
{
    struct chooser *chooser = (struct chooser *)pane;
    const int wanted = (int)chooser->count + EDGE_ROWS;
    struct canvas box =
        canvas_middle(canvas, wanted < canvas->rows ? wanted : canvas->rows, BOX_COLS);
    struct canvas inside = canvas_box(&box, ROLE_BORDER, "Columns");
    struct canvas list = canvas_part(&inside, 0, 0, inside.rows - 1, inside.cols);

    (void)picture;
    chooser->list = list;
    chooser->height = list.rows > 0 ? (uint32_t)list.rows : 1;
    table_scroll(&chooser->cursor, &chooser->top, chooser->count, chooser->height);
    for (uint32_t i = 0; i < chooser->height && chooser->top + i < chooser->count; i++)
        draw_entry(chooser, &list, (int)i, chooser->top + i);
    draw_keys(chooser, &inside, inside.rows - 1);
}

static size_t shown_count(const struct chooser *chooser)
{
    size_t count = 0;

    for (uint32_t i = 0; i < chooser->count; i++)
        count += chooser->entries[i].shown;
    return count;
}

static void toggle(struct chooser *chooser)
{
    struct entry *entry = &chooser->entries[chooser->cursor];

    if (!entry->shown && shown_count(chooser) >= chooser->choice->most) {
        screen_say(chooser->pane.screen, ROLE_NOTICE, "no more than %zu columns at a time",
                   chooser->choice->most);
        return;
    }
    entry->shown = !entry->shown;
}

static void carry(struct chooser *chooser, int step)
{
    const uint32_t from = chooser->cursor, to = from + (uint32_t)step;

    if (to >= chooser->count)
        return;
    const struct entry entry = chooser->entries[from];
    chooser->entries[from] = chooser->entries[to];
    chooser->entries[to] = entry;
    chooser->cursor = to;
}

static void take(struct chooser *chooser)
{
    uint16_t shown[COLUMN_LIST_MAX];
    size_t count = 0;

    for (uint32_t i = 0; i < chooser->count; i++)
        if (chooser->entries[i].shown)
            shown[count++] = chooser->entries[i].column;
    if (count == 0) {
        screen_say(chooser->pane.screen, ROLE_NOTICE, "at least one column is needed");
        return;
    }
    chooser->choice->take(chooser->choice->data, shown, count);
    screen_back(chooser->pane.screen);
}

static bool matches(const struct chooser *chooser, uint32_t at)
{
    const struct column *column = &columns[chooser->entries[at].column];
    const char *text = chooser->prompt.text;

    return strcasestr(column->id, text) || strcasestr(column->title, text) ||
           strcasestr(column->help, text);
}

/* To the next match from the cursor on (`after`: after it), wrapping around. */
static void find(struct chooser *chooser, bool after)
{
    for (uint32_t i = after; i < chooser->count + after; i++) {
        const uint32_t at = (chooser->cursor + i) % chooser->count;
        if (matches(chooser, at)) {
            chooser->cursor = at;
            return;
        }
    }
}

static bool search_key(struct chooser *chooser, const struct key *key)
{
    if (key->code == KEY_CODE_DOWN) {
        find(chooser, true);
        return true;
    }
    switch (prompt_key(&chooser->prompt, key)) {
    case PROMPT_EDITED:
        find(chooser, false);
        return true;
    case PROMPT_ACCEPTED:
    case PROMPT_CANCELLED:
        chooser->searching = false;
        return true;
    case PROMPT_IGNORED:
        return false;
    case PROMPT_MOVED:
        break;
    }
    return true;
}

static void move(struct chooser *chooser, int64_t delta)
{
    const int64_t to = (int64_t)chooser->cursor + delta;

    chooser->cursor = to < 0 ? 0 : to >= chooser->count ? chooser->count - 1 : (uint32_t)to;
}

static bool move_key(struct chooser *chooser, uint32_t code)
{
    const struct {
        uint32_t codes[2];
        int64_t delta;
    } moves[] = {
        {{KEY_CODE_UP, 'k'}, -1},
        {{KEY_CODE_DOWN, 'j'}, 1},
        {{KEY_CODE_PAGE_UP, 0}, -(int64_t)chooser->height},
        {{KEY_CODE_PAGE_DOWN, 0}, chooser->height},
        {{KEY_CODE_HOME, 'g'}, -COLUMN_LIST_MAX},
        {{KEY_CODE_END, 'G'}, COLUMN_LIST_MAX},
    };

    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (moves[i].codes[0] == code || moves[i].codes[1] == code) {
            move(chooser, moves[i].delta);
            return true;
        }
    return false;
}

static void start_search(struct chooser *chooser)
{
    prompt_set(&chooser->prompt, "");
    chooser->searching = true;
}

static bool chooser_key(struct pane *pane, const struct key *key)
{
    struct chooser *chooser = (struct chooser *)pane;

    if (chooser->searching)
        return search_key(chooser, key);
    else if (key->code == ' ')
        toggle(chooser);
    else if (key->code == '<' || key->code == 'K')
        carry(chooser, -1);
    else if (key->code == '>' || key->code == 'J')
        carry(chooser, 1);
    else if (key->code == '/')
        start_search(chooser);
    else if (key->code == KEY_CODE_ENTER)
        take(chooser);
    else if (key->code == KEY_CODE_ESCAPE || key->code == 'c' || key->code == 'q')
        screen_back(pane->screen);
    else
        return move_key(chooser, key->code);
    return true;
}

static bool chooser_types(const struct pane *pane)
{
    return ((const struct chooser *)pane)->searching;
}

static bool chooser_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    struct chooser *chooser = (struct chooser *)pane;
    const uint32_t at = chooser->top + (uint32_t)(key->row - chooser->list.top);
    int64_t rows;

    (void)row;
    (void)col;
    if (scroll_wheel(key, &rows)) {
        move(chooser, rows);
    } else if (key->code == KEY_CODE_MOUSE_PRESS &&
               canvas_holds(&chooser->list, key->row, key->col) && at < chooser->count) {
        chooser->cursor = at;
        toggle(chooser);
    }
    return true;
}

const struct pane_ops PANE_COLUMNS = {
    .title = "Columns",
    .floating = true,
    .open = chooser_open,
    .close = chooser_close,
    .update = chooser_update,
    .draw = chooser_draw,
    .key = chooser_key,
    .types = chooser_types,
    .mouse = chooser_mouse,
};
