/* A floating list to choose from; typing narrows it. */
#ifndef TCPLENS_UI_MENU_H
#define TCPLENS_UI_MENU_H

#include "ui/pane/pane.h"

struct menu { /* argument of PANE_MENU; must live as long as the menu is open */
    const char *title;
    size_t count, current; /* current: under the cursor at first */
    const char *(*name)(void *data, size_t item, const char **help);
    const char *(*mark)(void *data, size_t item); /* before the name, two cells; NULL = none */
    void (*choose)(void *data, size_t item);
    void (*done)(void *data); /* when it closes, chosen or not; NULL = nothing to do */
    void *data;
};

extern const struct pane_ops PANE_MENU;

#endif
