/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over the instructions (core spec 5.4), for what wabt does not look
 * at: it overflows its stack on deep nesting and has no limit on br_table;
 * and it calls a proposal's instruction an unexpected opcode, where its name
 * would help.  What is simply wrong is left to wabt.
 */
#include "module/read.h"

enum operands {
	NONE,	 /* nothing follows */
	U32,	 /* an index */
	U32_U32, /* two, or alignment and offset */
	S64,	 /* any constant up to 64 bits */
	FIXED4,
	FIXED8,
	BLOCK,
	ELSE,
	END,
	TABLE,
	TYPES,
	REF,
	PREFIX_FC,
	PREFIX_FD,
	THREADS,
	GC,
	TAIL_CALL,
	EXCEPTIONS,
	TYPED_REFS,
	UNKNOWN,
};

static const char *const proposals[] = {
	[THREADS] = "threads",
	[GC] = "garbage collection",
	[TAIL_CALL] = "tail call",
	[EXCEPTIONS] = "exception handling",
	[TYPED_REFS] = "typed function references",
};

static enum operands
low(uint8_t op)
{
	static const uint8_t table[] = {
		NONE,
		NONE,
		BLOCK,
		BLOCK,
		BLOCK,
		ELSE,
		EXCEPTIONS,
		EXCEPTIONS,
		EXCEPTIONS,
		EXCEPTIONS,
		EXCEPTIONS,
		END,
		U32,
		U32,
		TABLE,
		NONE,
		U32,
		U32_U32,
		TAIL_CALL,
		TAIL_CALL,
		TYPED_REFS,
		TYPED_REFS,
		UNKNOWN,
		UNKNOWN,
		EXCEPTIONS,
		EXCEPTIONS,
		NONE,
		NONE,
		TYPES,
		UNKNOWN,
		UNKNOWN,
		EXCEPTIONS,
		U32,
		U32,
		U32,
		U32,
		U32,
		U32,
		U32,
	};

	return op < COUNT(table) ? (enum operands)table[op] : UNKNOWN;
}

static enum operands
operands(uint8_t op)
{
	if (op >= 0x45 && op <= 0xc4)
		return NONE;
	if (op >= 0x28 && op <= 0x3e)
		return U32_U32;
	switch (op) {
	case 0x3f:
	case 0x40:
	case 0xd2:
		return U32;
	case 0x41:
	case 0x42:
		return S64;
	case 0x43:
		return FIXED4;
	case 0x44:
		return FIXED8;
	case 0xd0:
		return REF;
	case 0xd1:
		return NONE;
	case 0xd3:
		return GC;
	case 0xd4:
	case 0xd5:
	case 0xd6:
		return TYPED_REFS;
	case 0xfb:
		return GC;
	case 0xfc:
		return PREFIX_FC;
	case 0xfd:
		return PREFIX_FD;
	case 0xfe:
		return THREADS;
	default:
		return low(op);
	}
}

struct walk {
	struct cursor c;
	unsigned depth;
	bool lost; /* an instruction that is not known: wabt tells */
};

static void
targets(struct walk *w, size_t at)
{
	uint32_t n = cursor_count(&w->c, 1, UINT32_MAX, "branch targets");

	if (n > MAX_TARGETS)
		cursor_fail(&w->c, ERR_LIMIT, at,
		    "br_table with %lu targets, "
		    "%u are allowed",
		    (unsigned long)n, MAX_TARGETS);
	for (uint64_t i = 0; i <= n && !w->c.bad; i++)
		cursor_u32(&w->c, "branch target");
}

static void
types(struct walk *w)
{
	uint32_t n = cursor_count(&w->c, 1, MAX_VALUES, "types");

	cursor_bytes(&w->c, n, "types");
}

static void
prefix_fc(struct walk *w)
{
	uint32_t op = cursor_u32(&w->c, "instruction");

	if (op < 8)
		return;
	if (op > 17) {
		w->lost = true;
		return;
	}
	cursor_u32(&w->c, "operand");
	if (op == 8 || op == 10 || op == 12 || op == 14)
		cursor_u32(&w->c, "operand");
}

static void
prefix_fd(struct walk *w, size_t at)
{
	uint32_t op = cursor_u32(&w->c, "instruction");
	size_t fixed = 0;

	if (op >= 0x100)
		cursor_fail(&w->c, ERR_INPUT, at,
		    "relaxed SIMD instruction; "
		    "the relaxed SIMD proposal is not supported, its results "
		    "depend on the machine");
	if (op <= 11 || (op >= 84 && op <= 93)) {
		cursor_u32(&w->c, "alignment");
		cursor_u32(&w->c, "offset");
	}
	if (op == 12 || op == 13)
		fixed = 16;
	else if ((op >= 21 && op <= 34) || (op >= 84 && op <= 91))
		fixed = 1;
	cursor_bytes(&w->c, fixed, "operand");
}

static void
operand(struct walk *w, enum operands o, size_t at)
{
	switch (o) {
	case U32_U32:
		cursor_u32(&w->c, "operand");
		/* fall through */
	case U32:
		cursor_u32(&w->c, "operand");
		break;
	case S64:
		cursor_s64(&w->c, "constant");
		break;
	case FIXED4:
		cursor_bytes(&w->c, 4, "constant");
		break;
	case FIXED8:
		cursor_bytes(&w->c, 8, "constant");
		break;
	case REF:
		cursor_u8(&w->c, "type");
		break;
	case TYPES:
		types(w);
		break;
	case TABLE:
		targets(w, at);
		break;
	case PREFIX_FC:
		prefix_fc(w);
		break;
	case PREFIX_FD:
		prefix_fd(w, at);
		break;
	default:
		break;
	}
}

static void
block(struct walk *w, size_t at)
{
	cursor_s64(&w->c, "type of a block");
	if (++w->depth > MAX_DEPTH)
		cursor_fail(&w->c, ERR_LIMIT, at,
		    "more than %u blocks in each "
		    "other",
		    MAX_DEPTH);
}

static void
instruction(struct walk *w)
{
	size_t at = w->c.at;
	uint8_t op = cursor_u8(&w->c, "instruction");
	enum operands o = operands(op);

	if (w->c.bad || o == NONE || o == ELSE)
		return;
	if (o == BLOCK)
		block(w, at);
	else if (o == END && w->depth > 0)
		w->depth--;
	else if (o == END || o == UNKNOWN)
		w->lost = true; /* or the end */
	else if (o >= THREADS && o <= TYPED_REFS)
		cursor_fail(&w->c, ERR_INPUT, at,
		    "instruction 0x%02x of the "
		    "%s proposal, which is not supported",
		    op, proposals[o]);
	else
		operand(w, o, at);
}

static void
skip_locals(struct walk *w)
{
	uint32_t n = cursor_u32(&w->c, "locals");

	for (uint32_t i = 0; i < n && !w->c.bad; i++) {
		cursor_u32(&w->c, "locals");
		cursor_u8(&w->c, "local");
	}
}

int
code_check(const struct module *m, size_t *nlost, struct err *e)
{
	*nlost = 0;
	for (size_t i = 0; i < m->nfuncs; i++) {
		const struct module_func *f = &m->funcs[i];
		struct walk w = { .c = { .bytes = m->bytes,
				      .at = f->at,
				      .end = f->at + f->nbytes,
				      .e = e } };

		skip_locals(&w);
		while (!w.c.bad && !w.lost && w.c.at < w.c.end)
			instruction(&w);
		if (w.c.bad)
			return -1;
		if (w.depth > 0 || w.c.at < w.c.end)
			++*nlost;
	}
	return 0;
}
