/* pane: groups of core/grouping as rows of a list. */
#include "ui/group/pane.h"

#include "base/grow.h"
#include "base/sort.h"
#include "core/grouping/tree.h"
#include "core/text/text.h"
#include "ui/finding_marks.h"
#include "ui/group/recent.h"
#include "ui/list.h"
#include "ui/rate_history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BAR_CELLS       5 /* what the percentage takes of a bar's column */
#define FULL_PERMILLE   1000
#define FILLED_PERMILLE 500
#define TEXT_MAX        200

/* Of a row in a tree; by row of the grouping. */
struct tree_place {
    uint64_t key; /* sort key, UINT64_MAX = unknown */
    bool is_last; /* of its tree */
};

struct group_list {
    struct list list;
    struct ranking ranking;
    const struct group_view *view;
    struct grouping grouping;
    struct recent recent; /* of views with such a column */
    struct rate_history rates;
    uint32_t rates_generation; /* of the filter of the summed rows */
    bool tree;                 /* show processes as trees */
    struct grouping_tree trees;
    struct map folded; /* folded trees, by key */
    struct tree_place *places;
    uint32_t place_capacity;
    bool limited; /* to the holders of `sockets` */
    struct socket_set sockets;
};

struct group_pane {
    struct pane pane;
    struct group_list groups;
};

static const struct grouping_row *row_at(const struct group_list *groups, uint32_t row)
{
    return &groups->grouping.rows[row];
}

static bool is_tree(const struct group_list *groups)
{
    return groups->tree && !groups->limited;
}

static bool is_root(const struct group_list *groups, uint32_t row)
{
    return groups->trees.roots[row] == row && groups->trees.members[row] > 1;
}

static bool is_folded(const struct group_list *groups, uint32_t root)
{
    return map_find(&groups->folded, row_at(groups, root)->key) != MAP_NONE;
}

static size_t group_column_count(const struct list *list)
{
    return ((const struct group_list *)list)->view->count;
}

static struct list_column group_column(const struct list *list, size_t at)
{
    const struct group_column *column = &((const struct group_list *)list)->view->columns[at];

    return (struct list_column){
        .cell = {.title = column->title ? column->title : column->fact->title,
                 .width = column->width,
                 .min_width = column->min_width,
                 .grow = column->grow,
                 .leave = column->leave,
                 .right = column->fact->right},
        .help = column->fact->help,
        .descending = column->fact->descending};
}

static const struct group_fact *sort_fact(const struct group_list *groups)
{
    return groups->view->columns[groups->list.sort].fact;
}

static uint64_t caseless_key(const char *text)
{
    uint64_t key = 0;

    for (size_t i = 0; i < sizeof key; i++) {
        key = key << 8 | (uint8_t)(*text >= 'A' && *text <= 'Z' ? *text + 'a' - 'A' : *text);
        text += *text != '\0';
    }
    return key;
}

static uint64_t sort_key(const struct group_fact *fact, const struct picture *picture,
                         const struct grouping_row *row, uint16_t *unknown)
{
    char text[TEXT_MAX];

    if (fact->key)
        return fact->key(picture, row);
    fact->text(picture, row, text, sizeof text);
    *unknown = text[0] == '\0';
    return caseless_key(text);
}

static struct ranking_entry entry_of(struct group_list *groups, const struct picture *picture,
                                     uint32_t at)
{
    const struct grouping_row *row = row_at(groups, at);
    struct ranking_entry entry = {.id = row->key, .row = at};

    if (ranking_is_held(&groups->ranking)) {
        entry.key = ranking_held_place(&groups->ranking, row->key);
        return entry;
    }
    entry.key = sort_key(sort_fact(groups), picture, row, &entry.unknown);
    if (entry.unknown)
        entry.key = UINT64_MAX;
    else if (groups->list.descending)
        entry.key = ~entry.key;
    return entry;
}

struct ties {
    const struct group_list *groups;
    const struct picture *picture;
};

