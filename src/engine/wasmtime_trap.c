/* SPDX-License-Identifier: Apache-2.0 */
/* How a call ended, in a sentence, and where. */
#include <assert.h>
#include <string.h>

#include "engine/wasmtime_types.h"
#include "os/os.h"

/* ---- frames ---- */

#define NO_OFFSET SIZE_MAX

/* Cut "0x1a3c - " off line.  False: it is another offset. */
static bool
cut_offset(struct str *line, size_t offset)
{
	struct str head;
	char want[64];
	size_t at;

	if (offset == NO_OFFSET)
		return true;
	(void)snprintf(want, sizeof(want), "%#zx", offset);
	if (!str_find(*line, STR(" - "), &at))
		return false;
	head = str_trim((struct str){ line->p, at });
	*line = str_from(*line, at + 3);
	return str_is(head, want);
}

/*
 * The C interface gives names as the compiler mangled them, while the text of
 * the whole trace has them as a person wrote them: "   1:   0x1a3c - mod!name".
 * A line is believed only if its offset is the frame's.
 */
static struct str
readable(struct str text, size_t frame, size_t offset)
{
	struct str line;
	char number[32];
	size_t at;

	(void)snprintf(number, sizeof(number), "%zu:", frame);
	while (text.n > 0) {
		str_cut(&text, '\n', &line);
		line = str_trim(line);
		if (!str_starts(line, number))
			continue;
		line = str_trim(str_from(line, strlen(number)));
		if (!cut_offset(&line, offset))
			return (struct str){ 0 };
		if (str_find(line, STR("!"), &at))
			line = str_from(line, at + 1);
		return line;
	}
	return (struct str){ 0 };
}

static void
add_frame(struct trace *t, const wasm_frame_t *f, struct str text)
{
	struct engine_frame *out = &t->frames[t->nframes];
	const wasm_name_t *name = wasmtime_frame_func_name(f);
	struct str better;

	out->func_index = wasm_frame_func_index(f);
	out->offset = wasm_frame_module_offset(f);
	out->func = (struct str){ 0 };
	if (name && name->size > 0) {
		out->func = (struct str){ name->data, name->size };
		better = readable(text, t->nframes, out->offset);
		if (better.n > 0)
			out->func = better;
	}
	/* Where the stack ended there is no telling. */
	if (out->offset == NO_OFFSET)
		out->offset = 0;
	t->nframes++;
}

static void
make_ready(struct trace *t)
{
	struct str text;
	wasm_name_t m;

	t->ready = true;
	if (t->trap) {
		wasm_trap_trace(t->trap, &t->vec);
		wasm_trap_message(t->trap, &m);
	} else {
		wasmtime_error_wasm_trace(t->error, &t->vec);
		wasmtime_error_message(t->error, &m);
	}
	t->text = mem_take(m.size + 1);
	if (m.size > 0)
		memcpy(t->text, m.data, m.size);
	text = (struct str){ t->text, m.size };
	wasm_name_delete(&m);
	for (size_t i = 0; i < t->vec.size && t->nframes < MAX_FRAMES; i++)
		add_frame(t, t->vec.data[i], text);
}

void
failure_frames_free(struct trace **pt)
{
	struct trace *t = *pt;

	if (!t)
		return;
	wasm_frame_vec_delete(&t->vec);
	mem_free(t->text);
	if (t->error)
		wasmtime_error_delete(t->error);
	if (t->trap)
		wasm_trap_delete(t->trap);
	mem_free(t);
	*pt = NULL;
}

void
failure_frames_keep(
    struct instance *in, wasmtime_error_t *error, wasm_trap_t *trap)
{
	failure_frames_free(&in->trace);
	in->trace = mem_take(sizeof(*in->trace));
	in->trace->error = error;
	in->trace->trap = trap;
}

size_t
instance_trace(
    const struct instance *in, struct engine_frame *frames, size_t max)
{
	struct trace *t = in->trace;
	size_t n;

	if (!t)
		return 0;
	if (!t->ready)
		make_ready(t);
	n = t->nframes < max ? t->nframes : max;
	for (size_t i = 0; i < n; i++)
		frames[i] = t->frames[i];
	return n;
}

