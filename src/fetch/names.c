/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names, looked up once in ten seconds: calls to one host come in flocks.  The
 * addresses are judged for each call all the same.
 */
#include <arpa/inet.h>
#include <string.h>

#include "fetch/call.h"
#include "os/os.h"

#define KEEP_NS UINT64_C(10000000000)
#define KEPT_MAX 256u
#define HOST_MAX 256u

struct known {
	char host[HOST_MAX];
	uint64_t end_ns;
	size_t n;
	struct loop_address addresses[LOOP_MAX_ADDRESSES];
};

struct names {
	struct loop *loop;
	struct known *known[KEPT_MAX];
	size_t next; /* the place that is filled next */
	size_t (*fake)(void *arg, struct str host, struct loop_address *out);
	void *fake_arg;
};

struct asking {
	struct names *names;
	struct loop_resolve *lookup;
	struct loop_timer *soon; /* it is known already */
	char host[HOST_MAX];
	size_t n;
	struct loop_address *addresses;
	void (*done)(
	    void *arg, const struct loop_address *a, size_t n, const char *why);
	void *arg;
};

static void *
make(struct loop *l, void *arg)
{
	struct names *n = mem_take(sizeof(*n));

	(void)arg;
	n->loop = l;
	return n;
}

static void
end(void *made)
{
	struct names *n = made;

	for (size_t i = 0; i < KEPT_MAX; i++)
		mem_free(n->known[i]);
	mem_free(n);
}

struct names *
names_of(struct loop *l)
{
	static const char key[] = "names";

	return loop_local(l, key, make, end, NULL);
}

void
names_fake(struct names *n,
    size_t (*fn)(void *arg, struct str host, struct loop_address *out),
    void *arg)
{
	n->fake = fn;
	n->fake_arg = arg;
}

static bool
literal(struct str host, struct loop_address *out)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	char text[64];

	if (host.n >= sizeof(text))
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		memcpy(&out->sa, &in, sizeof(in));
		out->n = sizeof(in);
		return true;
	}
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
		return false;
	memcpy(&out->sa, &in6, sizeof(in6));
	out->n = sizeof(in6);
	return true;
}

static const struct known *
find(const struct names *n, struct str host)
{
	uint64_t now = os_now_ns();

	for (size_t i = 0; i < KEPT_MAX && n->known[i]; i++)
		if (str_is(host, n->known[i]->host) &&
		    n->known[i]->end_ns > now)
			return n->known[i];
	return NULL;
}

static void
remember(struct names *n, const char *host, const struct loop_address *a,
    size_t count)
{
	struct known *k = n->known[n->next];

	if (!k)
		k = n->known[n->next] = mem_take(sizeof(*k));
	n->next = (n->next + 1) % KEPT_MAX;
	(void)snprintf(k->host, sizeof(k->host), "%s", host);
	k->end_ns = os_now_ns() + KEEP_NS;
	k->n = count;
	memcpy(k->addresses, a, count * sizeof(*a));
}

static void
on_found(void *arg, const struct loop_address *a, size_t n, const char *why)
{
	struct asking *q = arg;

	if (n > 0 && !find(q->names, str_of(q->host)))
		remember(q->names, q->host, a, n);
	q->done(q->arg, a, n, why);
}

static void
on_soon(void *arg)
{
	struct asking *q = arg;

	q->done(
	    q->arg, q->addresses, q->n, q->n > 0 ? NULL : "it has no address");
}

static void
know(struct asking *q, const struct loop_address *a, size_t n)
{
	q->n = n;
	q->addresses = mem_take((n + 1) * sizeof(*a));
	memcpy(q->addresses, a, n * sizeof(*a));
	q->soon = loop_timer_start(q->names->loop, NULL, 0, on_soon, q);
}

struct asking *
names_ask(struct names *n, struct str host,
    void (*done)(
	void *arg, const struct loop_address *a, size_t n, const char *why),
    void *arg)
{
	struct loop_address some[LOOP_MAX_ADDRESSES];
	struct asking *q = mem_take(sizeof(*q));
	const struct known *k;

	q->names = n;
	q->done = done;
	q->arg = arg;
	(void)snprintf(q->host, sizeof(q->host), STR_F, STR_A(host));
	if (literal(host, &some[0]))
		know(q, some, 1);
	else if (n->fake)
		know(q, some, n->fake(n->fake_arg, host, some));
	else if ((k = find(n, host)))
		know(q, k->addresses, k->n);
	else
		q->lookup = loop_resolve_start(n->loop, host, on_found, q);
	return q;
}

void
names_end(struct asking **pq)
{
	struct asking *q = *pq;

	if (!q)
		return;
	loop_resolve_end(&q->lookup);
	loop_timer_end(&q->soon);
	mem_free(q->addresses);
	mem_free(q);
	*pq = NULL;
}
