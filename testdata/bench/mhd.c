/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd alone, with its own epoll thread: what serving costs before
 * any function is called.  GET gets 11 bytes, POST its own body.
 *
 *	mhd PORT
 *
 * With FRESH it answers GET with what a module returns, a fresh instance for each
 * request and nothing of a server around it: below that no server with this
 * engine can be.
 *
 *	fresh PORT MODULE
 */
#ifdef FRESH
#include "abi/abi.h"
#include "os/os.h"
#endif

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct body {
	char *p;
	size_t n;
};

static enum MHD_Result
answer(struct MHD_Connection *c, const char *p, size_t n)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    n, (void *)p, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc;

	MHD_add_response_header(r, "Content-Type", "text/plain");
	rc = MHD_queue_response(c, 200, r);
	MHD_destroy_response(r);
	return rc;
}

#ifdef FRESH
static struct code *code;

static int
nothing(void *arg, const struct abi_ask *q, struct buf *out)
{
	(void)arg;
	(void)q;
	(void)out;
	return ABI_REFUSED;
}

static enum MHD_Result
answer_fresh(struct MHD_Connection *c)
{
	const struct abi_host host = { .ask = nothing };
	struct engine_limits lim = ENGINE_LIMITS;
	enum MHD_Result rc = MHD_NO;
	struct abi_result res;
	struct err e;

	err_clear(&e);
	if (abi_call(code, &lim, &host, STR(""), &res, &e) == 0)
		rc = answer(c, buf_cstr(&res.output), res.output.n);
	abi_result_dispose(&res);
	return rc;
}

static int
load(const char *path)
{
	struct engine_options o = { .pooling = true, .instances = 64 };
	struct buf wasm = BUF(64u << 20);
	struct engine *en;
	struct err e = ERR;

	return engine_new(&en, &o, &e) < 0 || os_read(&wasm, path, &e) < 0 ||
	    code_load(&code, en, buf_str(&wasm), STR("f"), abi_imports(), &e) <
	    0;
}
#endif

static enum MHD_Result
handle(void *cls, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *data, size_t *n, void **state)
{
	struct body *b = *state;

	(void)cls;
	(void)url;
	(void)version;
	if (!b) {
		*state = calloc(1, sizeof(*b));
		return MHD_YES;
	}
	if (*n > 0) {
		b->p = realloc(b->p, b->n + *n);
		memcpy(b->p + b->n, data, *n);
		b->n += *n;
		*n = 0;
		return MHD_YES;
	}
	if (strcmp(method, "POST") == 0)
		return answer(c, b->p ? b->p : "", b->n);
#ifdef FRESH
	return answer_fresh(c);
#else
	return answer(c, "hello world", 11);
#endif
}

static void
over(void *cls, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode why)
{
	struct body *b = *state;

	(void)cls;
	(void)c;
	(void)why;
	if (b)
		free(b->p);
	free(b);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)) };

#ifdef FRESH
	if (argc < 3 || load(argv[2]))
		return 1;
#endif
	if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL,
		handle, NULL, MHD_OPTION_SOCK_ADDR, &a,
		MHD_OPTION_NOTIFY_COMPLETED, over, NULL, MHD_OPTION_END))
		return 1;
	pause();
}
