/* demo_cast: the tables of the demo. Remote addresses are reserved for documentation (RFC 5737, RFC
 * 3849); nothing here refers to an existing machine. */
#include "source/demo/cast.h"

/* clang-format off: tables */
const struct cast_group_facts CAST_GROUPS[CAST_GROUP_COUNT] = {
    [GROUP_INIT] = {"/init.scope", "init.scope", ""},
    [GROUP_SSH] = {"/system.slice/ssh.service", "ssh.service", ""},
    [GROUP_SESSION] = {"/user.slice/user-1000.slice/session-4.scope", "session-4.scope", ""},
    [GROUP_NGINX] = {"/system.slice/nginx.service", "nginx.service", ""},
    [GROUP_WEB] = {"/system.slice/web.service", "web.service", ""},
    [GROUP_POSTGRES] = {"/system.slice/system-postgresql.slice/postgresql@16-main.service",
                        "postgresql@16-main.service", ""},
    [GROUP_PROMETHEUS] = {"/system.slice/prometheus.service", "prometheus.service", ""},
    [GROUP_EXPORTER] = {"/system.slice/node-exporter.service", "node-exporter.service", ""},
    [GROUP_REDIS] = {"/system.slice/docker-4f2a91c03b7e.scope", "docker-4f2a91c03b7e.scope",
                     "docker:4f2a91c03b7e"},
    [GROUP_API] = {"/system.slice/docker-9c1d77aa02fe.scope", "docker-9c1d77aa02fe.scope",
                   "docker:9c1d77aa02fe"},
    [GROUP_FIREFOX] = {"/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox.scope",
                       "app-firefox.scope", ""},
    [GROUP_ANN] = {"/user.slice/user-1000.slice/user@1000.service", "user@1000.service", ""},
    [GROUP_BOB] = {"/user.slice/user-1002.slice/user@1002.service", "user@1002.service", ""},
    [GROUP_RESOLVED] = {"/system.slice/systemd-resolved.service", "systemd-resolved.service", ""},
    [GROUP_CUPS] = {"/system.slice/cups.service", "cups.service", ""},
};

