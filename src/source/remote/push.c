/* remote_push: see push.h. */
#include "source/remote/push.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* What `uname -m` says where this program can run: patterns of the shell. A kernel of 64 bits may run
 * programs of 32. */
#if defined(__x86_64__)
#define MACHINES "x86_64"
#elif defined(__i386__)
#define MACHINES "i?86|x86_64"
#elif defined(__aarch64__)
#define MACHINES "aarch64"
#elif defined(__arm__)
#define MACHINES "armv7*|armv8*|aarch64"
#elif defined(__s390x__)
#define MACHINES "s390x"
#else
#define MACHINES "*"
#endif

/* The traps remove the folder however it ends: by itself, by a signal, or with the connection, when writing fails. */
static const char SCRIPT[] =
    "umask 077; "
    "refuse() { echo \"cannot be sent there: $1\" >&2; exit %d; }; "
    "clean() { rm -rf \"$d\"; }; "
    "case $(uname -m) in " MACHINES ") ;; "
    "*) refuse \"the machine is $(uname -m), this tcplens is for " MACHINES "\" ;; esac; "
    "t=${TMPDIR:-/tmp}; "
    "d=$(mktemp -d \"$t/tcplens.XXXXXXXX\") || refuse \"no folder can be made in $t\"; "
    "trap clean EXIT; trap \"exit 129\" HUP INT TERM PIPE; "
    "p=$d/tcplens; head -c %" PRIu64 " >\"$p\"; "
    "case $(wc -c <\"$p\") in %" PRIu64 ") ;; "
    "0) refuse \"standard input is empty; the command has to pass it on, as docker exec -i does\" "
    ";; "
    "*) refuse \"it came in part; is there no room in $t?\" ;; esac; "
    "chmod 700 \"$p\"; "
    "[ -x \"$p\" ] || refuse \"$t is mounted noexec; set TMPDIR there\"; "
    "\"$p\" --version >/dev/null 2>\"$d/why\" || { "
    "m=$(LD_TRACE_LOADED_OBJECTS=1 \"$p\" 2>&1 | "
    "while read -r l x; do case $x in *\"not found\") echo \"$l\" ;; esac; done); "
    "[ \"$m\" ] && refuse \"missing there: $(echo $m)\"; "
    "refuse \"$(head -n 1 \"$d/why\")\"; }; "
    "\"$p\" \"$@\"";

int remote_push_script(char *out, size_t size, uint64_t bytes)
{
    const int length = snprintf(out, size, SCRIPT, REMOTE_PUSH_REFUSED, bytes, bytes);
    return length < 0 || (size_t)length >= size ? -EINVAL : 0;
}
