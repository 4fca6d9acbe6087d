/* proc_stat: the line of /proc/PID/stat to a struct. Independent of files and of whose pid it is.
 */
#include "core/proc_stat.h"

#include "core/text/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PF_EXITING 0x00000004u /* include/linux/sched.h, Linux 2.6.27 to 6.18 */
#define PF_KTHREAD 0x00200000u

enum field { /* counted from the field after the name (number 3 in proc_pid_stat(5)) */
             FIELD_STATE = 0,
             FIELD_PARENT = 1,
             FIELD_SESSION = 3,
             FIELD_FLAGS = 6,
             FIELD_THREADS = 17,
             FIELD_START = 19,
             FIELD_COUNT
};

/* The name may contain anything, even parentheses and newlines: it ends at the last ")". */
int proc_stat_parse(const char *text, size_t length, struct proc_stat *out)
{
    const char *open = memchr(text, '(', length);
    const char *close = memrchr(text, ')', length);
    uint64_t numbers[FIELD_COUNT]; /* negative ones are 0 */

    if (!open || !close || close < open)
        return -EBADMSG;
    const char *at = close + 1 + strspn(close + 1, " ");
    const char state = *at;
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!*at)
            return -EBADMSG;
        numbers[i] = *at >= '0' && *at <= '9' ? strtoull(at, NULL, 10) : 0;
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    text_clean(out->name, sizeof out->name, open + 1, (size_t)(close - open - 1));
    out->state = state;
    out->kernel_thread = (numbers[FIELD_FLAGS] & PF_KTHREAD) != 0;
    out->ending = (numbers[FIELD_FLAGS] & PF_EXITING) || state == 'Z' || state == 'X';
    out->parent = (int32_t)numbers[FIELD_PARENT];
    out->session = (int32_t)numbers[FIELD_SESSION];
    out->threads = (uint32_t)numbers[FIELD_THREADS];
    out->start_ticks = numbers[FIELD_START];
    return 0;
}