#define DAYS(n)  ((uint32_t)(n)*86400u)
#define HOURS(n) ((uint32_t)(n)*3600u)
const struct cast_proc CAST_PROCS[CAST_PROC_COUNT] = {
    [WHO_SYSTEMD] = {1, 0, 0, DAYS(12), 13120, 1, 98, 0, GROUP_INIT, false, "systemd",
                     "/usr/lib/systemd/systemd", "/sbin/init"},
    [WHO_RESOLVED] = {701, 1, 991, DAYS(12), 14400, 1, 24, 0, GROUP_RESOLVED, false,
                      "systemd-resolve", "/usr/lib/systemd/systemd-resolved",
                      "/usr/lib/systemd/systemd-resolved"},
    [WHO_SSHD] = {812, 1, 0, DAYS(12), 9216, 1, 8, 0, GROUP_SSH, false, "sshd", "/usr/sbin/sshd",
                  "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"},
    [WHO_CUPSD] = {960, 1, 0, DAYS(3), 8192, 1, 14, 0, GROUP_CUPS, false, "cupsd",
                   "/usr/sbin/cupsd", "/usr/sbin/cupsd -l"},
    [WHO_NGINX] = {1021, 1, 0, DAYS(12), 11264, 1, 16, 0, GROUP_NGINX, false, "nginx",
                   "/usr/sbin/nginx", "nginx: master process /usr/sbin/nginx"},
    [WHO_NGINX_1] = {1022, 1021, 33, DAYS(12), 24576, 1, 412, 31, GROUP_NGINX, false, "nginx",
                     "/usr/sbin/nginx", "nginx: worker process"},
    [WHO_NGINX_2] = {1023, 1021, 33, DAYS(12), 24064, 1, 388, 28, GROUP_NGINX, false, "nginx",
                     "/usr/sbin/nginx", "nginx: worker process"},
    [WHO_NGINX_3] = {1024, 1021, 33, DAYS(12), 23552, 1, 371, 25, GROUP_NGINX, false, "nginx",
                     "/usr/sbin/nginx", "nginx: worker process"},
    [WHO_POSTGRES] = {1330, 1, 112, DAYS(12), 231424, 1, 61, 4, GROUP_POSTGRES, false, "postgres",
                      "/usr/lib/postgresql/16/bin/postgres",
                      "/usr/lib/postgresql/16/bin/postgres -D /var/lib/postgresql/16/main"},
    [WHO_REDIS] = {1402, 1, 999, DAYS(5), 86016, 5, 44, 6, GROUP_REDIS, false, "redis-server",
                   "/usr/local/bin/redis-server", "redis-server *:6379"},
    [WHO_EXPORTER] = {1498, 1, 995, DAYS(12), 21504, 6, 12, 1, GROUP_EXPORTER, false,
                      "node_exporter", "/usr/bin/prometheus-node-exporter",
                      "/usr/bin/prometheus-node-exporter"},
    [WHO_PROMETHEUS] = {1510, 1, 996, DAYS(12), 524288, 12, 90, 18, GROUP_PROMETHEUS, false,
                        "prometheus", "/usr/bin/prometheus",
                        "/usr/bin/prometheus --storage.tsdb.path=/var/lib/prometheus"},
    [WHO_SSHD_ANN] = {1881, 812, 1000, DAYS(3) + HOURS(4), 6144, 1, 11, 0, GROUP_SESSION, false,
                      "sshd", "/usr/sbin/sshd", "sshd: ann@pts/0"},
    [WHO_JAVA] = {2210, 1, 997, HOURS(2) + 840, 1363148, 84, 412, 121, GROUP_WEB, false, "java",
                  "/usr/lib/jvm/java-17/bin/java",
                  "/usr/lib/jvm/java-17/bin/java -Xmx4g -jar web.jar"},
    [WHO_TEAMS] = {2609, 1600, 1000, HOURS(6), 412672, 38, 140, 9, GROUP_ANN, false, "teams",
                   "/usr/share/teams/teams", "/usr/share/teams/teams"},
    [WHO_NODE] = {2875, 1, 1001, HOURS(26), 142336, 11, 73, 22, GROUP_API, false, "node",
                  "/usr/local/bin/node", "node /srv/api/server.js"},
    [WHO_PSQL_OLD] = {3098, 1890, 1000, 600, 0, 0, 0, 0, GROUP_SESSION, true, "psql",
                      "/usr/lib/postgresql/16/bin/psql", "psql -h localhost shop"},
    [WHO_PSQL] = {3120, 1890, 1000, 420, 7168, 1, 6, 0, GROUP_SESSION, false, "psql",
                  "/usr/lib/postgresql/16/bin/psql", "psql -h localhost shop"},
    [WHO_POSTGRES_ANN] = {3121, 1330, 112, 420, 18432, 1, 22, 2, GROUP_POSTGRES, false, "postgres",
                          "/usr/lib/postgresql/16/bin/postgres",
                          "postgres: ann shop 127.0.0.1(38242) idle"},
    [WHO_FIREFOX] = {4123, 1600, 1000, HOURS(1) + 300, 618496, 96, 310, 64, GROUP_FIREFOX, false,
                     "firefox", "/usr/lib/firefox/firefox", "/usr/lib/firefox/firefox"},
    [WHO_WEB_CONTENT] = {4190, 4123, 1000, HOURS(1), 292864, 28, 96, 47, GROUP_FIREFOX, false,
                         "Web Content", "/usr/lib/firefox/firefox",
                         "/usr/lib/firefox/firefox -contentproc -childID 3"},
    [WHO_CURL] = {5207, 1890, 1000, 12, 9216, 2, 8, 3, GROUP_SESSION, false, "curl",
                  "/usr/bin/curl", "curl -O https://mirror.example/image.iso"},
};

