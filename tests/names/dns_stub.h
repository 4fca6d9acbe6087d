/* A name server for tests: a UDP socket, and answers of any bytes to PTR questions. */
#ifndef TCPLENS_TESTS_DNS_STUB_H
#define TCPLENS_TESTS_DNS_STUB_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dns_question {
    unsigned char bytes[512];
    size_t size;
    char name[256]; /* "1.2.0.192.in-addr.arpa" */
    struct sockaddr_in from;
};

int dns_stub_open(uint16_t *port); /* on 127.0.0.1, never blocks; *port 0: any. -1 on failure */
bool dns_stub_read(int server, struct dns_question *question); /* false: none is there */
/* labels: the name in wire form without its last zero; NULL = no such name. */
void dns_stub_answer(int server, const struct dns_question *question, const void *labels,
                     size_t size);
/* The same with a name in dots. */
void dns_stub_answer_name(int server, const struct dns_question *question, const char *name);

#endif
