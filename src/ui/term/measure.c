/* term_measure: the size of the terminal on standard output. */
#include "ui/term/measure.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ROWS_MAX 1024 /* more than any screen; curses stores both in a short */
#define COLS_MAX 4096

static int from_environment(const char *name)
{
    const char *text = getenv(name);
    return text ? atoi(text) : 0;
}

static int clamped(int size, int most)
{
    return size > most ? most : size;
}

void term_measure(int *rows, int *cols)
{
    struct winsize size = {0};
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col;
    *rows = clamped(known ? size.ws_row : from_environment("LINES"), ROWS_MAX);
    *cols = clamped(known ? size.ws_col : from_environment("COLUMNS"), COLS_MAX);
}

bool term_is_huge(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
           (size.ws_row > ROWS_MAX || size.ws_col > COLS_MAX);
}
