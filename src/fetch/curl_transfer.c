/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transfers of a command, by libcurl: one multi handle for each client, whose
 * connections they share.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "fetch/curl_easy.h"
#include "fetch/transfer.h"

#define MAGIC 0x7472616eu
#define COME_BYTES (512L << 10) /* at a time: few calls for large bodies */
#define GO_BYTES (512L << 10)
#define HEADER_BYTES (256u << 10)
#define KEPT_BYTES (64u << 10)
#define AT_ONCE_BYTES (32u << 10) /* a body that goes with its header */
#define CONNECT_MS 20000u
#define SLOW_MS 60000u
#define PARALLEL 16u

struct fetch_client {
	struct multi multi;
	const struct libcurl *api;
	struct fetch_setup setup;
	size_t nrunning;
};

struct fetch_transfer {
	uint32_t magic;
	struct fetch_client *client;
	struct fetch_transfer_request r;
	struct fetch_url url;
	struct arena *texts;
	struct transfer heard; /* its headers only */
	struct easy easy;
	const char *proxy;
	uint64_t at; /* of the body that goes out */
	bool cut;    /* enough of an answer that is an error */
	struct err why;
	struct loop_timer *early; /* it failed before it began */
};

/* ---- clients ---- */

static void finish(void *of, CURLcode code);

int
fetch_client_new(struct fetch_client **out, struct loop *l,
    const struct fetch_setup *s, struct err *e)
{
	const struct libcurl *api;
	struct fetch_client *c;
	long most = (long)(s->parallel > 0 ? s->parallel : PARALLEL);

	if (libcurl_open(&api, e) < 0)
		return -1;
	c = mem_take(sizeof(*c));
	c->api = api;
	c->setup = *s;
	multi_begin(&c->multi, l, api, finish);
	(void)api->multi_set(
	    c->multi.curl, CURLMOPT_MAX_HOST_CONNECTIONS, most);
	(void)api->multi_set(c->multi.curl, CURLMOPT_MAXCONNECTS, 2 * most);
	*out = c;
	return 0;
}

void
fetch_client_free(struct fetch_client **c)
{
	if (!*c)
		return;
	assert((*c)->nrunning == 0);
	multi_end(&(*c)->multi);
	mem_free(*c);
	*c = NULL;
}

/* ---- what curl asks ---- */

static struct fetch_transfer *
of(void *arg)
{
	struct fetch_transfer *t = arg;

	assert(t->magic == MAGIC);
	return t;
}

static size_t
on_read(char *p, size_t one, size_t n, void *arg)
{
	struct fetch_transfer *t = of(arg);
	ssize_t got = transfer_read(t->r.body, &t->at, p, one * n);

	if (got < 0) {
		(void)err_set(&t->why, ERR_SYSTEM,
		    "the file that is sent cannot be read, or became shorter");
		return CURL_READFUNC_ABORT;
	}
	if (got > 0 && t->r.sent)
		t->r.sent(t->r.arg, (uint64_t)got);
	return (size_t)got;
}

static int
on_seek(void *arg, curl_off_t offset, int origin)
{
	struct fetch_transfer *t = of(arg);

	if (origin != SEEK_SET || offset < 0 ||
	    (uint64_t)offset > transfer_body_bytes(t->r.body))
		return CURL_SEEKFUNC_FAIL;
	t->at = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static int
packed(struct fetch_transfer *t)
{
	if (!transfer_packed(t->heard.got, t->heard.ngot))
		return 0;
	return err_set(&t->why, ERR_FAILED,
	    STR_F ":%u: the answer comes packed, which was not asked for",
	    STR_A(t->url.host), t->url.port);
}

static size_t
on_write(char *data, size_t one, size_t n, void *arg)
{
	struct fetch_transfer *t = of(arg);
	struct str piece = { data, one * n };
	long status = 0;

	(void)t->client->api->easy_getinfo(
	    t->easy.curl, CURLINFO_RESPONSE_CODE, &status);
	if (status < 300 && packed(t) < 0)
		return 0;
	if (t->r.take && (status == 200 || status == 206))
		return t->r.take(t->r.arg, (int)status, piece, &t->why) < 0
		    ? 0
		    : piece.n;
	buf_add(&t->heard.answer, piece);
	if (!buf_over(&t->heard.answer))
		return piece.n;
	if (status >= 300)
		t->cut = true;
	else
		t->easy.too_large = true;
	return 0;
}

static curl_socket_t
on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct fetch_transfer *t = of(arg);

	if (purpose != CURLSOCKTYPE_IPCXN)
		return CURL_SOCKET_BAD;
	if (t->r.address && !t->proxy &&
	    t->r.address(t->r.arg, &address->addr, &t->why) < 0)
		return CURL_SOCKET_BAD;
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
}