static int compare_texts(const void *data, uint32_t one, uint32_t other)
{
    const struct ties *ties = data;
    const struct group_fact *fact = sort_fact(ties->groups);
    char left[TEXT_MAX], right[TEXT_MAX];

    fact->text(ties->picture, row_at(ties->groups, one), left, sizeof left);
    fact->text(ties->picture, row_at(ties->groups, other), right, sizeof right);
    return strverscmp(left, right); /* *:80 before *:443 */
}

/* Numbers have their whole value in the key. */
static struct ranking_order order_of(const struct group_list *groups, const struct ties *ties)
{
    const struct group_fact *fact = sort_fact(groups);
    const bool by_text =
        !ranking_is_held(&groups->ranking) && !is_tree(groups) && !fact->right && !fact->bar;

    return (struct ranking_order){.compare = by_text ? compare_texts : NULL,
                                  .data = ties,
                                  .descending = groups->list.descending};
}

static int compare_keys(const struct ties *ties, uint32_t one, uint32_t other)
{
    const struct group_list *groups = ties->groups;
    const uint64_t left = groups->places[one].key, right = groups->places[other].key;
    const struct group_fact *fact = sort_fact(groups);

    if (left != right)
        return left < right ? -1 : 1;
    int order = fact->right || fact->bar ? 0 : compare_texts(ties, one, other);
    order = groups->list.descending ? -order : order;
    return order ? order : row_at(groups, one)->key < row_at(groups, other)->key ? -1 : 1;
}

/* Trees by their roots; within a tree the root first. */
static int compare_places(const void *left, const void *right, void *data)
{
    const struct ties *ties = data;
    const uint32_t one = ((const struct ranking_entry *)left)->row;
    const uint32_t other = ((const struct ranking_entry *)right)->row;
    const uint32_t *roots = ties->groups->trees.roots;

    if (one == other)
        return 0;
    if (roots[one] != roots[other])
        return compare_keys(ties, roots[one], roots[other]);
    if (roots[one] == one || roots[other] == other)
        return roots[one] == one ? -1 : 1;
    return compare_keys(ties, one, other);
}

/* Sorts entries into their final order, with their places as keys; removes folded ones. */
static int order_trees(struct group_list *groups, const struct picture *picture)
{
    struct ranking *ranking = &groups->ranking;
    struct ties ties = {groups, picture};
    uint32_t kept = 0;

    if (GROW(groups->places, groups->place_capacity, ranking->count))
        return -ENOMEM;
    for (uint32_t i = 0; i < ranking->count; i++)
        groups->places[ranking->entries[i].row].key = ranking->entries[i].key;
    sort_items_by(ranking->entries, ranking->count, sizeof *ranking->entries, compare_places,
                  &ties);
    for (uint32_t i = 0; i < ranking->count; i++) {
        const struct ranking_entry entry = ranking->entries[i];
        const uint32_t root = groups->trees.roots[entry.row];
        groups->places[entry.row].is_last =
            i + 1 == ranking->count || groups->trees.roots[ranking->entries[i + 1].row] != root;
        if (entry.row == root || !is_folded(groups, root)) {
            ranking->entries[kept] = entry;
            ranking->entries[kept].key = kept;
            ranking->entries[kept++].unknown = 0;
        }
    }
    ranking->count = kept;
    return 0;
}

static int take_groups(struct group_list *groups, const struct picture *picture)
{
    struct ranking *ranking = &groups->ranking;
    const struct grouping *grouping = &groups->grouping;
    uint8_t *holders = groups->limited ? group_mark_holders(&groups->sockets, picture) : NULL;

    ranking->count = 0;
    if ((groups->limited && !holders) ||
        GROW(ranking->entries, ranking->capacity, grouping->count)) {
        free(holders);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < grouping->count; i++) {
        const uint32_t proc = grouping->rows[i].proc;
        if (!holders || (proc != CONN_NO_INDEX && holders[proc]))
            ranking->entries[ranking->count++] = entry_of(groups, picture, i);
    }
    free(holders);
    return is_tree(groups) ? order_trees(groups, picture) : 0;
}

