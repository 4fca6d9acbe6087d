/* The size of the terminal, within what curses can draw. */
#ifndef TCPLENS_UI_TERM_MEASURE_H
#define TCPLENS_UI_TERM_MEASURE_H

#include <stdbool.h>

/* The terminal's own size: LINES and COLUMNS may be those of another one, and count only where the
 * terminal has none (a serial line). 0: unknown. Cut to what term_is_huge takes for the limit. */
void term_measure(int *rows, int *cols);
bool term_is_huge(void); /* more than is ever drawn */

#endif
