/* detectors: the rows of DETECTORS[], by section; each stands with its evaluate function in the
 * file of its section. Internal to core/finding. */
#ifndef TCPLENS_CORE_FINDING_DETECTORS_H
#define TCPLENS_CORE_FINDING_DETECTORS_H

#include "core/finding/detection.h"

/* accept.c */
extern const struct detector ACCEPT_QUEUE_FULL, ACCEPT_WAIT, BACKLOG_CAPPED, LISTEN_DROPS_OTHER,
    SYN_QUEUE_FULL, HANDSHAKE_UNANSWERED, LISTENER_ON_EPHEMERAL_PORT;
/* balance.c */
extern const struct detector REUSEPORT_IMBALANCE, ACCEPT_MONOPOLY;
/* connect.c */
extern const struct detector PORTS_EXHAUSTED, BOUND_PILE, CONNECT_TIMEOUT, SYN_LOSS,
    CONNECT_REFUSED, CONNECT_FAILING, CHURN, TW_OVERFLOW;
/* release.c */
extern const struct detector CLOSE_WAIT_LEAK, FIN_WAIT_2_HELD, ORPHANS, PORT_HELD, SOCKET_GROWTH,
    PROCESS_STOPPED, FD_LIMIT;
/* memory.c */
extern const struct detector TCP_MEMORY, RECEIVE_DROPS, BUFFER_HOGS;
/* loss.c */
extern const struct detector RETRANSMISSIONS, SPURIOUS_RETRANS, DEAD_PEER, KEEPALIVE_UNANSWERED,
    PEER_NOT_READING, WE_NOT_READING;
/* resets.c */
extern const struct detector RESET_STORM, HOST_DROPS;
/* slow.c */
extern const struct detector LIMITED_BY_RECEIVER, LIMITED_BY_SNDBUF, LIMITED_BY_NETWORK,
    LIMITED_BY_PROGRAM, BUFFERBLOAT, NOISY_NEIGHBOR;
/* path.c */
extern const struct detector RTT_NEAR, NAGLE_STALL, SMALL_MSS, PMTU_BLACKHOLE;
/* idle.c */
extern const struct detector IDLE_WITHOUT_KEEPALIVE, KEEPALIVE_TOO_SLOW;
/* both_ends.c */
extern const struct detector HALF_OPEN, LOST_ON_THE_WAY;
/* limits.c */
extern const struct detector CONNTRACK_FULL, HOST_FILES, SYNCOOKIES_OFF, ABORT_ON_OVERFLOW,
    NARROW_PORT_RANGE, TIMESTAMPS_OFF;
/* rare.c */
extern const struct detector DEFER_ACCEPT_DROPS, RPFILTER_DROPS, TTL_DROPS, RECEIVE_COLLAPSE,
    TFO_FAILING, MD5_FAILING, TCP_AO_FAILING, PAWS_REJECTED, CHALLENGE_ACKS, BAD_CHECKSUMS,
    RETRANS_NOT_SENT, KEEPALIVE_ABORT;

#endif
