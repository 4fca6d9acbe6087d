/* demo_cast: the processes, groups, users, listeners and connections of the demo, in tables. Only
 * for demo_*.c. Independent of frames and time. */
#ifndef TCPLENS_SOURCE_DEMO_CAST_H
#define TCPLENS_SOURCE_DEMO_CAST_H

#include "core/conn.h"

#include <stddef.h>
#include <stdint.h>

enum cast_group {
    GROUP_INIT,
    GROUP_SSH,
    GROUP_SESSION,
    GROUP_NGINX,
    GROUP_WEB,
    GROUP_POSTGRES,
    GROUP_PROMETHEUS,
    GROUP_EXPORTER,
    GROUP_REDIS,
    GROUP_API,
    GROUP_FIREFOX,
    GROUP_ANN,
    GROUP_BOB,
    GROUP_RESOLVED,
    GROUP_CUPS,
    CAST_GROUP_COUNT
};

struct cast_group_facts {
    const char *path, *unit, *container;
};

enum cast_who {
    WHO_SYSTEMD,
    WHO_RESOLVED,
    WHO_SSHD,
    WHO_CUPSD,
    WHO_NGINX,
    WHO_NGINX_1,
    WHO_NGINX_2,
    WHO_NGINX_3,
    WHO_POSTGRES,
    WHO_REDIS,
    WHO_EXPORTER,
    WHO_PROMETHEUS,
    WHO_JAVA,
    WHO_SSHD_ANN,
    WHO_TEAMS,
    WHO_NODE,
    WHO_PSQL_OLD,
    WHO_PSQL,
    WHO_POSTGRES_ANN,
    WHO_FIREFOX,
    WHO_WEB_CONTENT,
    WHO_CURL,
    CAST_PROC_COUNT,
    WHO_NOBODY = 255
};

struct cast_proc {
    int32_t pid, parent;
    uint32_t uid, age_s, memory_kib;
    uint16_t threads, files, cpu_permille;
    uint8_t group; /* enum cast_group */
    bool gone;
    const char *comm, *exe, *command_line;
};

/* Lists of processes that share a socket; the first one started first. */
enum cast_holders { HOLDERS_ONE, HOLDERS_NGINX, HOLDERS_CUPS, HOLDERS_FIREFOX, CAST_HOLDERS_COUNT };

struct cast_holders_facts {
    uint8_t count, who[4];
};

struct cast_user {
    uint32_t uid;
    const char *name;
};

/* The course of a life: states with the minimum and maximum number of frames in each; state 0 ends
 * it. */
struct cast_step {
    uint8_t state, least, most;
};
#define CAST_STEPS_MAX 10

enum cast_life {
    LIFE_NONE, /* stays as it is */
    LIFE_BROWSE,
    LIFE_FETCH,
    LIFE_SERVE,
    LIFE_SERVE_AND_END,
    LIFE_SERVE_ONCE,
    LIFE_END_BOTH,
    LIFE_TURNED_AWAY,
    LIFE_SIMULTANEOUS,
    LIFE_REFUSED,
    LIFE_DEPLOY,
    LIFE_TOUR, /* the rare transitions of RFC 9293 */
    CAST_LIFE_COUNT
};

enum cast_trait {
    TRAIT_LOSSY = 1u << 0,     /* retransmits */
    TRAIT_FULL = 1u << 1,      /* its accept queue is full: drops */
    TRAIT_UNACCEPTED = 1u << 2 /* waits in the accept queue */
};

enum cast_tls { TLS_NOT, TLS_MPTCP, TLS_SW, TLS_HW_TX, TLS_HW_BOTH, TLS_COMES_AND_GOES };

/* One row of the demo. Port 0: invented, new for each life. */
struct cast_row {
    const char *local, *remote; /* remote NULL: listener or bound */
    uint16_t local_port, remote_port;
    uint8_t state;    /* its state in the first frame (LIFE_NONE) */
    uint8_t who;      /* enum cast_who */
    uint8_t holders;  /* enum cast_holders */
    uint8_t word;     /* enum owner_word */
    uint8_t life;     /* enum cast_life */
    uint8_t enters;   /* frame in which its first life begins */
    uint8_t tls;      /* enum cast_tls */
    uint8_t traits;   /* enum cast_trait */
    uint32_t uid;     /* UINT32_MAX: that of its process */
    uint32_t in, out; /* bytes a second, about; LISTEN: accept queue, backlog */
    uint32_t rtt_us;
};

extern const struct cast_group_facts CAST_GROUPS[CAST_GROUP_COUNT];
extern const struct cast_proc CAST_PROCS[CAST_PROC_COUNT]; /* in order of pid */
extern const struct cast_holders_facts CAST_HOLDERS[CAST_HOLDERS_COUNT];
extern const struct cast_user CAST_USERS[];
extern const size_t CAST_USER_COUNT;
extern const struct cast_step CAST_LIVES[CAST_LIFE_COUNT][CAST_STEPS_MAX];
extern const struct cast_row CAST_ROWS[];
extern const uint32_t CAST_ROW_COUNT;

#endif
