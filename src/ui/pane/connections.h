/* The Connections view: the part that is saved as settings. */
#ifndef TCPLENS_UI_PANE_CONNECTIONS_H
#define TCPLENS_UI_PANE_CONNECTIONS_H

#include "ui/pane/pane.h"
#include "ui/screen/screen.h"

void connections_keep(const struct pane *connections, struct screen_kept *kept);

#endif