static int group_list_update(struct list *list, const struct picture *picture, uint32_t height)
{
    struct group_list *groups = (struct group_list *)list;
    struct ranking *ranking = &groups->ranking;
    const struct ties ties = {groups, picture};

    int error = ranking_begin(ranking);
    if (!error)
        error = grouping_update(&groups->grouping, groups->view->kind, &picture->context,
                                groups->limited ? NULL : picture->accept, picture->accept_data);
    if (!error && is_tree(groups))
        error = grouping_tree_update(&groups->trees, &groups->grouping, &picture->context,
                                     picture->accept, picture->accept_data);
    if (!error)
        error = take_groups(groups, picture);
    if (error)
        ranking->count = ranking->shown = 0;
    const struct ranking_order order = order_of(groups, &ties);
    ranking_settle(ranking, &order, ranking_find(ranking, ranking->cursor), height);
    return error;
}

static void group_list_move(struct list *list, const struct picture *picture, int64_t rows)
{
    struct group_list *groups = (struct group_list *)list;
    const struct ties ties = {groups, picture};
    const struct ranking_order order = order_of(groups, &ties);

    ranking_move(&groups->ranking, &order, rows, list->height);
}

static void draw_bar(const struct canvas *canvas, int line, const struct table_column *cell,
                     const struct grouping_row *row, unsigned style, const char *text)
{
    const int bar = cell->cells - BAR_CELLS;
    const uint32_t permille = grouping_queue_permille(row);
    unsigned role = ROLE_GOOD;

    if (!row->has_backlog)
        return;
    if (permille >= FULL_PERMILLE)
        role = ROLE_TROUBLE;
    else if (permille >= FILLED_PERMILLE)
        role = ROLE_NOTICE;
    /* not in reverse video, which would invert it */
    if (bar > 0)
        canvas_bar(canvas, line, cell->at, bar, role, permille);
    canvas_text_right(canvas, line, cell->at + cell->cells, style, text);
}

static unsigned cell_style(const struct group_fact *fact, const struct grouping_row *row,
                           const char *text, unsigned row_style)
{
    const bool selected = (row_style & STYLE_SELECTED) != 0;

    if (fact->alarms && fact->alarms(row))
        return ROLE_TROUBLE | (row_style & STYLE_SELECTED);
    return (strcmp(text, "0") == 0 || strcmp(text, "0 %") == 0) && !selected ? ROLE_DIM : row_style;
}

/* Severity of the worst finding about the row, from warnings on. */
static enum finding_severity named_by(const struct group_view *view, const struct picture *picture,
                                      const struct grouping_row *row)
{
    const struct frame_findings *findings = picture->frame->findings;
    uint8_t worst = SEVERITY_NONE;

    for (uint32_t i = 0; view->is_subject && findings && i < findings->holding; i++) {
        const struct finding *finding = &findings->list[i];
        if (finding->severity >= SEVERITY_WARNING && finding->severity > worst &&
            view->is_subject(picture, row, &finding->subject))
            worst = finding->severity;
    }
    return (enum finding_severity)worst;
}

static void draw_mark(const struct group_view *view, const struct picture *picture,
                      const struct canvas *canvas, int line, const struct grouping_row *row,
                      unsigned style)
{
    const enum finding_severity severity = named_by(view, picture, row);
    const unsigned layer = style & ~0xffu;

    if (severity != SEVERITY_NONE)
        canvas_text(canvas, line, 1, finding_role(severity) | STYLE_BOLD | layer, "!");
    else if (view->alarms && view->alarms(row))
        canvas_text(canvas, line, 1, style, "!");
    else if (row->changed)
        canvas_text(canvas, line, 1, ROLE_CHANGED | layer, "~");
}

