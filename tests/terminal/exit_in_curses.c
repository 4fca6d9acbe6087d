/* exit_in_curses: preloaded, ends the program from within curses as ncurses itself does when it is
 * out of memory: by exit(), in the thread that paints, after a few refreshes. */
#include <curses.h>
#include <stdlib.h>

#define REFRESHES 4

int wrefresh(WINDOW *window)
{
    static int count;
    if (++count > REFRESHES)
        exit(EXIT_FAILURE);
    return wnoutrefresh(window) == OK ? doupdate() : ERR;
}
