/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl tells what to wait for, the loop tells it when that came. */
#include "fetch/curl_multi.h"

struct socket_watch {
	struct multi *multi;
	struct loop_watch *watch;
	curl_socket_t fd;
};

/* finish may start and end transfers, so each look begins anew; and only the
 * outermost looks. */
static void
finish_all(struct multi *m)
{
	CURLMsg *msg;
	int left;

	if (m->looking)
		return;
	m->looking = true;
	while ((msg = m->api->multi_info_read(m->curl, &left))) {
		void *of = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		(void)m->api->easy_getinfo(
		    msg->easy_handle, CURLINFO_PRIVATE, (char **)&of);
		m->finish(of, msg->data.result);
	}
	m->looking = false;
}

static void
act(struct multi *m, curl_socket_t fd, int events)
{
	int running;

	(void)m->api->multi_socket_action(m->curl, fd, events, &running);
	finish_all(m);
}

static void
on_ready(void *arg, int events)
{
	struct socket_watch *w = arg;
	int bits = 0;

	if (events & LOOP_READ)
		bits |= CURL_CSELECT_IN;
	if (events & LOOP_WRITE)
		bits |= CURL_CSELECT_OUT;
	/* The watch may be gone when this returns. */
	act(w->multi, w->fd, bits);
}

static int
on_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *socket)
{
	struct socket_watch *w = socket;
	struct multi *m = arg;
	int events = 0;

	(void)curl;
	if (what == CURL_POLL_REMOVE) {
		if (w) {
			loop_watch_end(&w->watch);
			mem_free(w);
		}
		(void)m->api->multi_assign(m->curl, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= LOOP_READ;
	if (what & CURL_POLL_OUT)
		events |= LOOP_WRITE;
	if (w) {
		loop_watch_set(w->watch, events);
		return 0;
	}
	w = mem_take(sizeof(*w));
	w->multi = m;
	w->fd = fd;
	w->watch = loop_watch_start(m->loop, fd, events, on_ready, w);
	if (!w->watch) {
		mem_free(w);
		return -1;
	}
	(void)m->api->multi_assign(m->curl, fd, w);
	return 0;
}

static void
on_time(void *arg)
{
	struct multi *m = arg;

	loop_timer_end(&m->timer);
	act(m, CURL_SOCKET_TIMEOUT, 0);
}

static int
on_timer(CURLM *curl, long ms, void *arg)
{
	struct multi *m = arg;

	(void)curl;
	loop_timer_end(&m->timer);
	if (ms >= 0)
		m->timer = loop_timer_start(m->loop, NULL,
		    (uint64_t)ms * UINT64_C(1000000), on_time, m);
	return 0;
}

void
multi_begin(struct multi *m, struct loop *l, const struct libcurl *api,
    void (*finish)(void *of, CURLcode code))
{
	*m = (struct multi){ .loop = l, .api = api, .finish = finish };
	m->curl = api->multi_init();
	(void)api->multi_set(m->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)api->multi_set(m->curl, CURLMOPT_SOCKETDATA, m);
	(void)api->multi_set(m->curl, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)api->multi_set(m->curl, CURLMOPT_TIMERDATA, m);
}

void
multi_end(struct multi *m)
{
	(void)m->api->multi_cleanup(m->curl);
	loop_timer_end(&m->timer);
}
