/* Writes the session log that doc/cookbook.md asks: the demo's outage, as `record --demo incident -i
 * 1 --for 90` has it, at once. Where its keyframes are depends on how many digits the costs of
 * frames have: the page asks for nothing that only they have.
 *
 *     make_log FILE.jsonl.zst */
#include "demo_log.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define FRAMES 90

int main(int argc, char **argv)
{
    struct demo_log log;

    if (argc != 2) {
        fputs("usage: make_log FILE.jsonl.zst\n", stderr);
        return 2;
    }
    demo_log_init_incident(&log, "unused", 0,
                           NEED_OWNER | NEED_PROCESS | NEED_GROUP | NEED_HOST_FACTS);
    snprintf(log.path, sizeof(log.path), "%s", argv[1]);
    demo_log_make(&log, FRAMES);
    demo_log_done(&log);
    return 0;
}
