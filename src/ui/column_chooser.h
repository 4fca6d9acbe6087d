/* A floating list of all columns: which are shown, and in what order. */
#ifndef TCPLENS_UI_COLUMN_CHOOSER_H
#define TCPLENS_UI_COLUMN_CHOOSER_H

#include "ui/pane/pane.h"

struct column_choice {     /* argument of PANE_COLUMNS; must live as long as it is open */
    const uint16_t *shown; /* indexes in columns[], from left to right; copied */
    size_t count, most;    /* most: no more than that can be shown */
    void (*take)(void *data, const uint16_t *shown, size_t count); /* at least one */
    void *data;
};

extern const struct pane_ops PANE_COLUMNS;

#endif
