/* main: starts tcplens: options, then the command they name. */
#include "options.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* Nothing here is written to be trusted by a caller with fewer rights (DESIGN 13). */
static bool is_setuid(void)
{
    return getuid() != geteuid() || getgid() != getegid();
}

int main(int argc, char **argv)
{
    struct options options;
    int code;

    if (is_setuid()) {
        fputs("tcplens: refuses to run setuid or setgid: remove that bit; doc/ names the "
              "capabilities to give it instead\n",
              stderr);
        return EXIT_FAILED;
    }
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of write */
    code = options_parse(&options, argc, argv);
    if (code < 0)
        code = COMMAND_NAMES[options.command].run(&options);
    options_done(&options);
    return code;
}
