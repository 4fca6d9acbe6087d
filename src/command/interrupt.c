/* interrupt: see interrupt.h. */
#include "command/interrupt.h"

#include <signal.h>

static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* A handler has no argument. */
static struct source *waiting;
static volatile sig_atomic_t came;

static void on_signal(int number)
{
    came = number;
    source_interrupt(waiting);
}

void interrupt_on_signal(struct source *source)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    struct sigaction before;

    if (!source->ops->interrupt)
        return;
    waiting = source;
    for (size_t i = 0; i < sizeof(SIGNALS) / sizeof(SIGNALS[0]); i++)
        if (sigaction(SIGNALS[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(SIGNALS[i], &action, NULL);
}

void interrupt_end(void)
{
    if (came)
        raise(came); /* SA_RESETHAND */
}