const struct cast_holders_facts CAST_HOLDERS[CAST_HOLDERS_COUNT] = {
    [HOLDERS_NGINX] = {4, {WHO_NGINX, WHO_NGINX_1, WHO_NGINX_2, WHO_NGINX_3}},
    [HOLDERS_CUPS] = {2, {WHO_SYSTEMD, WHO_CUPSD}},
    [HOLDERS_FIREFOX] = {2, {WHO_FIREFOX, WHO_WEB_CONTENT}},
};

const struct cast_user CAST_USERS[] = {
    {0, "root"},
    {33, "www-data"},
    {112, "postgres"},
    {991, "systemd-resolve"},
    {995, "node-exporter"},
    {996, "prometheus"},
    {997, "app"},
    {999, "redis"},
    {1000, "ann"},
    {1001, "node"},
    {1002, "bob"},
};
const size_t CAST_USER_COUNT = sizeof(CAST_USERS) / sizeof(CAST_USERS[0]);

const struct cast_step CAST_LIVES[CAST_LIFE_COUNT][CAST_STEPS_MAX] = {
    [LIFE_BROWSE] = {{STATE_SYN_SENT, 1, 1},
                     {STATE_ESTABLISHED, 3, 6},
                     {STATE_FIN_WAIT_1, 1, 1},
                     {STATE_FIN_WAIT_2, 1, 3},
                     {STATE_TIME_WAIT, 3, 8}},
    [LIFE_FETCH] = {{STATE_SYN_SENT, 1, 1},
                    {STATE_ESTABLISHED, 2, 6},
                    {STATE_CLOSE_WAIT, 2, 5},
                    {STATE_LAST_ACK, 1, 1}},
    [LIFE_SERVE] = {{STATE_SYN_RECEIVED, 1, 1},
                    {STATE_ESTABLISHED, 2, 9},
                    {STATE_CLOSE_WAIT, 1, 1},
                    {STATE_LAST_ACK, 1, 1}},
    [LIFE_SERVE_AND_END] = {{STATE_SYN_RECEIVED, 1, 2},
                            {STATE_ESTABLISHED, 2, 6},
                            {STATE_FIN_WAIT_1, 1, 1},
                            {STATE_FIN_WAIT_2, 1, 3},
                            {STATE_TIME_WAIT, 4, 8}},
    [LIFE_SERVE_ONCE] = {{STATE_SYN_RECEIVED, 1, 1},
                         {STATE_ESTABLISHED, 2, 4},
                         {STATE_FIN_WAIT_1, 1, 1},
                         {STATE_TIME_WAIT, 4, 8}},
    [LIFE_END_BOTH] = {{STATE_SYN_RECEIVED, 1, 1},
                       {STATE_ESTABLISHED, 3, 6},
                       {STATE_FIN_WAIT_1, 1, 1},
                       {STATE_CLOSING, 1, 2},
                       {STATE_TIME_WAIT, 4, 6}},
    [LIFE_TURNED_AWAY] = {{STATE_SYN_RECEIVED, 2, 3},
                          {STATE_FIN_WAIT_1, 1, 1},
                          {STATE_FIN_WAIT_2, 1, 2},
                          {STATE_TIME_WAIT, 4, 6}},
    [LIFE_SIMULTANEOUS] = {{STATE_SYN_SENT, 1, 2},
                           {STATE_SYN_RECEIVED, 1, 1},
                           {STATE_ESTABLISHED, 4, 8},
                           {STATE_CLOSE_WAIT, 1, 2},
                           {STATE_LAST_ACK, 1, 1}},
    [LIFE_REFUSED] = {{STATE_SYN_SENT, 2, 3}, {STATE_CLOSED, 1, 2}, {STATE_SYN_SENT, 3, 5}},
    [LIFE_DEPLOY] = {{STATE_CLOSED, 1, 1}, {STATE_LISTEN, 6, 9}, {STATE_CLOSED, 1, 1}},
    [LIFE_TOUR] = {{STATE_CLOSED, 1, 1},
                   {STATE_LISTEN, 2, 2},
                   {STATE_SYN_RECEIVED, 1, 1},
                   {STATE_LISTEN, 1, 1},
                   {STATE_SYN_SENT, 1, 1},
                   {STATE_ESTABLISHED, 2, 2},
                   {STATE_CLOSE_WAIT, 1, 1},
                   {STATE_LAST_ACK, 1, 1},
                   {STATE_CLOSED, 1, 1}},
};

