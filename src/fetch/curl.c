/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transfers, by libcurl: one multi handle for each loop, its sockets and its
 * timer attached to that.
 *
 * A transfer goes to the address it was given, whatever its host's name
 * means by now: CONNECT_TO says where, which also keeps connections to
 * different addresses of one name apart when they are used again; and what is
 * really connected to is compared once more.
 */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "fetch/call.h"
#include "fetch/curl_easy.h"

#define BUFFER_BYTES 8192L
#define UPLOAD_BYTES 16384L
#define KEPT_CONNECTIONS 256u
#define MOST_STREAMS 1000L /* on an HTTP/2 connection; its server says too */

/* ---- the loop's side ---- */

static void finish(void *of, CURLcode code);

static void *
make(struct loop *l, void *arg)
{
	struct client *c = mem_take(sizeof(*c));
	const struct libcurl *api = arg;

	c->api = api;
	multi_begin(&c->multi, l, api, finish);
	(void)api->multi_set(
	    c->multi.curl, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
	(void)api->multi_set(
	    c->multi.curl, CURLMOPT_MAX_CONCURRENT_STREAMS, MOST_STREAMS);
	return c;
}

static void
end(void *made)
{
	struct client *c = made;

	while (c->nspare > 0)
		c->api->easy_cleanup(c->spare[--c->nspare]);
	multi_end(&c->multi);
	mem_free(c);
}

static struct client *
client_of(struct loop *l, const struct libcurl *api)
{
	static const char key[] = "curl";
	union {
		const struct libcurl *in;
		void *out;
	} any = { .in = api };

	return loop_local(l, key, make, end, any.out);
}

/* ---- sockets ---- */

static bool
same_address(const struct sockaddr *a, const struct loop_address *b)
{
	char x[64], y[64];

	fetch_address_text(a, x);
	fetch_address_text((const struct sockaddr *)&b->sa, y);
	return a->sa_family == b->sa.ss_family && strcmp(x, y) == 0;
}

static curl_socket_t
on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	const struct easy *x = arg;
	curl_socket_t fd;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (!x->transfer->unix_path &&
		!same_address(&address->addr, &x->transfer->address)))
		return CURL_SOCKET_BAD;
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
	if (fd >= 0)
		x->client->nopen++;
	return fd;
}

static int
on_close(void *arg, curl_socket_t fd)
{
	struct client *c = arg;

	c->nopen--;
	return close(fd);
}

/* ---- what goes out ---- */

static void
add_header(struct easy *x, const char *line)
{
	struct curl_slist *l = x->client->api->slist_append(x->headers, line);

	if (l)
		x->headers = l;
}

static bool
asked_for(const struct transfer *t, const char *name)
{
	for (size_t i = 0; i < t->nheaders; i++)
		if (str_ieq(t->headers[i].name, str_of(name)))
			return true;
	return false;
}

/* Where a body is the rule, none is said to be empty: many servers refuse a
 * POST that says nothing (RFC 9110, 8.6). */
static bool
sends_body(const struct transfer *t)
{
	if (str_is(t->method, "HEAD"))
		return false;
	return t->has_body || str_is(t->method, "POST") ||
	    str_is(t->method, "PUT") || str_is(t->method, "PATCH");
}

static void
set_headers(struct easy *x)
{
	const struct transfer *t = x->transfer;

	for (size_t i = 0; i < t->nheaders; i++) {
		const struct fetch_header *h = &t->headers[i];
		CLEANUP(buf_free) struct buf line = BUF(1u << 20);

		if (!header_may_pass(h))
			continue;
		/* An empty one is written with a semicolon. */
		buf_addf(&line, STR_F "%s" STR_F, STR_A(h->name),
		    h->value.n > 0 ? ": " : ";", STR_A(h->value));
		if (!buf_over(&line))
			add_header(x, buf_cstr(&line));
	}
	add_header(x, "Expect:");
	if (sends_body(t) && !asked_for(t, "content-type"))
		add_header(x, "Content-Type:");
	(void)x->client->api->set(x->curl, CURLOPT_HTTPHEADER, x->headers);
}

static void
set_target(struct easy *x)
{
	const struct libcurl *api = x->client->api;
	const struct transfer *t = x->transfer;
	struct arena *a = t->texts;
	bool v6 = t->address.sa.ss_family == AF_INET6;
	char ip[64];

	fetch_address_text((const struct sockaddr *)&t->address.sa, ip);
	x->connect_to = api->slist_append(NULL,
	    arena_printf(a, "::%s%s%s:%u", v6 ? "[" : "", ip, v6 ? "]" : "",
		t->url->port));
	(void)api->set(x->curl, CURLOPT_CONNECT_TO, x->connect_to);
	(void)api->set(x->curl, CURLOPT_URL, arena_cstr(a, t->url->text));
	(void)api->set(
	    x->curl, CURLOPT_CUSTOMREQUEST, arena_cstr(a, t->method));
	(void)api->set(x->curl, CURLOPT_PATH_AS_IS, 1L);
	if (str_is(t->method, "HEAD"))
		(void)api->set(x->curl, CURLOPT_NOBODY, 1L);
	if (!sends_body(t))
		return;
	(void)api->set(
	    x->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.n);
	(void)api->set(
	    x->curl, CURLOPT_POSTFIELDS, t->body.n > 0 ? t->body.p : "");
}

