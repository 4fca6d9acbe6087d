/* INFO_FIELDS: the fields of struct tcp_info as one X-macro, from which info.c makes TCP_INFO and
 * column_info.c a column for each. Layout of include/uapi/linux/tcp.h, Linux 6.18 (280 bytes);
 * offsets are written out because the header of an older system is shorter than the kernel's
 * struct. */
#ifndef TCPLENS_CORE_INFO_FIELDS_H
#define TCPLENS_CORE_INFO_FIELDS_H

/* Bit fields are laid out from the low bit on little-endian machines, else from the high one. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define INFO_SHIFT(shift, bits) (shift)
#else
#define INFO_SHIFT(shift, bits) (8 - (shift) - (bits))
#endif

#define INFO_NEVER_UNSET       UINT64_MAX
#define INFO_INFINITE_SSTHRESH 0x7fffffffu /* TCP_INFINITE_SSTHRESH of net/tcp.h */

/* ROW and DETAIL take (kernel name, column id, JSON key, label, column title, offset, size, shift,
 * bits, unit, unset). ROW: every struct conn holds the value itself, its column is in
 * core/column/row.c; DETAIL: only in conn_detail.info. */
#define INFO_FIELDS(ROW, DETAIL)                                                                   \
    ROW(state, "state", "kernel_state", "state", "KSTATE", 0, 1, 0, 0, INFO_COUNT,                 \
        INFO_NEVER_UNSET)                                                                          \
    DETAIL(ca_state, "ca_state", "ca_state", "congestion state", "CA", 1, 1, 0, 0, INFO_COUNT,     \
           INFO_NEVER_UNSET)                                                                       \
    DETAIL(retransmits, "retransmits", "retransmits", "timeouts in a row", "TIMEOUTS", 2, 1, 0, 0, \
           INFO_COUNT, INFO_NEVER_UNSET)                                                           \
    DETAIL(probes, "probes", "probes", "probes unanswered", "PROBES", 3, 1, 0, 0, INFO_COUNT,      \
           INFO_NEVER_UNSET)                                                                       \
    DETAIL(backoff, "backoff", "backoff", "timer backoff", "BACKOFF", 4, 1, 0, 0, INFO_COUNT,      \
           INFO_NEVER_UNSET)                                                                       \
    DETAIL(options, "options", "options", "options", "OPTIONS", 5, 1, 0, 0, INFO_FLAGS,            \
           INFO_NEVER_UNSET)                                                                       \
    DETAIL(snd_wscale, "snd_wscale", "snd_wscale", "send window scale", "SWSCALE", 6, 1,           \
           INFO_SHIFT(0, 4), 4, INFO_COUNT, INFO_NEVER_UNSET)                                      \
    DETAIL(rcv_wscale, "rcv_wscale", "rcv_wscale", "receive window scale", "RWSCALE", 6, 1,        \
           INFO_SHIFT(4, 4), 4, INFO_COUNT, INFO_NEVER_UNSET)                                      \
    DETAIL(delivery_rate_app_limited, "delivery_rate_app_limited", "delivery_rate_app_limited",    \
           "delivery rate limited by the program", "APPLIM", 7, 1, INFO_SHIFT(0, 1), 1,            \
           INFO_COUNT, INFO_NEVER_UNSET)                                                           \
    DETAIL(fastopen_client_fail, "fastopen_client_fail", "fastopen_client_fail",                   \
           "fast open failure", "TFOFAIL", 7, 1, INFO_SHIFT(1, 2), 2, INFO_COUNT,                  \
           INFO_NEVER_UNSET)                                                                       \
    DETAIL(rto, "rto", "rto_us", "retransmission timeout", "RTO", 8, 4, 0, 0, INFO_US, 0)          \
    DETAIL(ato, "ato", "ato_us", "delayed ACK timeout", "ATO", 12, 4, 0, 0, INFO_US, 0)            \
    DETAIL(snd_mss, "snd_mss", "snd_mss_bytes", "send segment size", "SMSS", 16, 4, 0, 0,          \
           INFO_BYTES, 0)                                                                          \
    DETAIL(rcv_mss, "rcv_mss", "rcv_mss_bytes", "receive segment size", "RMSS", 20, 4, 0, 0,       \
           INFO_BYTES, 0)                                                                          \
    DETAIL(unacked, "unacked", "unacked", "segments in flight", "UNACKED", 24, 4, 0, 0,            \
           INFO_SEGMENTS, INFO_NEVER_UNSET)                                                        \
    DETAIL(sacked, "sacked", "sacked", "segments SACKed", "SACKED", 28, 4, 0, 0, INFO_SEGMENTS,    \
           INFO_NEVER_UNSET)                                                                       \
    DETAIL(lost, "lost", "lost_out", "segments thought lost", "LOST", 32, 4, 0, 0, INFO_SEGMENTS,  \
           INFO_NEVER_UNSET)                                                                       \
    DETAIL(retrans, "retrans_out", "retrans_out", "retransmissions in flight", "RETROUT", 36, 4,   \
           0, 0, INFO_SEGMENTS, INFO_NEVER_UNSET)                                                  \
    DETAIL(fackets, "fackets", "fackets", "forward-acknowledged segments", "FACKETS", 40, 4, 0, 0, \
           INFO_SEGMENTS, INFO_NEVER_UNSET)                                                        \
    ROW(last_data_sent, "last_data_sent", "last_data_sent_ms", "last data sent", "LASTSND", 44, 4, \
        0, 0, INFO_MS, INFO_NEVER_UNSET)                                                           \
    DETAIL(last_ack_sent, "last_ack_sent", "last_ack_sent_ms", "last ACK sent", "LASTACKS", 48, 4, \
           0, 0, INFO_MS, 0)                                                                       \
    ROW(last_data_recv, "last_data_recv", "last_data_recv_ms", "last data received", "LASTRCV",    \
        52, 4, 0, 0, INFO_MS, INFO_NEVER_UNSET)                                                    \
    DETAIL(last_ack_recv, "last_ack_recv", "last_ack_recv_ms", "last ACK received", "LASTACK", 56, \
           4, 0, 0, INFO_MS, INFO_NEVER_UNSET)                                                     \
    DETAIL(pmtu, "pmtu", "pmtu_bytes", "path MTU", "PMTU", 60, 4, 0, 0, INFO_BYTES, 0)             \
    DETAIL(rcv_ssthresh, "rcv_ssthresh", "rcv_ssthresh_bytes", "receive window clamp",             \
           "RSSTHRESH", 64, 4, 0, 0, INFO_BYTES, 0)                                                \
    ROW(rtt, "rtt", "rtt_us", "round trip time", "RTT", 68, 4, 0, 0, INFO_US, 0)                   \
    DETAIL(rttvar, "rttvar", "rttvar_us", "round trip time variation", "RTTVAR", 72, 4, 0, 0,      \
           INFO_US, 0)                                                                             \
    DETAIL(snd_ssthresh, "snd_ssthresh", "snd_ssthresh", "slow start threshold", "SSTHRESH", 76,   \
           4, 0, 0, INFO_SEGMENTS, INFO_INFINITE_SSTHRESH)                                         \
    ROW(snd_cwnd, "snd_cwnd", "snd_cwnd", "congestion window", "CWND", 80, 4, 0, 0, INFO_SEGMENTS, \
        0)                                                                                         \
    DETAIL(advmss, "advmss", "advmss_bytes", "advertised segment size", "ADVMSS", 84, 4, 0, 0,     \
           INFO_BYTES, 0)                                                                          \
    DETAIL(reordering, "reordering", "reordering", "reordering allowed for", "REORDER", 88, 4, 0,  \
           0, INFO_SEGMENTS, INFO_NEVER_UNSET)                                                     \
    DETAIL(rcv_rtt, "rcv_rtt", "rcv_rtt_us", "receiver's round trip time", "RCVRTT", 92, 4, 0, 0,  \
           INFO_US, 0)                                                                             \
    DETAIL(rcv_space, "rcv_space", "rcv_space_bytes", "receive buffer wanted", "RCVSPACE", 96, 4,  \
           0, 0, INFO_BYTES, 0)                                                                    \
    ROW(total_retrans, "total_retrans", "retrans", "retransmissions", "RETR", 100, 4, 0, 0,        \
        INFO_SEGMENTS, INFO_NEVER_UNSET)                                                           \
    DETAIL(pacing_rate, "pacing_rate", "pacing_rate_bytes_per_s", "pacing rate", "PACING", 104, 8, \
           0, 0, INFO_BYTES_PER_S, INFO_NEVER_UNSET)                                               \
    DETAIL(max_pacing_rate, "max_pacing_rate", "max_pacing_rate_bytes_per_s", "pacing rate limit", \
           "MAXPACING", 112, 8, 0, 0, INFO_BYTES_PER_S, INFO_NEVER_UNSET)                          \
    DETAIL(bytes_acked, "bytes_acked", "bytes_acked", "bytes acknowledged", "ACKED", 120, 8, 0, 0, \
           INFO_BYTES, INFO_NEVER_UNSET)                                                           \
    DETAIL(bytes_received, "bytes_received", "bytes_received", "bytes received", "RECEIVED", 128,  \
           8, 0, 0, INFO_BYTES, INFO_NEVER_UNSET)                                                  \
    DETAIL(segs_out, "segs_out", "segs_out", "segments sent", "SEGSOUT", 136, 4, 0, 0,             \
           INFO_SEGMENTS, INFO_NEVER_UNSET)                                                        \
    DETAIL(segs_in, "segs_in", "segs_in", "segments received", "SEGSIN", 140, 4, 0, 0,             \
           INFO_SEGMENTS, INFO_NEVER_UNSET)                                                        \
    DETAIL(notsent_bytes, "notsent_bytes", "notsent_bytes", "bytes not sent yet", "NOTSENT", 144,  \
           4, 0, 0, INFO_BYTES, INFO_NEVER_UNSET)                                                  \
    DETAIL(min_rtt, "min_rtt", "min_rtt_us", "least round trip time", "MINRTT", 148, 4, 0, 0,      \
           INFO_US, 0xffffffffu)                                                                   \
    DETAIL(data_segs_in, "data_segs_in", "data_segs_in", "data segments received", "DSEGSIN", 152, \
           4, 0, 0, INFO_SEGMENTS, INFO_NEVER_UNSET)                                               \
    DETAIL(data_segs_out, "data_segs_out", "data_segs_out", "data segments sent", "DSEGSOUT", 156, \
           4, 0, 0, INFO_SEGMENTS, INFO_NEVER_UNSET)                                               \
    DETAIL(delivery_rate, "delivery_rate", "delivery_rate_bytes_per_s", "delivery rate",           \
           "DELIVERY", 160, 8, 0, 0, INFO_BYTES_PER_S, 0)                                          \
    DETAIL(busy_time, "busy_time", "busy_time_us", "time with data in flight", "BUSY", 168, 8, 0,  \
           0, INFO_US, INFO_NEVER_UNSET)                                                           \
    DETAIL(rwnd_limited, "rwnd_limited", "rwnd_limited_us", "time limited by the receive window",  \
           "RWNDLIM", 176, 8, 0, 0, INFO_US, INFO_NEVER_UNSET)                                     \
    DETAIL(sndbuf_limited, "sndbuf_limited", "sndbuf_limited_us",                                  \
           "time limited by the send buffer", "SBUFLIM", 184, 8, 0, 0, INFO_US, INFO_NEVER_UNSET)  \
    DETAIL(delivered, "delivered", "delivered", "segments delivered", "DELIVERED", 192, 4, 0, 0,   \
           INFO_SEGMENTS, INFO_NEVER_UNSET)                                                        \
    DETAIL(delivered_ce, "delivered_ce", "delivered_ce", "segments delivered with CE mark",        \
           "DELIVCE", 196, 4, 0, 0, INFO_SEGMENTS, INFO_NEVER_UNSET)                               \
    DETAIL(bytes_sent, "bytes_sent", "bytes_sent", "bytes sent", "SENT", 200, 8, 0, 0, INFO_BYTES, \
           INFO_NEVER_UNSET)                                                                       \
    DETAIL(bytes_retrans, "bytes_retrans", "bytes_retrans", "bytes retransmitted", "RETRBYTES",    \
           208, 8, 0, 0, INFO_BYTES, INFO_NEVER_UNSET)                                             \
    DETAIL(dsack_dups, "dsack_dups", "dsack_dups", "duplicate SACKs", "DSACK", 216, 4, 0, 0,       \
           INFO_SEGMENTS, INFO_NEVER_UNSET)                                                        \
    DETAIL(reord_seen, "reord_seen", "reord_seen", "reorderings seen", "REORDSEEN", 220, 4, 0, 0,  \
           INFO_COUNT, INFO_NEVER_UNSET)                                                           \
    DETAIL(rcv_ooopack, "rcv_ooopack", "rcv_ooopack", "segments received out of order", "OOO",     \
           224, 4, 0, 0, INFO_SEGMENTS, INFO_NEVER_UNSET)                                          \
    DETAIL(snd_wnd, "snd_wnd", "snd_wnd_bytes", "peer's receive window", "SNDWND", 228, 4, 0, 0,   \
           INFO_BYTES, INFO_NEVER_UNSET)                                                           \
    DETAIL(rcv_wnd, "rcv_wnd", "rcv_wnd_bytes", "our receive window", "RCVWND", 232, 4, 0, 0,      \
           INFO_BYTES, INFO_NEVER_UNSET)                                                           \
    DETAIL(rehash, "rehash", "rehash", "changes of the flow hash", "REHASH", 236, 4, 0, 0,         \
           INFO_COUNT, INFO_NEVER_UNSET)                                                           \
    DETAIL(total_rto, "total_rto", "total_rto", "retransmission timeouts", "RTOS", 240, 2, 0, 0,   \
           INFO_COUNT, INFO_NEVER_UNSET)                                                           \
    DETAIL(total_rto_recoveries, "total_rto_recoveries", "total_rto_recoveries",                   \
           "recoveries from timeouts", "RTORECOV", 242, 2, 0, 0, INFO_COUNT, INFO_NEVER_UNSET)     \
    DETAIL(total_rto_time, "total_rto_time", "total_rto_time_ms", "time in timeout recovery",      \
           "RTOTIME", 244, 4, 0, 0, INFO_MS, INFO_NEVER_UNSET)                                     \
    DETAIL(received_ce, "received_ce", "received_ce", "segments received with CE mark", "RECVCE",  \
           248, 4, 0, 0, INFO_SEGMENTS, INFO_NEVER_UNSET)                                          \
    DETAIL(delivered_e1_bytes, "delivered_e1_bytes", "delivered_e1_bytes",                         \
           "bytes delivered with ECT(1)", "DELIVE1", 252, 4, 0, 0, INFO_BYTES, INFO_NEVER_UNSET)   \
    DETAIL(delivered_e0_bytes, "delivered_e0_bytes", "delivered_e0_bytes",                         \
           "bytes delivered with ECT(0)", "DELIVE0", 256, 4, 0, 0, INFO_BYTES, INFO_NEVER_UNSET)   \
    DETAIL(delivered_ce_bytes, "delivered_ce_bytes", "delivered_ce_bytes",                         \
           "bytes delivered with CE mark", "DELIVCEB", 260, 4, 0, 0, INFO_BYTES, INFO_NEVER_UNSET) \
    DETAIL(received_e1_bytes, "received_e1_bytes", "received_e1_bytes",                            \
           "bytes received with ECT(1)", "RECVE1", 264, 4, 0, 0, INFO_BYTES, INFO_NEVER_UNSET)     \
    DETAIL(received_e0_bytes, "received_e0_bytes", "received_e0_bytes",                            \
           "bytes received with ECT(0)", "RECVE0", 268, 4, 0, 0, INFO_BYTES, INFO_NEVER_UNSET)     \
    DETAIL(received_ce_bytes, "received_ce_bytes", "received_ce_bytes",                            \
           "bytes received with CE mark", "RECVCEB", 272, 4, 0, 0, INFO_BYTES, INFO_NEVER_UNSET)   \
    DETAIL(accecn_fail_mode, "accecn_fail_mode", "accecn_fail_mode", "AccECN failure mode",        \
           "ACCECNFAIL", 276, 2, 0, 0, INFO_COUNT, INFO_NEVER_UNSET)                               \
    DETAIL(accecn_opt_seen, "accecn_opt_seen", "accecn_opt_seen", "AccECN option seen",            \
           "ACCECNOPT", 278, 2, 0, 0, INFO_COUNT, INFO_NEVER_UNSET)

#endif
