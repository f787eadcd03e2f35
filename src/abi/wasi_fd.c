/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three descriptors there are.  Of a command 0 is the request's body and
 * 1 its answer; of any other function 0 is at its end and 1 is the log.  2 is
 * the log of both.
 */
#include <string.h>

#include "abi/wasi.h"

#define MAX_VECTORS 1024u
#define RIGHT_FD_READ 2u
#define RIGHT_FD_WRITE 64u
#define CHARACTER_DEVICE 2u
#define STDIN 0
#define STDOUT 1
#define STDERR 2

static bool
is_open(struct abi_call *c, int64_t fd)
{
	const struct command *m = command_of(c);

	return fd >= STDIN && fd <= STDERR && !(m && m->closed[fd]);
}

IMPORT(wasi_fd_close)
{
	struct abi_call *c = call_of(arg);
	struct command *m = command_of(c);

	(void)in, (void)e;
	if (!is_open(c, args[0]))
		return wasi_answer(args, WASI_BADF);
	if (m)
		m->closed[args[0]] = true;
	return wasi_answer(args, WASI_SUCCESS);
}

IMPORT(wasi_fd_seek)
{
	(void)in, (void)e;
	return wasi_answer(
	    args, is_open(call_of(arg), args[0]) ? WASI_SPIPE : WASI_BADF);
}

IMPORT(wasi_fd_fdstat_get)
{
	uint8_t *p = instance_memory(in, (uint32_t)args[1], 24);

	(void)e;
	if (!is_open(call_of(arg), args[0]))
		return wasi_answer(args, WASI_BADF);
	if (!p)
		return wasi_answer(args, WASI_FAULT);
	memset(p, 0, 24);
	p[0] = CHARACTER_DEVICE;
	p[8] = args[0] == STDIN ? RIGHT_FD_READ : RIGHT_FD_WRITE;
	return wasi_answer(args, WASI_SUCCESS);
}

IMPORT(wasi_fd_filestat_get)
{
	uint8_t *p = instance_memory(in, (uint32_t)args[1], 64);

	(void)e;
	if (!is_open(call_of(arg), args[0]))
		return wasi_answer(args, WASI_BADF);
	if (!p)
		return wasi_answer(args, WASI_FAULT);
	memset(p, 0, 64);
	p[16] = CHARACTER_DEVICE;
	return wasi_answer(args, WASI_SUCCESS);
}

/* ---- reading and writing ---- */

/* A list of pieces of the guest's memory: iovec and ciovec are the same. */
struct pieces {
	struct instance *in;
	uint32_t at, n, i;
};

static bool
pieces_open(struct pieces *p, struct instance *in, const int64_t *args)
{
	*p = (struct pieces){ in, (uint32_t)args[1], (uint32_t)args[2], 0 };
	if (p->n > MAX_VECTORS)
		p->n = MAX_VECTORS;
	return instance_memory(in, p->at, p->n * 8) != NULL;
}

/* 1: one more, 0: that was all, -1: it is not all inside.  What went before a
 * bad piece has happened, and is told as a count. */
static int
pieces_next(struct pieces *p, char **mem, uint32_t *len)
{
	uint32_t ptr, here = p->at + p->i * 8;

	if (p->i == p->n)
		return 0;
	p->i++;
	if (!guest_get32(p->in, here, &ptr) ||
	    !guest_get32(p->in, here + 4, len))
		return -1;
	*mem = instance_memory(p->in, ptr, *len);
	return *mem ? 1 : -1;
}

IMPORT(wasi_fd_read)
{
	struct abi_call *c = call_of(arg);
	struct command *m = command_of(c);
	struct str rest = { 0 };
	struct pieces p;
	uint32_t len;
	char *mem;
	size_t n, total = 0;
	int more;

	(void)e;
	if (args[0] != STDIN || !is_open(c, STDIN))
		return wasi_answer(args, WASI_BADF);
	if (!pieces_open(&p, in, args) ||
	    !instance_memory(in, (uint32_t)args[3], 4))
		return wasi_answer(args, WASI_FAULT);
	if (m)
		rest = str_from(c->input.body, m->read);
	while ((more = pieces_next(&p, &mem, &len)) > 0) {
		n = len < rest.n ? len : rest.n;
		if (n > 0)
			memcpy(mem, rest.p, n);
		rest = str_from(rest, n);
		total += n;
	}
	if (more < 0 && total == 0)
		return wasi_answer(args, WASI_FAULT);
	if (m)
		m->read += total;
	(void)guest_put32(in, args[3], (uint32_t)total);
	return wasi_answer(args, WASI_SUCCESS);
}

static int
write_one(struct abi_call *c, int64_t fd, struct str text, struct err *e)
{
	struct command *m = command_of(c);

	if (m && fd == STDOUT)
		return command_output(c, text, e);
	if (m)
		command_complains(m, text);
	call_write(c, fd == STDOUT ? 0 : 1, text);
	return 0;
}

IMPORT(wasi_fd_write)
{
	struct abi_call *c = call_of(arg);
	struct pieces p;
	uint64_t total = 0;
	uint32_t len;
	char *mem;
	int more;

	if ((args[0] != STDOUT && args[0] != STDERR) || !is_open(c, args[0]))
		return wasi_answer(args, WASI_BADF);
	if (!pieces_open(&p, in, args) ||
	    !instance_memory(in, (uint32_t)args[3], 4))
		return wasi_answer(args, WASI_FAULT);
	while ((more = pieces_next(&p, &mem, &len)) > 0) {
		if (total + len > UINT32_MAX)
			return wasi_answer(args, WASI_FAULT);
		if (write_one(c, args[0], (struct str){ mem, len }, e) < 0)
			return -1;
		total += len;
	}
	if (more < 0 && total == 0)
		return wasi_answer(args, WASI_FAULT);
	(void)guest_put32(in, args[3], (uint32_t)total);
	return wasi_answer(args, WASI_SUCCESS);
}
