/* The tables of the session log: kinds of lines, keys of rows, details and processes. Independent
 * of JSON. */
#include "session/format/write.h"

const struct record_facts RECORDS[RECORD_COUNT] = {
    [RECORD_NONE] = {"", ""},
    [RECORD_HEAD] = {"head", "what follows is a keyframe: version, host, kernel, interval"},
    [RECORD_FRAME] = {"frame", "ends a frame: its times, counts, and what it lacks"},
    [RECORD_ROW] = {"row", "a connection as it stands; not a change"},
    [RECORD_OPEN] = {"open", "a connection came to be"},
    [RECORD_STATE] = {"state", "a transition"},
    [RECORD_CLOSE] = {"close", "a connection ended"},
    [RECORD_SAMPLE] = {"sample", "what changed of a row; null: known no more"},
    [RECORD_PROC] = {"proc", "a process, or what changed of it"},
    [RECORD_FLOW] = {"flow", "traffic of connections that ended, by whose it was"},
    [RECORD_GAP] = {"gap", "something is missing here"},
};

#define NUMBER(member) .of = FACT_OF_OTHER, FACT_NUMBER_AT(, proc, member)

const struct fact SESSION_PROC_KEYS[] = {
    {"pid", .of = FACT_OF_OTHER, FACT_SIGNED_AT(, proc, pid)},
    {"parent", .of = FACT_OF_OTHER, FACT_SIGNED_AT(, proc, parent)},
    {"start_ticks", NUMBER(start_ticks)}, /* with pid: who it is */
    {"start", .of = FACT_OF_OTHER, FACT_TIME_AT(, proc, start_ns)},
    {"uid", NUMBER(uid), .absent = UINT32_MAX},
    {"cpu_permille", NUMBER(cpu_permille), .absent = UINT32_MAX}, /* of one core */
    {"threads", NUMBER(threads)},
    {"files", NUMBER(files)},
    {"memory_bytes", NUMBER(memory_bytes)},
    {"sockets", NUMBER(sockets)},
    {"kernel_thread", .of = FACT_OF_OTHER, FACT_FLAG_AT(, proc, kernel_thread)},
    {"exited", .of = FACT_OF_OTHER, FACT_FLAG_AT(, proc, gone)}, /* but a row names it */
};
const size_t session_proc_key_count = sizeof(SESSION_PROC_KEYS) / sizeof(SESSION_PROC_KEYS[0]);