static void
set_rules(struct easy *x)
{
	const struct libcurl *api = x->client->api;
	const struct transfer *t = x->transfer;
	CURL *c = x->curl;

	(void)api->set(c, CURLOPT_NOSIGNAL, 1L);
	(void)api->set(c, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)api->set(c, CURLOPT_PROXY, "");
	(void)api->set(c, CURLOPT_FOLLOWLOCATION, 0L);
	(void)api->set(c, CURLOPT_HTTP09_ALLOWED, 0L);
	(void)api->set(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	(void)api->set(c, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
	(void)api->set(c, CURLOPT_CONNECTTIMEOUT_MS, (long)t->connect_ms);
	(void)api->set(c, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BYTES);
	if (t->url->secure)
		(void)api->set(c, CURLOPT_PIPEWAIT, 1L);
	x->unpacks = !asked_for(t, "accept-encoding");
	if (x->unpacks)
		(void)api->set(c, CURLOPT_ACCEPT_ENCODING, "");
	if (t->ca_file)
		(void)api->set(c, CURLOPT_CAINFO, t->ca_file);
	if (t->unix_path)
		(void)api->set(c, CURLOPT_UNIX_SOCKET_PATH, t->unix_path);
	(void)api->set(c, CURLOPT_PRIVATE, x);
	(void)api->set(c, CURLOPT_ERRORBUFFER, x->error);
	(void)api->set(c, CURLOPT_WRITEFUNCTION, come_body);
	(void)api->set(c, CURLOPT_WRITEDATA, x);
	(void)api->set(c, CURLOPT_HEADERFUNCTION, come_header);
	(void)api->set(c, CURLOPT_HEADERDATA, x);
	(void)api->set(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
	(void)api->set(c, CURLOPT_OPENSOCKETDATA, x);
	(void)api->set(c, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	(void)api->set(c, CURLOPT_CLOSESOCKETDATA, x->client);
	/* When all connections are in use, curl would go through them to find
	 * that out; thousands of calls at once would do so for each. */
	if (!t->url->secure && x->client->nrunning >= x->client->nopen)
		(void)api->set(c, CURLOPT_FRESH_CONNECT, 1L);
	/* And would look for the oldest each time one too many is kept. */
	if (!t->url->secure && x->client->nrunning >= KEPT_CONNECTIONS)
		(void)api->set(c, CURLOPT_FORBID_REUSE, 1L);
}

int
transfer_start(struct transfer *t, struct loop *l, struct err *e)
{
	const struct libcurl *api;
	struct client *c;
	struct easy *x;

	if (libcurl_open(&api, e) < 0)
		return -1;
	c = client_of(l, api);
	x = mem_take(sizeof(*x));
	x->client = c;
	x->transfer = t;
	x->curl = c->nspare > 0 ? c->spare[--c->nspare] : api->easy_init();
	t->easy = x;
	set_rules(x);
	c->nrunning++;
	set_headers(x);
	set_target(x);
	if (api->multi_add_handle(c->multi.curl, x->curl) == CURLM_OK)
		return 0;
	transfer_end(t);
	return err_set(e, ERR_SYSTEM, "cannot make an outbound call");
}

void
transfer_end(struct transfer *t)
{
	struct easy *x = t->easy;
	struct client *c;

	if (!x)
		return;
	c = x->client;
	t->easy = NULL;
	c->nrunning--;
	(void)c->api->multi_remove_handle(c->multi.curl, x->curl);
	if (c->nspare < SPARE_HANDLES) {
		c->api->easy_reset(x->curl);
		c->spare[c->nspare++] = x->curl;
	} else {
		c->api->easy_cleanup(x->curl);
	}
	c->api->slist_free_all(x->headers);
	c->api->slist_free_all(x->connect_to);
	mem_free(x);
}

/* ---- the end ---- */

static enum err_kind
kind_of(CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return ERR_LIMIT;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_WRITE_ERROR:
		return ERR_INPUT;
	case CURLE_OUT_OF_MEMORY:
		return ERR_SYSTEM;
	default:
		return ERR_REMOTE;
	}
}

/* curl's own words where they are about TLS, and never the URL. */
static const char *
words(const struct easy *x, CURLcode code)
{
	bool tls = code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_CONNECT_ERROR;

	if (tls && x->error[0] != '\0')
		return x->error;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return "no connection in time";
	if (code == CURLE_GOT_NOTHING)
		return "it closed the connection without an answer";
	return x->client->api->easy_strerror(code);
}

static void
explain(const struct easy *x, CURLcode code, struct err *e)
{
	const struct fetch_url *u = x->transfer->url;

	if (x->too_large)
		(void)err_set(e, ERR_LIMIT,
		    STR_F ":%u: the answer is too large", STR_A(u->host),
		    u->port);
	else if (x->bad_framing)
		(void)err_set(e, ERR_INPUT,
		    STR_F ":%u: the answer says in two ways where it ends",
		    STR_A(u->host), u->port);
	else
		(void)err_set(e, kind_of(code), STR_F ":%u: %s", STR_A(u->host),
		    u->port, words(x, code));
}

static void
finish(void *of, CURLcode code)
{
	struct easy *x = of;
	struct transfer *t = x->transfer;
	/* The only time that curl watches is that of connecting. */
	bool unreached =
	    code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT;
	struct err e = ERR;
	long status = 0;

	if (code == CURLE_OK && !buf_over(&t->answer)) {
		(void)x->client->api->easy_getinfo(
		    x->curl, CURLINFO_RESPONSE_CODE, &status);
		t->status = (int)status;
		if (x->unpacks && !str_is(t->method, "HEAD"))
			come_unpacked(t);
	} else {
		explain(x, code, &e);
	}
	transfer_end(t);
	t->done(t, unreached, &e);
}
