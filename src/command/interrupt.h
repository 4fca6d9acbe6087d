/* interrupt: a command that makes its frame in the main thread, from a source that waits for others: a signal that
 * would end it ends the wait, so that the source is closed and leaves nothing behind. */
#ifndef TCPLENS_COMMAND_INTERRUPT_H
#define TCPLENS_COMMAND_INTERRUPT_H

#include "source/source.h"

/* From here on; a second signal ends the program as ever. Of a source that never waits: nothing changes. */
void interrupt_on_signal(struct source *source);
/* The source is closed: dies of the signal, where one came. */
void interrupt_end(void);

#endif
