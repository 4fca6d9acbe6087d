/* main: starts tcplens. Options and commands come with options.c and cmd_*.c. */
#include <stdio.h>

int main(void)
{
    puts("tcplens " TCPLENS_VERSION);
    return 0;
}