#define NO_UID UINT32_MAX
#define LISTENER(address, port, process, held_by, waiting, backlog)                                \
    {                                                                                              \
        .local = address, .local_port = port, .state = STATE_LISTEN, .who = process,               \
        .holders = held_by, .word = OWNER_PROCESS, .uid = NO_UID, .in = waiting, .out = backlog    \
    }
#define SHARED(held_by, process, address, port, peer, peer_port, bytes_in, bytes_out, rtt, ulp,    \
               special)                                                                            \
    {                                                                                              \
        .local = address, .local_port = port, .remote = peer, .remote_port = peer_port,            \
        .state = STATE_ESTABLISHED, .who = process, .holders = held_by, .word = OWNER_PROCESS,     \
        .uid = NO_UID, .in = bytes_in, .out = bytes_out, .rtt_us = rtt, .tls = ulp,                \
        .traits = special                                                                          \
    }
#define CONNECTION(process, address, port, peer, peer_port, bytes_in, bytes_out, rtt, ulp,         \
                   special)                                                                        \
    SHARED(HOLDERS_ONE, process, address, port, peer, peer_port, bytes_in, bytes_out, rtt, ulp,    \
           special)
#define STUCK(process, address, port, peer, peer_port)                                             \
    {                                                                                              \
        .local = address, .local_port = port, .remote = peer, .remote_port = peer_port,            \
        .state = STATE_CLOSE_WAIT, .who = process, .word = OWNER_PROCESS, .uid = NO_UID,           \
        .rtt_us = 1400                                                                             \
    }
#define UNOWNED(in_state, why, process, user, address, port, peer, peer_port, special)             \
    {                                                                                              \
        .local = address, .local_port = port, .remote = peer, .remote_port = peer_port,            \
        .state = in_state, .who = process, .word = why, .uid = user, .rtt_us = 21000,              \
        .traits = special                                                                          \
    }
#define LIVING(which, first_frame, process, address, port, peer, peer_port, bytes_in, bytes_out)   \
    {                                                                                              \
        .local = address, .local_port = port, .remote = peer, .remote_port = peer_port,            \
        .life = which, .enters = first_frame, .who = process, .word = OWNER_PROCESS,               \
        .uid = NO_UID, .in = bytes_in, .out = bytes_out, .rtt_us = 9000                            \
    }

#define HERE  "10.0.0.5"
#define HERE6 "2001:db8:0:5::5"
#define LOOP  "127.0.0.1"

