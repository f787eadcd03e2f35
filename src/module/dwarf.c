/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source lines from .debug_line: DWARF 5, 6.2 (and 2 to 4, which rustc and
 * clang still write).  Addresses count from the start of the code section's
 * payload ("DWARF for WebAssembly").
 *
 * The line program is run up to the row that is asked for; only then is the
 * name of its file looked up.  Nothing is allocated, and each step consumes
 * input, so that a hostile section costs its length and no more.
 */
#include "module/read.h"

#define MAX_FORMATS 8u

/* Standard and extended opcodes. */
enum {
	LNS_EXTENDED,
	LNS_COPY,
	LNS_ADVANCE_PC,
	LNS_ADVANCE_LINE,
	LNS_SET_FILE,
	LNS_SET_COLUMN,
	LNS_NEGATE_STMT,
	LNS_BASIC_BLOCK,
	LNS_CONST_ADD_PC,
	LNS_FIXED_ADVANCE_PC
};
enum { LNE_END_SEQUENCE = 1, LNE_SET_ADDRESS };

enum { LNCT_PATH = 1, LNCT_DIRECTORY = 2 };

enum form {
	FORM_DATA2 = 0x05,
	FORM_DATA4 = 0x06,
	FORM_DATA8 = 0x07,
	FORM_STRING = 0x08,
	FORM_BLOCK = 0x09,
	FORM_DATA1 = 0x0b,
	FORM_STRP = 0x0e,
	FORM_UDATA = 0x0f,
	FORM_DATA16 = 0x1e,
	FORM_LINE_STRP = 0x1f
};

struct unit {
	const struct module *m;
	struct cursor tables; /* directories and files */
	struct cursor program;
	unsigned version;
	uint8_t min_length, line_range, opcode_base;
	int8_t line_base;
	struct str lengths; /* operands of each standard opcode */
};

struct row {
	uint64_t address, file, line;
};

struct run {
	uint64_t wanted;
	struct row now;	 /* the registers */
	struct row last; /* the row before; its line is never 0 after one
			    that was not: 0 is code of no line */
	uint64_t start;	 /* address of the sequence's first row */
	bool any;	 /* the sequence has a row */
	bool found;
};

/* ---- the program ---- */

static void
row(struct run *r)
{
	/* A linker writes 0 for functions that it dropped. */
	if (r->any && r->start > 0 && r->last.address <= r->wanted &&
	    r->wanted < r->now.address && r->last.line > 0) {
		r->found = true;
		return;
	}
	if (!r->any)
		r->start = r->now.address;
	if (r->now.line > 0 || !r->any)
		r->last = r->now;
	r->last.address = r->now.address;
	r->any = true;
}

static void
reset(struct run *r)
{
	r->now = (struct row){ .file = 1, .line = 1 };
	r->last = (struct row){ 0 };
	r->any = false;
}

static void
extended(struct unit *u, struct run *r)
{
	uint64_t n = cursor_u64(&u->program, "length");
	struct cursor c = cursor_sub(&u->program, n, "operation");
	uint8_t op = cursor_u8(&c, "operation");
	size_t left = cursor_left(&c);

	if (c.bad)
		return;
	if (op == LNE_END_SEQUENCE) {
		row(r);
		if (!r->found)
			reset(r);
	} else if (op == LNE_SET_ADDRESS && left >= 1 && left <= 8) {
		r->now.address = cursor_fixed(&c, left, "address");
	}
}

static void
special(struct unit *u, struct run *r, uint8_t op)
{
	unsigned adjusted = (unsigned)(op - u->opcode_base);

	r->now.address += (uint64_t)(adjusted / u->line_range) * u->min_length;
	r->now.line +=
	    (uint64_t)(int64_t)(u->line_base + (int)(adjusted % u->line_range));
	row(r);
}

static void
skip_operands(struct unit *u, uint8_t op)
{
	unsigned n = op <= u->lengths.n ? (uint8_t)u->lengths.p[op - 1] : 0;

	while (n-- > 0 && !u->program.bad)
		cursor_u64(&u->program, "operand");
}

