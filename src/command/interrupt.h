/* interrupt: for a command that makes its frame in the main thread, from a source that waits for
 * other programs: a signal that would end the command ends the wait, so that the source is closed
 * first. */
#ifndef TCPLENS_COMMAND_INTERRUPT_H
#define TCPLENS_COMMAND_INTERRUPT_H

#include "source/source.h"

/* From now on; a second signal ends the program at once. Nothing changes for a source that never
 * waits. */
void interrupt_on_signal(struct source *source);
/* To be called once the source is closed: ends by the signal, if one came. */
void interrupt_end(void);

#endif