/* ---- causes ---- */

static const char *
cause(wasmtime_trap_code_t code)
{
	switch (code) {
	case WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS:
		return "read or wrote outside of its memory";
	case WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS:
		return "called a function that is not in its table";
	case WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL:
		return "called a null function pointer";
	case WASMTIME_TRAP_CODE_BAD_SIGNATURE:
		return "called a function pointer of another type";
	case WASMTIME_TRAP_CODE_INTEGER_OVERFLOW:
		return "integer overflow";
	case WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO:
		return "integer division by zero";
	case WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER:
		return "converted a number that no integer can hold";
	case WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED:
		return "unreachable executed";
	case WASMTIME_TRAP_CODE_NULL_REFERENCE:
		return "used a null reference";
	default:
		return "trapped";
	}
}

static const char *
ms_text(uint32_t ms, char out[32])
{
	if (ms % 1000 == 0)
		(void)snprintf(out, 32, "%u s", ms / 1000);
	else
		(void)snprintf(out, 32, "%u ms", ms);
	return out;
}

/*
 * A denied memory.grow only gives -1, and the guest then ends itself in its
 * own way.  The limiter keeps no record of it, so what is left to see is how
 * much memory there was.
 */
static int
trapped(struct instance *in, wasmtime_trap_code_t code, struct err *e)
{
	uint64_t used = instance_memory_bytes(in), most = in->lim.memory_bytes;
	char a[32], b[32];

	if (in->code->memory_max < most)
		most = in->code->memory_max;
	if (used == in->code->memory_min || used < most / 3)
		return err_set(e, ERR_GUEST, "%s", cause(code));
	engine_bytes(most, a);
	if (used >= most / 8 * 7) {
		(void)err_set(e, ERR_LIMIT,
		    "reached its memory limit of %s (%s)", a, cause(code));
		return err_hint(e, "give it a higher memory limit");
	}
	(void)err_set(e, ERR_GUEST, "%s, with %s of %s of memory in use",
	    cause(code), engine_bytes(used, b), a);
	return err_hint(e, "a higher memory limit, if it ran out of memory");
}

static int
by_code(struct instance *in, const wasm_trap_t *trap, struct err *e)
{
	wasmtime_trap_code_t code;
	char text[32];

	if (!wasmtime_trap_code(trap, &code))
		return err_set(e, ERR_GUEST, "trapped");
	switch (code) {
	case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
		return err_set(e, ERR_LIMIT,
		    "recursed too deeply: its stack passed %s",
		    engine_bytes(STACK_BYTES, text));
	case WASMTIME_TRAP_CODE_OUT_OF_FUEL:
		return err_set(e, ERR_LIMIT,
		    "used up its fuel of %llu instructions",
		    (unsigned long long)in->fuel);
	default:
		return trapped(in, code, e);
	}
}

/* No stack, no memory to begin with: the guest had no part in it. */
static int
gave_up(struct instance *in, const char *what, struct err *e)
{
	char text[600];

	in->spent = true;
	engine_message(in->run.error, text, sizeof(text));
	return err_set(e, ERR_LIMIT, "cannot be %s: %s", what, text);
}

int
instance_failure(struct instance *in, const char *what, struct err *e)
{
	enum ended ended = in->ended;
	wasm_trap_t *trap = in->run.trap;
	char text[32];

	if (!trap && ended == ENDED_NO)
		return gave_up(in, what, e);
	failure_frames_keep(in, in->run.error, trap);
	in->ended = ENDED_NO;
	in->spent = in->spent || ended != ENDED_BY_IMPORT;
	switch (ended) {
	case ENDED_BY_IMPORT:
		*e = in->err;
		return -1;
	case ENDED_BY_TIME:
		return err_set(e, ERR_LIMIT, "ran longer than %s",
		    ms_text(in->lim.deadline_ms, text));
	case ENDED_BY_SIGNAL:
		return os_check_interrupt(e);
	default:
		return by_code(in, trap, e);
	}
}
