/* term_rescue: restores the terminal when the screen's thread no longer can. Uses no curses: it
 * must work in a signal handler and beside a thread that is stuck. */
#include "ui/term/term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define RESTORE_TRIES   15
#define RESTORE_WAIT_MS 10

int term_rescue_prepare(struct term_rescue *rescue, int input)
{
    struct termios before;
    if (tcgetattr(input, &before) != 0)
        return -errno;
    memset(rescue, 0, sizeof(*rescue));
    rescue->before = before;
    rescue->input = input;
    atomic_init(&rescue->armed, false);
    atomic_init(&rescue->over, false);
    char path[128];
    rescue->descriptor = -1;
    /* A separate open file: O_NONBLOCK on the inherited one would also affect the shell. */
    if (ttyname_r(input, path, sizeof(path)) == 0)
        rescue->descriptor = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return 0;
}

void term_rescue_restore(struct term_rescue *rescue)
{
    if (!atomic_load(&rescue->armed))
        return;
    atomic_store(&rescue->over, true);
    /* A pending write of the screen blocks the terminal; let it finish. */
    for (int tries = 0; rescue->descriptor >= 0 && tries < RESTORE_TRIES; tries++) {
        poll(NULL, 0, RESTORE_WAIT_MS);
        if (write(rescue->descriptor, rescue->reset, rescue->reset_length) > 0)
            break;
        term_rescue_unblock(rescue);
    }
    tcsetattr(rescue->input, TCSANOW, &rescue->before);
}

void term_rescue_settings(const struct term_rescue *rescue)
{
    if (atomic_load(&rescue->armed))
        tcsetattr(rescue->input, TCSANOW, &rescue->before);
}

/* As in tmux: ^S typed by mistake would freeze the screen without a word. */
void term_rescue_release(const struct term_rescue *rescue)
{
    struct termios modes;

    if (!atomic_load(&rescue->armed) || tcgetattr(rescue->input, &modes) != 0)
        return;
    modes.c_iflag &= ~(tcflag_t)IXON;
    tcsetattr(rescue->input, TCSANOW, &modes);
}

void term_rescue_unblock(const struct term_rescue *rescue)
{
    if (rescue->descriptor < 0)
        return;
    tcflush(rescue->descriptor, TCOFLUSH);
    /* Discarding does not wake writers (Linux 6.18, drivers/tty/pty.c), switching the flow off and
     * on does; it also undoes a Ctrl-S. */
    tcflow(rescue->descriptor, TCOOFF);
    tcflow(rescue->descriptor, TCOON);
}

void term_rescue_done(struct term_rescue *rescue)
{
    if (rescue->descriptor >= 0)
        close(rescue->descriptor);
    rescue->descriptor = -1;
}