/* "▾ nginx (3)" of a tree, "├ nginx" in it. */
static void put_in_tree(const struct group_list *groups, uint32_t at, char *text, size_t size)
{
    char name[TEXT_MAX - 32];

    text_cut(name, sizeof name, text, sizeof name / 4, "…");
    if (is_root(groups, at))
        snprintf(text, size, "%s %s (%u)", is_folded(groups, at) ? "▸" : "▾", name,
                 groups->trees.members[at]);
    else if (groups->trees.roots[at] != at)
        snprintf(text, size, "%s %s", groups->places[at].is_last ? "└" : "├", name);
}

static void draw_text(const struct canvas *canvas, int line, const struct table_column *cell,
                      bool is_address, unsigned style, const char *text)
{
    char cut[TEXT_MAX];

    table_want(cell, text);
    table_cut_text(cut, sizeof(cut), text, cell->cells - cell->extra_cells, is_address);
    table_draw_cell(canvas, line, cell, style, cut);
}

static void group_draw_row(const struct list *list, const struct picture *picture,
                           const struct canvas *canvas, int line, uint32_t at, bool selected)
{
    const struct group_list *groups = (const struct group_list *)list;
    const struct grouping_row *row = row_at(groups, at);
    const bool alarm = groups->view->alarms && groups->view->alarms(row);
    const bool unread = groups->view->is_unread && groups->view->is_unread(picture, row);
    const unsigned layer = selected ? STYLE_SELECTED : 0;
    const unsigned style = (alarm ? ROLE_TROUBLE : ROLE_NORMAL) | layer;
    char text[TEXT_MAX];

    if (selected)
        canvas_fill(canvas, line, 0, canvas->cols, style);
    draw_mark(groups->view, picture, canvas, line, row, style);
    for (size_t i = 0; i < list->count; i++) {
        const struct group_fact *fact = groups->view->columns[list->columns[i]].fact;
        if (list->cells[i].cells == 0 || (fact->counted && unread))
            continue;
        fact->text(picture, row, text, sizeof text);
        if (fact->spills && unread) {
            const int from = list->cells[i].at;
            canvas_field(canvas, line, from, canvas->cols - 1 - from, false, style, text);
            return;
        }
        if (list->columns[i] == 0 && is_tree(groups))
            put_in_tree(groups, at, text, sizeof text);
        if (fact->heat)
            recent_draw(&groups->recent, picture, row->key, canvas, line, list->cells[i].at,
                        list->cells[i].cells, layer);
        else if (fact->bar)
            draw_bar(canvas, line, &list->cells[i], row, style, text);
        else
            draw_text(canvas, line, &list->cells[i], fact->address,
                      cell_style(fact, row, text, style), text);
        if (list->cells[i].extra_cells > 0)
            rate_history_draw(&groups->rates, row->key, fact->spark == GROUP_SPARK_IN, canvas, line,
                              list->cells[i].at + list->cells[i].cells - (int)RATE_FRAMES,
                              (fact->spark == GROUP_SPARK_IN ? ROLE_IN : ROLE_OUT) | layer);
    }
}

static const struct list_ops LIST_OPS = {
    .column_count = group_column_count,
    .column = group_column,
    .update = group_list_update,
    .move = group_list_move,
    .draw_row = group_draw_row,
};

static struct group_list *groups_of(const struct pane *pane)
{
    return &((struct group_pane *)pane)->groups;
}

int group_pane_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                    const void *argument)
{
    const struct group_view *view = ops->descriptor;
    struct group_pane *made = calloc(1, sizeof *made);
    uint16_t all[GROUP_COLUMNS_MAX];

    (void)argument;
    if (!made)
        return -ENOMEM;
    made->pane = (struct pane){ops, screen};
    struct group_list *groups = &made->groups;
    list_init(&groups->list, &LIST_OPS, &groups->ranking, view->empty);
    groups->view = view;
    groups->tree = view->trees;
    groups->list.filtered = true;
    grouping_init(&groups->grouping);
    for (uint16_t i = 0; i < GROUP_COLUMNS_MAX; i++)
        all[i] = i;
    list_set_columns(&groups->list, all, view->count, false);
    groups->list.sort = view->sort;
    groups->list.descending = view->columns[view->sort].fact->descending;
    *pane = &made->pane;
    return 0;
}

