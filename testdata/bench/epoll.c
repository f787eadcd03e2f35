/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The barest server there can be, as a floor for the measures: one thread, one
 * epoll set, no parsing beyond the empty line that ends a header.
 *
 *	epoll PORT
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define ANSWER \
	"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" \
	"Content-Length: 11\r\n\r\nhello world"

static void
add(int ep, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

/* One answer for each header's end; requests are whole in what is read, as
 * load generators send them. */
static void
serve(int fd)
{
	char in[16384];
	ssize_t n = recv(fd, in, sizeof(in) - 1, 0);

	if (n <= 0) {
		close(fd);
		return;
	}
	in[n] = '\0';
	for (char *p = in; (p = strstr(p, "\r\n\r\n")); p += 4)
		if (send(fd, ANSWER, sizeof(ANSWER) - 1, MSG_NOSIGNAL) < 0)
			break;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)) };
	int one = 1, ep = epoll_create1(0),
	    l = socket(AF_INET, SOCK_STREAM, 0);
	struct epoll_event ev[256];

	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(l, 1024) < 0) {
		perror("epoll");
		return 1;
	}
	add(ep, l);
	for (;;) {
		int n = epoll_wait(ep, ev, 256, -1);

		for (int i = 0; i < n; i++) {
			int fd = ev[i].data.fd;

			if (fd == l) {
				fd = accept4(l, NULL, NULL, SOCK_NONBLOCK);
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
				    sizeof(one));
				add(ep, fd);
			} else {
				serve(fd);
			}
		}
	}
}
