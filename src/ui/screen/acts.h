/* Acts on the screen: what K, X, Space, U and y do, and what becomes of signalled processes.
 * Private to the screen and its dialogs. */
#ifndef TCPLENS_UI_SCREEN_ACTS_H
#define TCPLENS_UI_SCREEN_ACTS_H

#include "ui/act_request.h"

/* False with a reason when the command cannot act now. */
bool screen_acts_can(struct screen *screen, const struct command *command,
                     char text[ACTS_TEXT_MAX]);
bool screen_acts_command(struct screen *screen, const struct command *command); /* is it an act? */
/* Takes the processes over; says what becomes of them. */
void screen_acts_watch(struct screen *screen, struct acts_process *processes, size_t count,
                       const struct acts_signal *signal);
/* Looks at what is watched; the monotonic time to look again, INT64_MAX = never. */
int64_t screen_acts_look(struct screen *screen, int64_t now_ns);
bool screen_acts_outlived(struct screen *screen, const struct acts_process *process);
void screen_acts_done(struct screen *screen);

#endif
