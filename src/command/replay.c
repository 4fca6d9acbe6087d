/* tcplens replay: the screen over a session log, or over a pipe of one. Independent of the kernel.
 */
#include "command/commands.h"
#include "command/top.h"
#include "options/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cmd_replay(const struct options *options)
{
    int keys = STDIN_FILENO;

    if (options->screenshot)
        return cmd_top_over(options, options->file, -1);
    if (!isatty(STDIN_FILENO)) /* the log is there, or nothing is */
        keys = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (keys < 0) {
        message("replay: no terminal to take keys from: /dev/tty: %s", strerror(errno));
        return EXIT_USAGE;
    }
    const int code = cmd_top_over(options, options->file, keys);
    if (keys != STDIN_FILENO)
        close(keys);
    return code;
}
