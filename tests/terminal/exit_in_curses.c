/* exit_in_curses: preloaded, ends the program from within curses as ncurses itself does when it is
 * out of memory: in the thread that paints, after a few refreshes, by exit(), or with NULL_IN_CURSES
 * in the environment by a null pointer that it does not check. */
#include <curses.h>
#include <stdlib.h>

#define REFRESHES 4

int wrefresh(WINDOW *window)
{
    static int count;
    int *volatile nothing = NULL;
    if (++count > REFRESHES && getenv("NULL_IN_CURSES"))
        *nothing = 1;
    if (count > REFRESHES)
        exit(EXIT_FAILURE);
    return wnoutrefresh(window) == OK ? doupdate() : ERR;
}