/* ---- what goes out ---- */

static void
set_headers(struct fetch_transfer *t)
{
	const struct libcurl *api = t->client->api;
	struct curl_slist *l = api->slist_append(NULL, "Expect:");
	bool typed = false;

	for (size_t i = 0; i < t->r.nheaders; i++) {
		const struct fetch_header *h = &t->r.headers[i];

		if (!header_may_pass(h))
			continue;
		typed = typed || str_ieq(h->name, STR("content-type"));
		l = api->slist_append(l,
		    arena_printf(t->texts, STR_F "%s" STR_F, STR_A(h->name),
			h->value.n > 0 ? ": " : ";", STR_A(h->value)));
	}
	/* Or curl would call it a form. */
	if (!typed)
		l = api->slist_append(l, "Content-Type:");
	t->easy.headers = l;
	(void)api->set(t->easy.curl, CURLOPT_HTTPHEADER, l);
}

static void
set_body(struct fetch_transfer *t)
{
	const struct libcurl *api = t->client->api;
	uint64_t n = transfer_body_bytes(t->r.body);
	CURL *c = t->easy.curl;
	bool whole =
	    !t->r.body || (!t->r.body->from_file && n <= AT_ONCE_BYTES);

	if (strcmp(t->r.method, "HEAD") == 0)
		(void)api->set(c, CURLOPT_NOBODY, 1L);
	else if (whole && (t->r.body || strcmp(t->r.method, "GET") != 0)) {
		(void)api->set(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
		(void)api->set(
		    c, CURLOPT_POSTFIELDS, n > 0 ? t->r.body->data.p : "");
	} else if (t->r.body) {
		(void)api->set(c, CURLOPT_UPLOAD, 1L);
		(void)api->set(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)n);
		(void)api->set(c, CURLOPT_UPLOAD_BUFFERSIZE, GO_BYTES);
		(void)api->set(c, CURLOPT_READFUNCTION, on_read);
		(void)api->set(c, CURLOPT_READDATA, t);
		(void)api->set(c, CURLOPT_SEEKFUNCTION, on_seek);
		(void)api->set(c, CURLOPT_SEEKDATA, t);
	}
	(void)api->set(c, CURLOPT_CUSTOMREQUEST, t->r.method);
}