static void
step(struct unit *u, struct run *r)
{
	struct cursor *c = &u->program;
	uint8_t op = cursor_u8(c, "opcode");

	if (op >= u->opcode_base) {
		special(u, r, op);
		return;
	}
	switch (op) {
	case LNS_EXTENDED:
		extended(u, r);
		break;
	case LNS_COPY:
		row(r);
		break;
	case LNS_ADVANCE_PC:
		r->now.address += cursor_u64(c, "advance") * u->min_length;
		break;
	case LNS_ADVANCE_LINE:
		r->now.line += (uint64_t)cursor_s64(c, "advance");
		break;
	case LNS_SET_FILE:
		r->now.file = cursor_u64(c, "file");
		break;
	case LNS_CONST_ADD_PC:
		r->now.address +=
		    (uint64_t)((255u - u->opcode_base) / u->line_range) *
		    u->min_length;
		break;
	case LNS_FIXED_ADVANCE_PC:
		r->now.address += cursor_fixed(c, 2, "advance");
		break;
	default:
		skip_operands(u, op);
	}
}

/* ---- the header ---- */

/* Cut the next unit off all.  False: there is none that can be read. */
static bool
unit_open(struct unit *u, struct cursor *all)
{
	uint64_t n = cursor_fixed(all, 4, "unit");
	struct cursor c;
	struct cursor rest;

	if (n >= 0xfffffff0u) /* 64-bit DWARF, which no wasm compiler makes */
		return false;
	c = cursor_sub(all, n, "unit");
	u->version = (unsigned)cursor_fixed(&c, 2, "version");
	if (c.bad || u->version < 2 || u->version > 5)
		return false;
	if (u->version == 5)
		cursor_bytes(&c, 2, "address size");
	n = cursor_fixed(&c, 4, "length of the header");
	rest = cursor_sub(&c, n, "header");
	u->program = c;
	u->min_length = cursor_u8(&rest, "instruction length");
	if (u->version >= 4)
		cursor_u8(&rest, "operations");
	cursor_u8(&rest, "default");
	u->line_base = (int8_t)cursor_u8(&rest, "line base");
	u->line_range = cursor_u8(&rest, "line range");
	u->opcode_base = cursor_u8(&rest, "opcode base");
	if (rest.bad || u->line_range == 0 || u->opcode_base == 0)
		return false;
	u->lengths = cursor_bytes(&rest, u->opcode_base - 1u, "lengths");
	u->tables = rest;
	return !rest.bad;
}

/* ---- files ---- */

struct name {
	struct str path;
	const char *section; /* or where the path stands */
	uint64_t at, dir;
};

/* Versions 2 to 4: lists that end with an empty name; both count from 1, and
 * directory 0 is where the compiler ran. */
static bool
old_name(struct unit *u, uint64_t file, struct name *f, struct str *dir)
{
	struct cursor c = u->tables;
	struct cursor dirs = c;
	struct str s;

	do
		s = cursor_cstr(&c, "directory");
	while (s.n > 0);
	for (uint64_t i = 1; !c.bad; i++) {
		f->path = cursor_cstr(&c, "file");
		f->dir = cursor_u64(&c, "directory");
		cursor_u64(&c, "time");
		cursor_u64(&c, "size");
		if (f->path.n == 0)
			return false;
		if (i == file)
			break;
	}
	*dir = (struct str){ 0 };
	for (uint64_t i = 0; i < f->dir && !dirs.bad; i++) {
		*dir = cursor_cstr(&dirs, "directory");
		if (dir->n == 0)
			return false;
	}
	return !c.bad;
}

static struct str
text_at(const struct module *m, const char *section, uint64_t at)
{
	const struct module_section *s = custom_find(m, section);
	struct err ignored = ERR;
	struct cursor c = { .e = &ignored };

	if (!s)
		return (struct str){ 0 };
	c.bytes = custom_data(m, s);
	c.end = c.bytes.n;
	if (at >= c.end)
		return (struct str){ 0 };
	c.at = (size_t)at;
	return cursor_cstr(&c, "text");
}

/* Text in another section is only looked up for the entry that is wanted:
 * a hostile list could point at one long text again and again. */