void group_pane_limit(struct pane *pane, const struct socket_set *sockets)
{
    struct group_list *groups = groups_of(pane);

    groups->limited = true;
    groups->list.filtered = false;
    groups->sockets = *sockets;
}

void group_pane_close(struct pane *pane)
{
    struct group_list *groups = groups_of(pane);

    grouping_done(&groups->grouping);
    recent_done(&groups->recent);
    rate_history_done(&groups->rates);
    grouping_tree_done(&groups->trees);
    map_done(&groups->folded);
    free(groups->places);
    ranking_done(&groups->ranking);
    free(pane);
}

void group_pane_update(struct pane *pane, const struct picture *picture)
{
    struct group_list *groups = groups_of(pane);

    list_update(&groups->list);
    for (size_t i = 0; i < groups->view->count; i++)
        if (groups->view->columns[i].fact->heat)
            recent_update(&groups->recent, groups->view->kind, picture);
}

/* Sparklines beside the rates, where there is room. */
static void adapt_columns(struct group_list *groups, const struct picture *picture, int cols)
{
    const bool sparks = cols >= RATE_HISTORY_COLS && picture->frame;

    for (size_t i = 0; i < groups->list.count; i++)
        if (groups->view->columns[groups->list.columns[i]].fact->spark != GROUP_SPARK_NONE)
            groups->list.cells[i].extra = sparks ? RATE_FRAMES : 0;
    if (!sparks)
        return;
    list_refresh(&groups->list, picture);
    if (groups->rates_generation != picture->filter_generation)
        rate_history_done(&groups->rates);
    groups->rates_generation = picture->filter_generation;
    if (!rate_history_begin(&groups->rates, picture->frame))
        return;
    for (uint32_t i = 0; i < groups->grouping.count; i++) {
        const struct grouping_row *row = row_at(groups, i);
        if (!rate_history_add(&groups->rates, row->key, row->in_bytes_per_s, row->out_bytes_per_s))
            return;
    }
    rate_history_end(&groups->rates);
}

void group_pane_draw(struct pane *pane, const struct picture *picture, const struct canvas *canvas)
{
    adapt_columns(groups_of(pane), picture, canvas->cols);
    list_draw(&groups_of(pane)->list, picture, canvas, 0);
}

static const struct grouping_row *cursor_row(const struct group_list *groups,
                                             const struct picture *picture)
{
    const uint32_t row = picture->frame ? list_row(&groups->list) : RANKING_NONE;

    return row == RANKING_NONE ? NULL : row_at(groups, row);
}

static bool open_row(struct pane *pane)
{
    struct group_list *groups = groups_of(pane);
    const struct grouping_row *row = cursor_row(groups, screen_picture(pane->screen));

    if (!row)
        return false;
    list_hold_cursor(&groups->list);
    if (groups->view->open)
        groups->view->open(pane->screen, row);
    else
        group_open_members(pane->screen, groups->view->kind, row);
    return true;
}

void group_open_members(struct screen *screen, const struct grouping_kind *kind,
                        const struct grouping_row *row)
{
    screen_open_page(screen, &PANE_MEMBERS, &(struct grouping_member){kind, row->key});
}

/* The rows are different groups then: the cursor goes to the first. */
static void switch_view(struct pane *pane, const struct group_view *view)
{
    struct group_list *groups = groups_of(pane);

    groups->view = view;
    recent_done(&groups->recent);
    rate_history_done(&groups->rates);
    group_pane_update(pane, screen_picture(pane->screen));
    list_command(&groups->list, pane->screen, &(struct command){.id = COMMAND_FIRST});
    screen_changed(pane->screen);
}