static void
set_world(struct fetch_transfer *t)
{
	const struct fetch_setup *s = &t->client->setup;
	const struct libcurl *api = t->client->api;
	uint32_t slow = s->slow_ms > 0 ? s->slow_ms : SLOW_MS;
	CURL *c = t->easy.curl;

	t->proxy = transfer_proxy(s, &t->url);
	(void)api->set(c, CURLOPT_PROXY, t->proxy ? t->proxy : "");
	(void)api->set(c, CURLOPT_NOPROXY, "");
	(void)api->set(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	if (s->ca_file)
		(void)api->set(c, CURLOPT_CAINFO, s->ca_file);
	if (s->ca_dir)
		(void)api->set(c, CURLOPT_CAPATH, s->ca_dir);
	if (s->ca_file && t->proxy)
		(void)api->set(c, CURLOPT_PROXY_CAINFO, s->ca_file);
	if (s->agent)
		(void)api->set(c, CURLOPT_USERAGENT, s->agent);
	(void)api->set(c, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(s->connect_ms > 0 ? s->connect_ms : CONNECT_MS));
	(void)api->set(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	(void)api->set(c, CURLOPT_LOW_SPEED_TIME, (long)(slow + 999) / 1000);
	(void)api->set(c, CURLOPT_TIMEOUT_MS, (long)t->r.total_ms);
}

static void
set_rules(struct fetch_transfer *t)
{
	const struct libcurl *api = t->client->api;
	CURL *c = t->easy.curl;

	(void)api->set(c, CURLOPT_NOSIGNAL, 1L);
	(void)api->set(c, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)api->set(c, CURLOPT_FOLLOWLOCATION, 0L);
	(void)api->set(c, CURLOPT_HTTP09_ALLOWED, 0L);
	(void)api->set(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	(void)api->set(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)api->set(c, CURLOPT_BUFFERSIZE, COME_BYTES);
	if (t->url.secure)
		(void)api->set(c, CURLOPT_PIPEWAIT, 1L);
	(void)api->set(c, CURLOPT_PATH_AS_IS, 1L);
	(void)api->set(c, CURLOPT_URL, arena_cstr(t->texts, t->url.text));
	(void)api->set(c, CURLOPT_PRIVATE, t);
	(void)api->set(c, CURLOPT_ERRORBUFFER, t->easy.error);
	(void)api->set(c, CURLOPT_WRITEFUNCTION, on_write);
	(void)api->set(c, CURLOPT_WRITEDATA, t);
	(void)api->set(c, CURLOPT_HEADERFUNCTION, come_header);
	(void)api->set(c, CURLOPT_HEADERDATA, &t->easy);
	(void)api->set(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
	(void)api->set(c, CURLOPT_OPENSOCKETDATA, t);
}

static void
on_early(void *arg)
{
	struct fetch_transfer *t = of(arg);
	struct err why = t->why;

	loop_timer_end(&t->early);
	t->r.done(t->r.arg, NULL, &why);
}

static void
copy_request(struct fetch_transfer *t, const struct fetch_transfer_request *r)
{
	struct fetch_header *h;

	t->r = *r;
	t->r.method = arena_cstr(t->texts, str_of(r->method));
	h = arena_take(t->texts, (r->nheaders + 1) * sizeof(*h));
	for (size_t i = 0; i < r->nheaders; i++) {
		h[i].name = arena_copy(t->texts, r->headers[i].name);
		h[i].value = arena_copy(t->texts, r->headers[i].value);
	}
	t->r.headers = h;
	t->heard.header_bytes = HEADER_BYTES;
	t->heard.answer.max =
	    r->answer_bytes > 0 ? r->answer_bytes : KEPT_BYTES;
}

struct fetch_transfer *
fetch_transfer_start(
    struct fetch_client *c, const struct fetch_transfer_request *r)
{
	struct fetch_transfer *t = mem_take(sizeof(*t));
	bool ok;

	*t = (struct fetch_transfer){
		.magic = MAGIC, .client = c, .texts = arena_new()
	};
	t->easy.transfer = &t->heard;
	c->nrunning++;
	copy_request(t, r);
	ok = fetch_url_parse(&t->url, t->texts, r->url, &t->why) == 0;
	if (ok) {
		t->easy.curl = c->api->easy_init();
		set_rules(t);
		set_world(t);
		set_headers(t);
		set_body(t);
		ok = c->api->multi_add_handle(c->multi.curl, t->easy.curl) ==
		    CURLM_OK;
	}
	if (!ok && t->why.kind == ERR_NONE)
		(void)err_set(&t->why, ERR_SYSTEM, "libcurl does not start");
	if (!ok)
		t->early =
		    loop_timer_start(c->multi.loop, NULL, 0, on_early, t);
	return t;
}

/* Its connection goes back to the pool, or is closed. */
static void
leave(struct fetch_transfer *t)
{
	const struct libcurl *api = t->client->api;

	if (!t->easy.curl)
		return;
	(void)api->multi_remove_handle(t->client->multi.curl, t->easy.curl);
	api->easy_cleanup(t->easy.curl);
	api->slist_free_all(t->easy.headers);
	t->easy.curl = NULL;
}

void
fetch_transfer_end(struct fetch_transfer **tp)
{
	struct fetch_transfer *t = *tp;

	if (!t)
		return;
	*tp = NULL;
	leave(t);
	loop_timer_end(&t->early);
	t->client->nrunning--;
	buf_free(&t->heard.answer);
	arena_free(&t->heard.arena);
	arena_free(&t->texts);
	t->magic = 0;
	mem_free(t);
}

/* ---- the end ---- */

static enum err_kind
kind_of(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return ERR_MISSING;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_ISSUER_ERROR:
		return ERR_TRUST;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return ERR_INPUT;
	case CURLE_OUT_OF_MEMORY:
		return ERR_SYSTEM;
	default:
		return ERR_REMOTE;
	}
}

/* curl's own words where they add something, and never the URL. */
static const char *
words(const struct fetch_transfer *t, CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_COULDNT_RESOLVE_PROXY:
		if (t->easy.error[0] != '\0')
			return t->easy.error;
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
		return "there is no such host, or names cannot be looked up";
	case CURLE_COULDNT_CONNECT:
		return "nothing listens there, or it cannot be reached";
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return "what answers there does not speak HTTP";
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return "it broke off the connection";
	case CURLE_OPERATION_TIMEDOUT:
		return "it is too slow, or does not answer";
	case CURLE_GOT_NOTHING:
		return "it closed the connection without an answer";
	case CURLE_PARTIAL_FILE:
		return "it closed the connection before the answer was whole";
	default:
		break;
	}
	return t->client->api->easy_strerror(code);
}

static void
explain(struct fetch_transfer *t, CURLcode code)
{
	const struct fetch_url *u = &t->url;
	struct err *e = &t->why;

	if (e->kind != ERR_NONE)
		return;
	if (t->easy.too_large)
		(void)err_set(e, ERR_LIMIT,
		    STR_F ":%u: the answer is too large", STR_A(u->host),
		    u->port);
	else if (t->easy.bad_framing)
		(void)err_set(e, ERR_FAILED,
		    STR_F ":%u: the answer says in two ways where it ends",
		    STR_A(u->host), u->port);
	else
		(void)err_set(e, kind_of(code), STR_F ":%u: %s%s",
		    STR_A(u->host), u->port,
		    t->proxy ? "through the proxy: " : "", words(t, code));
}

static enum fetch_place
place_of(struct fetch_transfer *t)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;
	char *ip = NULL;

	(void)t->client->api->easy_getinfo(
	    t->easy.curl, CURLINFO_PRIMARY_IP, &ip);
	if (ip && inet_pton(AF_INET, ip, &in->sin_addr) == 1)
		ss.ss_family = AF_INET;
	else if (ip && inet_pton(AF_INET6, ip, &in6->sin6_addr) == 1)
		ss.ss_family = AF_INET6;
	else
		return FETCH_OTHER;
	return fetch_place((const struct sockaddr *)&ss);
}

static void
finish(void *arg, CURLcode code)
{
	struct fetch_transfer *t = of(arg);
	struct fetch_reply r = { .proxied = t->proxy != NULL };
	long status = 0;

	(void)t->client->api->easy_getinfo(
	    t->easy.curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK && !t->cut)
		explain(t, code);
	r.status = (int)status;
	r.place = place_of(t);
	leave(t);
	if (t->why.kind == ERR_NONE && status < 300)
		(void)packed(t);
	if (t->why.kind != ERR_NONE) {
		struct err why = t->why;

		t->r.done(t->r.arg, NULL, &why);
		return;
	}
	r.headers = t->heard.got;
	r.nheaders = t->heard.ngot;
	r.body = buf_str(&t->heard.answer);
	t->r.done(t->r.arg, &r, &t->why);
}
