/* The table of the keys of a session log that are written and read by name. Must not know values.
 */
#include "session/format/format.h"

#define HEAD   RECORD_BIT(RECORD_HEAD)
#define FRAME  RECORD_BIT(RECORD_FRAME)
#define ROWS   (RECORD_BIT(RECORD_ROW) | RECORD_BIT(RECORD_SAMPLE))
#define STATE  RECORD_BIT(RECORD_STATE)
#define CLOSE  RECORD_BIT(RECORD_CLOSE)
#define EVENTS (RECORD_BIT(RECORD_OPEN) | STATE | CLOSE)
#define PROC   RECORD_BIT(RECORD_PROC)
#define FLOW   RECORD_BIT(RECORD_FLOW)
#define GAP    RECORD_BIT(RECORD_GAP)
#define ALL    (HEAD | FRAME | ROWS | EVENTS | PROC | FLOW | GAP)

const struct session_other_key SESSION_OTHER_KEYS[] = {
    {"ev", "kind of the line", ALL},
    {"t", "when: of its frame, or of the event", ALL},

    {"format", "tcplens-session", HEAD},
    {"version", "major.minor of the format", HEAD},
    {"tcplens", "version of the program", HEAD},
    {"host", "name of the machine", HEAD},
    {"kernel", "its kernel", HEAD},
    {"boot_id", "its boot", HEAD},
    {"source", "live or demo", HEAD},
    {"start", "when this recording began", HEAD},
    {"interval_ms", "asked for", HEAD},

    {"number", "of the frame, in its session", FRAME},
    {"key", "a keyframe: every row came with it", FRAME},
    {"mono_ns", "monotonic clock", FRAME},
    {"dump_ns", "how long reading the kernel took", FRAME},
    {"rows", "rows there are now, ghosts included", FRAME},
    {"ghosts", "of them closed, still marked", FRAME},
    {"opens", "open lines since the frame before", FRAME},
    {"transitions", "state lines", FRAME},
    {"closes", "close lines", FRAME},
    {"marked_opened", "rows that opened against the frame before", FRAME},
    {"marked_changed", "rows that changed their state", FRAME},
    {"marked_closed", "rows that closed", FRAME},
    {"in_interval_bytes", "payload received since the frame before, all connections", FRAME},
    {"out_interval_bytes", "payload sent since then", FRAME},
    {"in_total_bytes", "payload received since the session began", FRAME},
    {"out_total_bytes", "payload sent since then", FRAME},
    {"in_interval_segs", "segments received, as the network namespace counts them", FRAME},
    {"out_interval_segs", "segments sent, likewise", FRAME},
    {"retrans_interval_segs", "segments retransmitted, SYNs too", FRAME},
    {"facts", "counters and settings of the network namespace that changed", FRAME},
    {"sent_interval_bytes", "sent since the frame before", FRAME},
    {"retrans_interval_bytes", "of them retransmitted", FRAME},
    {"missing", "what the frame lacks", FRAME},
    {"missing_errno", "why", FRAME},
    {"missing_text", "the same in words", FRAME},
    {"hidden_users", "users whose processes are hidden", FRAME},
    {"hidden_rows", "rows with a hidden owner", FRAME},
    {"events_lost", "at least, since the session began", FRAME},
    {"cost_cpu_ns", "CPU for this frame", FRAME},
    {"cost_wall_ns", "time for this frame", FRAME},
    {"interval_ns", "in force", FRAME},
    {"stretched", "longer than asked for", FRAME},
    {"cpu_permille", "of one core, all of tcplens", FRAME},

    {"id", "number of the row, or of the process, in this session", ROWS | EVENTS | PROC | FLOW},
    {"left", "it is no longer there", ROWS | PROC | FLOW},
    {"proto", "tcp", ROWS | EVENTS | FLOW},
    {"family", "inet or inet6", ROWS | EVENTS | FLOW},
    {"laddr", "local address", ROWS | EVENTS | FLOW},
    {"lport", "local port", ROWS | EVENTS | FLOW},
    {"raddr", "remote address", ROWS | EVENTS | FLOW},
    {"rport", "remote port", ROWS | EVENTS | FLOW},
    {"ifindex", "interface it is bound to", ROWS | EVENTS | FLOW},
    {"ifname", "its name", ROWS | FLOW},
    {"user", "name of uid", ROWS | PROC},
    {"proc", "number of the process that owns it", ROWS | FLOW},
    {"procs", "numbers of all that hold it", ROWS},
    {"detail", "tcp_info and the rest follow; null: no more", ROWS},
    {"mib_state", "1 to 12", ROWS},
    {"out_bytes", "payload sent", ROWS | EVENTS | FLOW},
    {"pid", "process id", ROWS | EVENTS},
    {"comm", "process name", ROWS | EVENTS | PROC},
    {"exe", "executable", ROWS | PROC},
    {"owners", "all holders", ROWS},
    {"unit", "systemd unit", ROWS | PROC | FLOW},
    {"container", "container", ROWS | PROC | FLOW},
    {"cgroup", "path of the control group", ROWS | PROC | FLOW},
    {"args", "command line, with --with-args only", PROC},

    {"from", "state before", STATE | CLOSE},
    {"to", "state after", EVENTS},
    {"exact", "t is the moment itself; else it was before", EVENTS},
    {"netns", "network namespace", EVENTS | FRAME | FLOW},
    {"netns_is_host", "it is that of the machine's process 1", FRAME},
    {"cookie", "socket cookie", EVENTS},
    {"uid", "user", EVENTS | FLOW},
    {"from_ms", "time in from", STATE},
    {"duration_ms", "age", CLOSE},
    {"in_bytes", "payload received", STATE | CLOSE | FLOW},
    {"in_bytes_per_s", "smoothed", FLOW},
    {"out_bytes_per_s", "smoothed", FLOW},
    {"owner", "in place of a process", FLOW},
    {"rtt_us", "round trip time", STATE | CLOSE},
    {"retrans", "retransmissions", STATE | CLOSE},
    {"origin", "who told it: frame, destroy, bpf", EVENTS},
    {"polled_jump", "states in between were not seen", STATE},
    {"start_ticks", "with pid: which process", EVENTS},

    {"count", "how many are missing", GAP},
    {"of", "frames or events", GAP},
    {"events", "events missing too, where count is of frames", GAP},
    {"since", "the last that was written", GAP},
    {"reason", "disk full, suspended, overload, ...", GAP},
};
const size_t session_other_key_count = sizeof(SESSION_OTHER_KEYS) / sizeof(SESSION_OTHER_KEYS[0]);
