/* dns_stub: one question, at most one answer a message (RFC 1035 section 4). Never links c-ares. */
#include "dns_stub.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 12, NXDOMAIN = 3, TYPE_PTR = 12, LABEL_MAX = 63 };

int dns_stub_open(uint16_t *port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int server = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (server < 0)
        return -1;
    if (bind(server, (struct sockaddr *)&at, size) != 0 ||
        getsockname(server, (struct sockaddr *)&at, &size) != 0) {
        close(server);
        return -1;
    }
    *port = ntohs(at.sin_port);
    return server;
}

bool dns_stub_read(int server, struct dns_question *question)
{
    socklen_t from_size = sizeof question->from;
    ssize_t got = recvfrom(server, question->bytes, sizeof question->bytes, 0,
                           (struct sockaddr *)&question->from, &from_size);
    size_t at = HEADER, out = 0;

    if (got <= HEADER)
        return false;
    question->size = (size_t)got;
    while (at < question->size && question->bytes[at] != 0) {
        size_t length = question->bytes[at++];
        if (length > LABEL_MAX || at + length > question->size ||
            out + length + 2 > sizeof question->name)
            return false;
        if (out > 0)
            question->name[out++] = '.';
        memcpy(question->name + out, question->bytes + at, length);
        out += length;
        at += length;
    }
    question->name[out] = '\0';
    question->size = at + 5; /* the zero, type and class: what follows (EDNS) is not sent back */
    return question->size <= (size_t)got;
}

void dns_stub_answer(int server, const struct dns_question *question, const void *labels,
                     size_t size)
{
    static const unsigned char record[] = {0xc0, HEADER, 0, TYPE_PTR, 0, 1, 0, 0, 0, 60};
    unsigned char reply[1024];
    size_t at = question->size;

    memcpy(reply, question->bytes, question->size);
    reply[2] = 0x84;
    reply[3] = labels ? 0x80 : 0x80 | NXDOMAIN;
    memset(reply + 4, 0, 8);
    reply[5] = 1;
    reply[7] = labels != NULL;
    if (labels && at + sizeof record + size + 3 <= sizeof reply) {
        memcpy(reply + at, record, sizeof record);
        at += sizeof record;
        reply[at++] = (unsigned char)((size + 1) >> 8);
        reply[at++] = (unsigned char)(size + 1);
        memcpy(reply + at, labels, size);
        at += size;
        reply[at++] = 0;
    }
    sendto(server, reply, at, 0, (const struct sockaddr *)&question->from, sizeof question->from);
}

void dns_stub_answer_name(int server, const struct dns_question *question, const char *name)
{
    unsigned char labels[300];
    size_t at = 0;

    while (*name && at < sizeof labels - LABEL_MAX - 1) {
        size_t length = strcspn(name, ".");
        labels[at++] = (unsigned char)length;
        memcpy(labels + at, name, length);
        at += length;
        name += length + (name[length] == '.');
    }
    dns_stub_answer(server, question, labels, at);
}