static void
form_read(struct cursor *c, uint64_t form, struct name *n, uint64_t *number)
{
	switch ((enum form)form) {
	case FORM_STRING:
		n->path = cursor_cstr(c, "text");
		return;
	case FORM_LINE_STRP:
	case FORM_STRP:
		n->section =
		    form == FORM_STRP ? ".debug_str" : ".debug_line_str";
		n->at = cursor_fixed(c, 4, "text");
		return;
	case FORM_UDATA:
		*number = cursor_u64(c, "number");
		return;
	case FORM_DATA1:
		*number = cursor_fixed(c, 1, "number");
		return;
	case FORM_DATA2:
		*number = cursor_fixed(c, 2, "number");
		return;
	case FORM_DATA4:
		*number = cursor_fixed(c, 4, "number");
		return;
	case FORM_DATA8:
		*number = cursor_fixed(c, 8, "number");
		return;
	case FORM_DATA16:
		cursor_bytes(c, 16, "digest");
		return;
	case FORM_BLOCK:
		cursor_bytes(c, (size_t)cursor_u64(c, "block"), "block");
		return;
	}
	cursor_fail(c, ERR_INPUT, c->at, "unknown form");
}

struct format {
	uint64_t type, form;
};

static void
entry_read(
    struct cursor *c, const struct format *formats, size_t n, struct name *out)
{
	struct name ignored;
	uint64_t number = 0;

	*out = (struct name){ 0 };
	for (size_t i = 0; i < n; i++) {
		bool path = formats[i].type == LNCT_PATH;

		form_read(c, formats[i].form, path ? out : &ignored, &number);
		if (formats[i].type == LNCT_DIRECTORY)
			out->dir = number;
	}
}

/* Version 5: a list with a description of its entries before it, counted
 * from 0.  Gives entry wanted, or consumes all of them. */
static bool
entry(struct unit *u, struct cursor *c, uint64_t wanted, struct name *out)
{
	struct format formats[MAX_FORMATS];
	uint8_t n = cursor_u8(c, "formats");
	uint64_t count;

	if (n > MAX_FORMATS)
		return false;
	for (size_t i = 0; i < n; i++) {
		formats[i].type = cursor_u64(c, "type");
		formats[i].form = cursor_u64(c, "form");
	}
	count = cursor_u64(c, "entries");
	for (uint64_t i = 0; i < count && !c->bad && n > 0; i++) {
		entry_read(c, formats, n, out);
		if (c->bad || i != wanted)
			continue;
		if (out->section)
			out->path = text_at(u->m, out->section, out->at);
		return true;
	}
	return wanted == UINT64_MAX && !c->bad;
}

static bool
new_name(struct unit *u, uint64_t file, struct name *f, struct str *dir)
{
	struct cursor c = u->tables;
	struct cursor dirs = c;
	struct name d = { 0 };

	*dir = (struct str){ 0 };
	if (!entry(u, &c, UINT64_MAX, &d) || !entry(u, &c, file, f))
		return false;
	/* 0 is where the compiler ran: names are told as it was given them. */
	if (f->dir == 0)
		return true;
	if (!entry(u, &dirs, f->dir, &d))
		return false;
	*dir = d.path;
	return true;
}

static bool
file_name(struct unit *u, uint64_t file, struct buf *out)
{
	struct name f = { 0 };
	struct str dir;
	bool ok = u->version < 5 ? old_name(u, file, &f, &dir)
				 : new_name(u, file, &f, &dir);

	if (!ok || f.path.n == 0)
		return false;
	if (dir.n > 0 && f.path.p[0] != '/') {
		buf_add(out, dir);
		buf_addc(out, '/');
	}
	buf_add(out, f.path);
	return true;
}

/* ---- all of it ---- */

static const struct module_section *
code_section(const struct module *m)
{
	for (size_t i = 0; i < m->nsections; i++)
		if (m->sections[i].id == SEC_CODE)
			return &m->sections[i];
	return NULL;
}

bool
module_source_line(
    const struct module *m, size_t offset, struct buf *file, unsigned *line)
{
	const struct module_section *s = custom_find(m, ".debug_line");
	const struct module_section *code = code_section(m);
	struct err ignored = ERR;
	struct cursor all = { .e = &ignored };
	struct unit u = { .m = m };
	struct run r = { 0 };

	if (!s || !code || offset < code->at ||
	    offset - code->at >= code->nbytes)
		return false;
	all.bytes = custom_data(m, s);
	all.end = all.bytes.n;
	r.wanted = offset - code->at;
	while (cursor_left(&all) > 0) {
		if (!unit_open(&u, &all))
			return false;
		reset(&r);
		while (!r.found && !u.program.bad && cursor_left(&u.program))
			step(&u, &r);
		if (r.found) {
			*line = (unsigned)r.last.line;
			return r.last.line <= UINT32_MAX &&
			    file_name(&u, r.last.file, file);
		}
	}
	return false;
}
