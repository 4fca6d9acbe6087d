/* A list on the screen: columns and their header, cursor, paging, wheel, clicks, sorting and its
 * menu, freezing. The rows come from a source (struct list_ops) that fills a ranking. First member
 * of the source's own struct. */
#ifndef TCPLENS_UI_LIST_H
#define TCPLENS_UI_LIST_H

#include "core/ranking.h"
#include "ui/menu.h"
#include "ui/pane/pane.h"
#include "ui/table.h"

#define LIST_COLUMNS_MAX 64 /* shown at a time */
#define LIST_FIRST_CELL  3  /* " + ": room for the mark of a row */

struct list;

struct list_column {
    struct table_column cell; /* the part of the layout that is independent of the screen's width */
    const char *help;         /* in the sort menu; may be NULL */
    bool descending;          /* first press of sort: largest first */
};

struct list_ops {
    size_t (*column_count)(const struct list *list);
    struct list_column (*column)(const struct list *list, size_t column);
    /* Fills the ranking by list.sort and list.descending, within ranking_begin and _settle. 0 or
     * -ENOMEM. */
    int (*update)(struct list *list, const struct picture *picture, uint32_t height);
    void (*move)(struct list *list, const struct picture *picture, int64_t rows);
    void (*draw_row)(const struct list *list, const struct picture *picture,
                     const struct canvas *canvas, int line, uint32_t row, bool selected);
};

struct list_sort_menu {
    struct menu menu;
    struct list *list;
    struct screen *screen;
    uint16_t order[COLUMN_LIST_MAX]; /* columns in the order of the menu */
};

struct list {
    const struct list_ops *ops;
    struct ranking *ranking;            /* of the source */
    const char *empty;                  /* shown instead of rows */
    bool filtered;                      /* the rows are those that the screen's filter accepts */
    uint16_t columns[LIST_COLUMNS_MAX]; /* shown: numbers of the source */
    struct table_column cells[LIST_COLUMNS_MAX];
    uint16_t longest[LIST_COLUMNS_MAX]; /* text in each, since the width or the filter changed */
    int cols;                           /* of the canvas that they are for */
    size_t skipped;                     /* columns after the first that are scrolled out of sight */
    size_t count;
    bool chosen; /* not the default set: the last ones are dropped first */
    size_t sort; /* column of the source, shown or not */
    bool descending;
    bool stale;          /* the picture has changed since the rows were taken */
    bool resort;         /* the sort column or direction changed: applies even while frozen */
    uint32_t height;     /* rows last shown */
    uint32_t generation; /* of the filter of the rows shown */
    /* The cursor before a filter is typed. Intermediate filters may hide its row: the final cursor
     * must not depend on how many of them were drawn. */
    struct {
        uint64_t id;
        uint32_t rank;
    } home;
    struct list_sort_menu sort_menu;
};

void list_init(struct list *list, const struct list_ops *ops, struct ranking *ranking,
               const char *empty);
void list_set_columns(struct list *list, const uint16_t *columns, size_t count, bool chosen);
/* to be called for a new picture, or other rows of it */
void list_update(struct list *list);
/* reverses the order if already sorted by it */
void list_sort_by(struct list *list, size_t column);
size_t list_sort_cell(const struct list *list); /* SIZE_MAX: not shown */

/* Takes rows first if necessary. `reserved` cells at the right are left to the source. */
void list_draw(struct list *list, const struct picture *picture, const struct canvas *canvas,
               int reserved);
/* Takes rows if necessary, for texts about them. */
void list_refresh(struct list *list, const struct picture *picture);
bool list_command(struct list *list, struct screen *screen, const struct command *command);
/* The nth column shown, for the help page; false behind the last. help may become NULL. */
bool list_help(const struct list *list, size_t n, const char **title, const char **help);
bool list_mouse(struct list *list, struct screen *screen, const struct key *key, int row, int col);
/* The source's row under the cursor, RANKING_NONE if none. */
uint32_t list_row(const struct list *list);
void list_select(struct list *list, uint64_t id); /* moves the cursor there */
/* for keeping it on the same row when returning from a page */
void list_hold_cursor(struct list *list);

/* ui/sort_menu.c */
void list_open_sort_menu(struct list *list, struct screen *screen);

#endif
