/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a module's compilers wrote of themselves: the custom section
 * "producers" of the tool conventions.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "attest/producers.h"

#define MAX_SECTIONS 10000u
#define MAX_SECTION (1u << 20) /* bytes of one that is read */
#define HEAD 32u	       /* of a section: its id, size and name */
#define NAME "producers"

/* ---- reading numbers and names ---- */

static bool
take_u32(struct str *s, uint32_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 35 && s->n > 0; shift += 7) {
		unsigned char c = (unsigned char)s->p[0];

		*s = str_from(*s, 1);
		v |= (uint64_t)(c & 0x7fu) << shift;
		if (!(c & 0x80u)) {
			*out = (uint32_t)v;
			return v <= UINT32_MAX;
		}
	}
	return false;
}

static bool
take_name(struct str *s, struct str *out)
{
	uint32_t n;

	if (!take_u32(s, &n) || n > s->n)
		return false;
	*out = (struct str){ s->p, n };
	*s = str_from(*s, n);
	return str_utf8(*out, &(size_t){ 0 });
}

bool
producers_next(struct producers *p, struct producer *out)
{
	uint32_t n;

	if (!p->begun) {
		p->begun = true;
		if (!take_u32(&p->rest, &p->nfields))
			return false;
	}
	while (p->nvalues == 0) {
		if (p->nfields == 0 || !take_name(&p->rest, &p->field) ||
		    !take_u32(&p->rest, &n))
			return false;
		p->nfields--;
		p->nvalues = n;
	}
	p->nvalues--;
	out->field = p->field;
	return take_name(&p->rest, &out->name) &&
	    take_name(&p->rest, &out->version);
}

/* ---- finding the section ---- */

static ssize_t
read_at(int fd, char *to, size_t n, off_t at)
{
	size_t have = 0;

	while (have < n) {
		ssize_t r = pread(fd, to + have, n - have, at + (off_t)have);

		if (r < 0)
			return -1;
		if (r == 0)
			break;
		have += (size_t)r;
	}
	return (ssize_t)have;
}

static int
take_section(int fd, off_t at, size_t n, struct buf *out, const char *path,
    struct err *e)
{
	CLEANUP(mem_free_at) char *room = mem_take(n + 1);
	ssize_t have = read_at(fd, room, n, at);

	if (have < 0)
		return err_sys(e, "cannot read '%s'", path);
	if ((size_t)have == n)
		buf_add(out, (struct str){ room, n });
	return 0;
}

/* Only heads of sections are read: modules are large, and have few. */
static int
walk(int fd, struct buf *out, const char *path, struct err *e)
{
	off_t at = 8;

	for (unsigned i = 0; i < MAX_SECTIONS; i++) {
		char head[HEAD];
		ssize_t have = read_at(fd, head, sizeof(head), at);
		struct str rest = { head, have > 0 ? (size_t)have : 0 }, name;
		uint32_t size;
		size_t before;

		if (have < 0)
			return err_sys(e, "cannot read '%s'", path);
		if (rest.n == 0)
			return 0;
		rest = str_from(rest, 1);
		if (!take_u32(&rest, &size))
			return 0;
		at += rest.p - head;
		before = rest.n;
		if (head[0] == 0 && take_name(&rest, &name) &&
		    str_is(name, NAME) && before - rest.n <= size &&
		    size <= MAX_SECTION) {
			before -= rest.n;
			return take_section(fd, at + (off_t)before,
			    size - before, out, path, e);
		}
		at += size;
	}
	return 0;
}

int
attest_producers(struct buf *out, const char *path, struct err *e)
{
	static const char magic[8] = "\0asm\1\0\0";
	char head[sizeof(magic)];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r = 0;

	if (fd < 0)
		return err_sys(e, "cannot read '%s'", path);
	if (read_at(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	    memcmp(head, magic, sizeof(magic)) == 0)
		r = walk(fd, out, path, e);
	close(fd);
	return r;
}