/* In mixed order, so that a demo with few rows has some of each. */
const struct cast_row CAST_ROWS[] = {
    LISTENER("0.0.0.0", 22, WHO_SSHD, HOLDERS_ONE, 0, 128),
    LIVING(LIFE_BROWSE, 1, WHO_FIREFOX, HERE, 0, "203.0.113.80", 443, 900000, 24000),
    LISTENER("0.0.0.0", 443, WHO_NGINX, HOLDERS_NGINX, 31, 511),
    CONNECTION(WHO_NGINX_1, HERE, 443, "198.51.100.7", 41094, 40000, 2400000, 31000, TLS_SW, 0),
    LIVING(LIFE_FETCH, 2, WHO_CURL, HERE, 0, "198.51.100.44", 80, 4000000, 300),
    CONNECTION(WHO_SSHD_ANN, HERE, 22, "192.0.2.142", 50312, 90, 220, 48000, TLS_NOT, TRAIT_LOSSY),
    LIVING(LIFE_SERVE, 2, WHO_NGINX_1, HERE, 443, "198.51.100.9", 0, 3000, 120000),
    {.local = HERE,
     .local_port = 8080,
     .state = STATE_LISTEN,
     .who = WHO_JAVA,
     .word = OWNER_PROCESS,
     .uid = NO_UID,
     .in = 50,
     .out = 50,
     .traits = TRAIT_FULL},
    UNOWNED(STATE_ESTABLISHED, OWNER_HIDDEN, WHO_NOBODY, 1002, HERE, 51700, "203.0.113.19", 993, 0),
    LIVING(LIFE_END_BOTH, 3, WHO_NODE, HERE, 3000, "192.0.2.61", 0, 8000, 40000),
    SHARED(HOLDERS_FIREFOX, WHO_FIREFOX, HERE, 52344, "203.0.113.5", 443, 1200000, 30000, 12000,
           TLS_COMES_AND_GOES, 0),
    LIVING(LIFE_TOUR, 2, WHO_NODE, HERE, 9999, "192.0.2.200", 4444, 200, 200),
    LISTENER("::", 22, WHO_SSHD, HOLDERS_ONE, 0, 128),
    CONNECTION(WHO_PSQL, LOOP, 38242, LOOP, 5432, 5200, 180, 45, TLS_NOT, 0),
    CONNECTION(WHO_POSTGRES_ANN, LOOP, 5432, LOOP, 38242, 180, 5200, 40, TLS_NOT, 0),
    LIVING(LIFE_TURNED_AWAY, 4, WHO_JAVA, HERE, 8080, "198.51.100.230", 0, 0, 0),
    LIVING(LIFE_REFUSED, 3, WHO_PROMETHEUS, HERE, 0, "192.0.2.90", 9100, 0, 0),
    UNOWNED(STATE_TIME_WAIT, OWNER_LAST, WHO_PSQL_OLD, NO_UID, LOOP, 38240, LOOP, 5432, 0),
    LISTENER("::", 443, WHO_NGINX, HOLDERS_NGINX, 4, 511),
    LIVING(LIFE_SERVE_ONCE, 5, WHO_NGINX_2, HERE, 80, "203.0.113.77", 0, 900, 2600),
    CONNECTION(WHO_NGINX_2, "::ffff:10.0.0.5", 443, "::ffff:198.51.100.23", 39120, 12000, 640000,
               54000, TLS_HW_TX, TRAIT_LOSSY),
    LIVING(LIFE_SIMULTANEOUS, 4, WHO_NODE, HERE, 7000, "192.0.2.17", 7000, 600, 600),
    UNOWNED(STATE_FIN_WAIT_1, OWNER_NONE, WHO_NOBODY, 33, HERE, 443, "198.51.100.88", 60211,
            TRAIT_LOSSY),
    LISTENER(LOOP, 631, WHO_SYSTEMD, HOLDERS_CUPS, 0, 4096),
    LIVING(LIFE_SERVE_AND_END, 6, WHO_NGINX_3, HERE6, 443, "2001:db8:100::42", 0, 1500, 64000),
    LIVING(LIFE_DEPLOY, 3, WHO_NODE, "0.0.0.0", 3001, NULL, 0, 0, 128),
    CONNECTION(WHO_NODE, "fe80::5", 3000, "fe80::21", 55010, 300, 900, 800, TLS_NOT, 0),
    {.local = HERE,
     .local_port = 8080,
     .remote = "198.51.100.31",
     .remote_port = 40118,
     .state = STATE_ESTABLISHED,
     .who = WHO_JAVA,
     .word = OWNER_LISTENER,
     .uid = NO_UID,
     .rtt_us = 1200,
     .traits = TRAIT_UNACCEPTED},
    STUCK(WHO_JAVA, HERE, 8080, "198.51.100.77", 41022),
    LIVING(LIFE_BROWSE, 4, WHO_FIREFOX, HERE6, 0, "2001:db8:80::a1", 443, 300000, 9000),
    LISTENER("0.0.0.0", 5432, WHO_POSTGRES, HOLDERS_ONE, 0, 200),
    LISTENER("::1", 5432, WHO_POSTGRES, HOLDERS_ONE, 0, 200),
    CONNECTION(WHO_TEAMS, HERE, 52110, "203.0.113.151", 443, 4000, 1800, 31000, TLS_SW, 0),
    LIVING(LIFE_SERVE, 7, WHO_NGINX_2, HERE, 443, "198.51.100.9", 0, 2000, 90000),
    LISTENER("0.0.0.0", 6379, WHO_REDIS, HOLDERS_ONE, 0, 511),
    CONNECTION(WHO_NODE, HERE, 40212, "10.0.0.6", 6379, 22000, 9000, 210, TLS_NOT, 0),
    CONNECTION(WHO_REDIS, HERE, 6379, "10.0.0.7", 58110, 9000, 22000, 190, TLS_NOT, 0),
    LIVING(LIFE_SERVE_ONCE, 3, WHO_NGINX_1, HERE, 80, "192.0.2.14", 0, 700, 9100),
    LISTENER("::", 9090, WHO_PROMETHEUS, HOLDERS_ONE, 0, 4096),
    CONNECTION(WHO_PROMETHEUS, "::1", 44210, "::1", 9100, 18000, 400, 60, TLS_NOT, 0),
    CONNECTION(WHO_EXPORTER, "::1", 9100, "::1", 44210, 400, 18000, 55, TLS_NOT, 0),
    LISTENER("::", 9100, WHO_EXPORTER, HOLDERS_ONE, 0, 4096),
    LIVING(LIFE_FETCH, 8, WHO_PROMETHEUS, HERE, 0, "10.0.0.8", 9100, 16000, 300),
    CONNECTION(WHO_NGINX_3, HERE6, 443, "2001:db8:aa::7", 50120, 9000, 310000, 71000, TLS_HW_BOTH,
               0),
    CONNECTION(WHO_NODE, HERE, 3000, "192.0.2.33", 60012, 1400, 5100, 8000, TLS_MPTCP, 0),
    UNOWNED(STATE_ESTABLISHED, OWNER_UNKNOWN, WHO_NOBODY, 1000, HERE, 51822, "203.0.113.60", 443,
            0),
    LISTENER("127.0.0.53", 53, WHO_RESOLVED, HOLDERS_ONE, 0, 4096),
    LIVING(LIFE_SERVE_AND_END, 2, WHO_JAVA, HERE, 8080, "198.51.100.77", 0, 4000, 12000),
    STUCK(WHO_JAVA, HERE, 8080, "198.51.100.78", 41036),
    CONNECTION(WHO_JAVA, HERE, 8080, "198.51.100.79", 41040, 1100000, 400000, 1300, TLS_NOT, 0),
    UNOWNED(STATE_TIME_WAIT, OWNER_LAST, WHO_NGINX_1, NO_UID, HERE, 443, "198.51.100.9", 34410, 0),
    UNOWNED(STATE_TIME_WAIT, OWNER_UNKNOWN, WHO_NOBODY, NO_UID, HERE, 80, "192.0.2.99", 51988, 0),
    UNOWNED(STATE_FIN_WAIT_2, OWNER_LAST, WHO_TEAMS, NO_UID, HERE, 51466, "203.0.113.70", 443, 0),
    LISTENER("::", 3000, WHO_NODE, HOLDERS_ONE, 2, 511),
    CONNECTION(WHO_NGINX_1, HERE, 40550, HERE, 8080, 400000, 1100000, 90, TLS_NOT, 0),
    CONNECTION(WHO_POSTGRES, HERE, 5432, "10.0.0.9", 47700, 2100, 7700, 300, TLS_NOT, 0),
    LIVING(LIFE_SERVE, 5, WHO_NGINX_3, HERE6, 443, "2001:db8:100::77", 0, 900, 30000),
    LISTENER("0.0.0.0", 80, WHO_NGINX, HOLDERS_NGINX, 0, 511),
    UNOWNED(STATE_CLOSED, OWNER_HIDDEN, WHO_NOBODY, 1002, HERE, 51999, NULL, 0, 0),
    LIVING(LIFE_BROWSE, 9, WHO_TEAMS, HERE, 0, "203.0.113.152", 443, 52000, 3000),
};
const uint32_t CAST_ROW_COUNT = sizeof(CAST_ROWS) / sizeof(CAST_ROWS[0]);
