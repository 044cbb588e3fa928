/* beanstalkd PORT JOBS CONNECTIONS: puts JOBS no-op jobs into the beanstalkd at 127.0.0.1:PORT, then reserves and
   deletes each over that many connections, one job at a time on each, as its workers do; prints the jobs per second. */
#include "../floor/floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 256, PUT_BATCH = 500 };

struct client {
    int fd;
    char input[4096];
    size_t size;
};

static int dial(long port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
        floor_die("beanstalkd at port %ld: %s", port, strerror(errno));
    return fd;
}

static void send_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t sent = write(fd, text, size);
        if (sent == -1)
            floor_die("beanstalkd: %s", strerror(errno));
        text += sent;
        size -= (size_t)sent;
    }
}

/* Reads until that many line ends have come. */
static void await_lines(int fd, long lines)
{
    char input[16384];
    while (lines > 0) {
        ssize_t size = read(fd, input, sizeof(input));
        if (size <= 0)
            floor_die("beanstalkd has hung up");
        for (ssize_t i = 0; i < size; i++)
            lines -= input[i] == '\n';
    }
}

static void put_jobs(long port, long jobs)
{
    static const char put[] = "put 0 0 60 1\r\nx\r\n";
    int fd = dial(port);
    char batch[PUT_BATCH * (sizeof(put) - 1)];
    for (size_t i = 0; i < PUT_BATCH; i++)
        memcpy(batch + i * (sizeof(put) - 1), put, sizeof(put) - 1);
    for (long left = jobs; left > 0; left -= PUT_BATCH) {
        long count = left < PUT_BATCH ? left : PUT_BATCH;
        send_all(fd, batch, (size_t)count * (sizeof(put) - 1));
        await_lines(fd, count);
    }
    close(fd);
}

/* "RESERVED id 1\r\nx\r\n" is answered by deleting it and asking for the next. Returns the jobs done. */
static long client_step(struct client *client)
{
    ssize_t size = read(client->fd, client->input + client->size, sizeof(client->input) - 1 - client->size);
    if (size <= 0)
        floor_die("beanstalkd has hung up");
    client->size += (size_t)size;
    client->input[client->size] = '\0';
    char *reserved = strstr(client->input, "RESERVED ");
    if (!reserved || !strstr(reserved, "\r\nx\r\n"))
        return 0;
    char answer[64];
    int length = snprintf(answer, sizeof(answer), "delete %llu\r\nreserve\r\n", strtoull(reserved + 9, NULL, 10));
    client->size = 0;
    send_all(client->fd, answer, (size_t)length);
    return 1;
}

static int64_t work(long port, long jobs, int connections)
{
    struct client *clients = calloc((size_t)connections, sizeof(*clients));
    struct pollfd fds[CONNECTIONS_MAX];
    if (!clients)
        floor_die("out of memory");
    for (int i = 0; i < connections; i++) {
        clients[i].fd = dial(port);
        fds[i] = (struct pollfd){ .fd = clients[i].fd, .events = POLLIN };
    }
    int64_t start = floor_now_us();
    for (int i = 0; i < connections; i++)
        send_all(clients[i].fd, "reserve\r\n", 9);
    for (long done = 0; done < jobs;) {
        poll(fds, (nfds_t)connections, -1);
        for (int i = 0; i < connections; i++)
            if (fds[i].revents)
                done += client_step(&clients[i]);
    }
    int64_t us = floor_now_us() - start;
    free(clients);
    return us;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        floor_die("usage: beanstalkd PORT JOBS CONNECTIONS");
    long port = floor_number(argv[1]), jobs = floor_number(argv[2]), connections = floor_number(argv[3]);
    if (connections < 1 || connections > CONNECTIONS_MAX)
        floor_die("between 1 and %d connections, not %ld", CONNECTIONS_MAX, connections);
    put_jobs(port, jobs);
    int64_t us = work(port, jobs, (int)connections);
    printf("{\"jobs\": %ld, \"us\": %lld, \"per_s\": %.0f}\n", jobs, (long long)us, (double)jobs * 1e6 / (double)us);
    return 0;
}
