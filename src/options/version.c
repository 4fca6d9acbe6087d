/* --version: the version of tcplens and of its libraries. */
#include "options/table.h"

#include <options_commit.h> /* made by commit.cmake */
#include <stdio.h>

void options_print_version(void)
{
    puts("tcplens " TCPLENS_VERSION TCPLENS_COMMIT);
    puts("BPF programs: " TCPLENS_BPF_TEXT);
    puts("built with: " TCPLENS_LIBRARIES);
}
