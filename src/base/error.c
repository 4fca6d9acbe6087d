#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *error_text(int error)
{
    const int number = abs(error);

    return number == EMFILE ? "Too many open files (raise ulimit -n)" : strerror(number);
}
