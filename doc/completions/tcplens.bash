# bash completion of tcplens; made from the program's tables by tests/doc/make_doc.py; do not edit it here
# shellcheck shell=bash

_tcplens_options()
{
    case $1 in
    top) echo --interval --for --class -4 -6 --netns --columns --sort --highlight --past --budget --events --theme --glyphs --cursor --ascii --redact --screenshot --keys --size --read-only --with-args --detail --rotate --keep --demo --only --skip --set --help --version ;;
    list) echo --class -4 -6 --netns --columns --sort --json --csv --events --from --at --when --color --ascii --redact --with-args --demo --help --version ;;
    events) echo --interval --for --class -4 -6 --netns --json --csv --budget --events --from --at --when --ascii --redact --demo --only --skip --set --help --version ;;
    record) echo --interval --for --class -4 -6 --netns --budget --events --output --with-args --detail --rotate --keep --demo --only --skip --set --metrics --metrics-interval --metrics-peers --no-log --openmetrics --help --version ;;
    replay) echo --for --class --columns --sort --highlight --theme --glyphs --cursor --ascii --redact --screenshot --keys --size --with-args --only --skip --set --help --version ;;
    close) echo -4 -6 --netns --dry-run --yes --force --help --version ;;
    doctor) echo --interval --for --netns --json --events --from --ascii --redact --demo --only --skip --set --fail-on --describe --help --version ;;
    summary) echo --json --ascii --help --version ;;
    metrics) echo --interval --for --events --demo --only --skip --set --describe --metrics-peers --openmetrics --rules --dashboard --help --version ;;
    esac
}

_tcplens()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local command='' words='' head='' word
    local commands='top list events record replay close doctor summary metrics'
    local columns='state mib_state from proto family local remote laddr lport raddr rport ifname ifindex netns netns_name netns_kind pod pod_namespace cookie inode uid user pid process proc exe unit container serves cgroup cgroup_id unit_from owners owner command created_min created_max age state_since state_age offload ulp tls_version tls_cipher recvq sendq accept_queue backlog drops in_bytes out_bytes in out rtt cwnd retrans retrans_10s last_data_sent last_data_recv timer timer_left timer_retrans congestion tos tclass fwmark class_id shutdown rmem_alloc rcvbuf wmem_alloc sndbuf fwd_alloc wmem_queued optmem sock_backlog serial ca_state retransmits probes backoff options snd_wscale rcv_wscale delivery_rate_app_limited fastopen_client_fail rto ato snd_mss rcv_mss unacked sacked lost retrans_out fackets last_ack_sent last_ack_recv pmtu rcv_ssthresh rttvar snd_ssthresh advmss reordering rcv_rtt rcv_space pacing_rate max_pacing_rate bytes_acked bytes_received segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out delivery_rate busy_time rwnd_limited sndbuf_limited delivered delivered_ce bytes_sent bytes_retrans dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash total_rto total_rto_recoveries total_rto_time received_ce delivered_e1_bytes delivered_e0_bytes delivered_ce_bytes received_e1_bytes received_e0_bytes received_ce_bytes accecn_fail_mode accecn_opt_seen'
    local states='all connected synchronized bucket big unconnected close bound-inactive listening syn-sent syn-recv syn-rcv new-syn-recv established fin-wait-1 fin-wait-2 close-wait closing last-ack time-wait'
    local filter='src dst host sport dport port lport rport dev fwmark cgroup autobound state exclude new changed gone from to count and or not mib_state proto family local remote laddr raddr ifname ifindex netns netns_name netns_kind pod pod_namespace cookie inode uid user pid process proc exe unit container serves cgroup_id unit_from owners owner command created_min created_max age state_since state_age offload ulp tls_version tls_cipher recvq sendq accept_queue backlog drops in_bytes out_bytes in out rtt cwnd retrans retrans_10s last_data_sent last_data_recv timer timer_left timer_retrans congestion tos tclass class_id shutdown rmem_alloc rcvbuf wmem_alloc sndbuf fwd_alloc wmem_queued optmem sock_backlog serial ca_state retransmits probes backoff options snd_wscale rcv_wscale delivery_rate_app_limited fastopen_client_fail rto ato snd_mss rcv_mss unacked sacked lost retrans_out fackets last_ack_sent last_ack_recv pmtu rcv_ssthresh rttvar snd_ssthresh advmss reordering rcv_rtt rcv_space pacing_rate max_pacing_rate bytes_acked bytes_received segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out delivery_rate busy_time rwnd_limited sndbuf_limited delivered delivered_ce bytes_sent bytes_retrans dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash total_rto total_rto_recoveries total_rto_time received_ce delivered_e1_bytes delivered_e0_bytes delivered_ce_bytes received_e1_bytes received_e0_bytes received_ce_bytes accecn_fail_mode accecn_opt_seen'

    COMPREPLY=()
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ " $commands " == *" $word "* ]] && { command=$word; break; }
    done
    if [[ $prev == = ]]; then # --option=VALUE comes in three words
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    elif [[ $cur == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 1]} cur=''
    fi
    case $prev in
    --class) words='all connections listeners' ;;
    --color) words='auto always never' ;;
    --events) words='auto bpf destroy none' ;;
    --theme) words='dark light safe mono contrast' ;;
    --glyphs) words='braille blocks ascii' ;;
    --sort) words=$columns; [[ $cur == -* ]] && head=- ;;
    --columns) [[ $cur == *,* ]] && head=${cur%,*}, ; words=$columns ;;
    --from|--output|-o|--metrics) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    --interval|-i|--for|--netns|--highlight|--past|--budget|--at|--when|--keys|--size|--rotate|--keep|--demo|--only|--skip|--set|--fail-on|--metrics-interval|--metrics-peers) return ;;
    state|exclude|from|to) words=$states ;;
    *)
        if [[ $cur == -* ]]; then
            words=$(_tcplens_options "${command:-top}")
        elif [[ $command == replay ]]; then
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return
        elif [[ -z $command && $COMP_CWORD -eq 1 ]]; then
            words="$commands $filter"
        else
            words=$filter
        fi ;;
    esac
    mapfile -t COMPREPLY < <(compgen -P "$head" -W "$words" -- "${cur#"$head"}")
}
complete -F _tcplens tcplens
