/* Grouped views. Each is a descriptor in a file of its own, and a row of VIEW_LIST (ui/views.h):
 *
 *     static const struct group_view VIEW = {.kind = &GROUPING_PEERS, .columns = COLUMNS, ...};
 *     const struct pane_ops PANE_PEERS = GROUP_PANE(&VIEW);
 *
 * The pane keeps the cursor on a group by its key. */
#ifndef TCPLENS_UI_GROUP_PANE_H
#define TCPLENS_UI_GROUP_PANE_H

#include "core/finding/finding.h"
#include "ui/group/facts.h"
#include "ui/pages.h"

#define GROUP_COLUMNS_MAX 20

struct group_column {
    const struct group_fact *fact;
    const char *title; /* NULL: the fact's */
    uint8_t width, min_width, grow, leave;
};

/* All but kind, columns and empty may be left out. */
struct group_view {
    const struct grouping_kind *kind;
    const struct group_column *columns;
    size_t count;
    size_t sort;                    /* first sort column */
    uint32_t needs;                 /* NEED_* */
    bool trees;                     /* rows are processes: they may be shown as trees */
    const char *empty;              /* shown instead of rows */
    const char *counted;            /* shown after their number: " by host"; NULL: nothing */
    const struct group_view *other; /* with the same columns, for key P; NULL: none */
    bool (*alarms)(const struct grouping_row *row); /* it is marked as a problem */
    /* Its rows were never read: their counts are blank. NULL: never the case. */
    bool (*is_unread)(const struct picture *picture, const struct grouping_row *row);
    /* The finding is about the row, which is marked. */
    group_is_subject *is_subject;
    /* The target of acts: the row's process or connection. NULL: none. */
    const struct proc *(*process)(const struct picture *picture, const struct grouping_row *row);
    const struct conn *(*selection)(const struct picture *picture, const struct grouping_row *row);
    void (*open)(struct screen *screen, const struct grouping_row *row); /* Enter; NULL: its
                                                                          * connections */
};

int group_pane_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                    const void *argument);
void group_pane_close(struct pane *pane);
void group_pane_update(struct pane *pane, const struct picture *picture);
void group_pane_draw(struct pane *pane, const struct picture *picture, const struct canvas *canvas);
bool group_pane_key(struct pane *pane, const struct key *key);
bool group_pane_command(struct pane *pane, const struct command *command);
bool group_pane_mouse(struct pane *pane, const struct key *key, int row, int col);
bool group_pane_help(const struct pane *pane, size_t n, const char **title, const char **help);
uint32_t group_pane_needs(const struct pane *pane);
void group_pane_summary(struct pane *pane, const struct picture *picture, char *out, size_t size);
const struct conn *group_pane_selection(const struct pane *pane, const struct picture *picture);
const struct proc *group_pane_process(const struct pane *pane, const struct picture *picture);
bool group_pane_group(const struct pane *pane, const struct picture *picture,
                      struct grouping_member *member, char *title, size_t size);

/* The pane of a view; what follows replaces or adds members. */
#define GROUP_PANE(view) GROUP_PANE_WITH(view, .open = group_pane_open)
#define GROUP_PANE_WITH(view, ...)                                                                 \
    {                                                                                              \
        .descriptor = view, .lacks = COMMAND_CHOICE, .close = group_pane_close,                    \
        .update = group_pane_update, .draw = group_pane_draw, .command = group_pane_command,       \
        .mouse = group_pane_mouse, .needs = group_pane_needs, .summary = group_pane_summary,       \
        .selection = group_pane_selection, .process = group_pane_process,                          \
        .group = group_pane_group, .column_help = group_pane_help, __VA_ARGS__                     \
    }

/* The connections of a group, as a page. */
void group_open_members(struct screen *screen, const struct grouping_kind *kind,
                        const struct grouping_row *row);

/* Lists only processes that hold one of the sockets, regardless of the filter. */
void group_pane_limit(struct pane *pane, const struct socket_set *sockets);
/* Of a picture: for each process 1 if it holds one of the sockets. NULL: out of memory; to be
 * freed. */
uint8_t *group_mark_holders(const struct socket_set *sockets, const struct picture *picture);

extern const struct group_view GROUP_PROCESSES;

#endif
