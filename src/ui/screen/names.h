/* Look-ups of names of ports and hosts for panes. */
#ifndef TCPLENS_UI_SCREEN_NAMES_H
#define TCPLENS_UI_SCREEN_NAMES_H

#include "ui/host_names.h"

struct screen;

void screen_names_begin(struct screen *screen);
void screen_names_end(struct screen *screen);
void screen_switch_services(struct screen *screen);
void screen_switch_hosts(struct screen *screen);
size_t screen_names_wait(const struct screen *screen, struct pollfd *waits, int *timeout_ms);
void screen_names_pump(struct screen *screen, const struct pollfd *waits, size_t count);

#endif