static void switch_tree(struct group_list *groups, struct screen *screen)
{
    groups->tree = !groups->tree;
    screen_say(screen, ROLE_NORMAL, groups->tree ? "processes as a tree" : "processes as a list");
    list_update(&groups->list);
    screen_changed(screen);
}

/* Folds the tree of the row under the cursor, which moves to the root. */
static void fold(struct group_list *groups, struct screen *screen)
{
    const uint32_t row = list_row(&groups->list);
    const uint32_t root = row == RANKING_NONE ? row : groups->trees.roots[row];

    if (row == RANKING_NONE || !is_root(groups, root)) {
        screen_say(screen, ROLE_NOTICE, "this process has no others below it");
        return;
    }
    const uint64_t key = row_at(groups, root)->key;
    if (is_folded(groups, root))
        map_remove(&groups->folded, key);
    else
        (void)map_put(&groups->folded, key, 1); /* out of memory: it stays unfolded */
    list_select(&groups->list, key);
    screen_changed(screen);
}

bool group_pane_key(struct pane *pane, const struct key *key)
{
    struct group_list *groups = groups_of(pane);

    if (key->pasted || !groups->view->trees || groups->limited)
        return false;
    list_refresh(&groups->list, screen_picture(pane->screen));
    if (key->code == 't')
        switch_tree(groups, pane->screen);
    else if (key->code == ' ' && groups->tree)
        fold(groups, pane->screen);
    else
        return false;
    return true;
}

bool group_pane_command(struct pane *pane, const struct command *command)
{
    struct group_list *groups = groups_of(pane);

    if (command->id == COMMAND_OPEN)
        return open_row(pane);
    if (command->id == COMMAND_PORTS && groups->view->other)
        switch_view(pane, groups->view->other);
    else
        return list_command(&groups->list, pane->screen, command);
    return true;
}

bool group_pane_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    return list_mouse(&groups_of(pane)->list, pane->screen, key, row, col);
}

bool group_pane_help(const struct pane *pane, size_t n, const char **title, const char **help)
{
    return list_help(&((const struct group_pane *)pane)->groups.list, n, title, help);
}

uint32_t group_pane_needs(const struct pane *pane)
{
    return groups_of(pane)->view->needs | NEED_EVERY_ROW; /* sums */
}

void group_pane_summary(struct pane *pane, const struct picture *picture, char *out, size_t size)
{
    struct group_list *groups = groups_of(pane);

    list_refresh(&groups->list, picture);
    snprintf(out, size, "%u%s", groups->ranking.count,
             groups->view->counted ? groups->view->counted : "");
}

const struct conn *group_pane_selection(const struct pane *pane, const struct picture *picture)
{
    const struct group_list *groups = groups_of(pane);
    const struct grouping_row *row = cursor_row(groups, picture);

    return row && groups->view->selection ? groups->view->selection(picture, row) : NULL;
}

const struct proc *group_pane_process(const struct pane *pane, const struct picture *picture)
{
    const struct group_list *groups = groups_of(pane);
    const struct grouping_row *row = cursor_row(groups, picture);

    return row && groups->view->process ? groups->view->process(picture, row) : NULL;
}

/* The first two columns identify it: a peer and its ports. */
bool group_pane_group(const struct pane *pane, const struct picture *picture,
                      struct grouping_member *member, char *title, size_t size)
{
    const struct group_list *groups = groups_of(pane);
    const struct group_column *named = groups->view->columns;
    const struct grouping_row *row = cursor_row(groups, picture);
    char name[TEXT_MAX], more[TEXT_MAX];

    if (!row)
        return false;
    named[0].fact->text(picture, row, name, sizeof name);
    named[1].fact->text(picture, row, more, sizeof more);
    snprintf(title, size, "%s  %s", name, more);
    *member = (struct grouping_member){groups->view->kind, row->key};
    return true;
}
