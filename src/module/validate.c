/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides of the child in which wabt runs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/read.h"
#include "module/wabt.h"
#include "os/os.h"

#define TIME_MS 20000u
#define MAX_TEXT (16u << 20) /* of a .wat file */

/* Sanitizers reserve address space by the terabyte. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_BYTES 0u
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEMORY_BYTES 0u
#endif
#endif
#ifndef MEMORY_BYTES
#define MEMORY_BYTES (1u << 30)
#endif

/* The child's exit codes are the kinds of errors. */
static int
judge(const struct os_exit *ex, struct str said, struct err *e)
{
	if (ex->timed_out)
		return err_set(e, ERR_LIMIT,
		    "the validator did not end within "
		    "%u s",
		    TIME_MS / 1000);
	if (ex->sig != 0)
		return err_set(e, ERR_INPUT,
		    "the validator failed on it "
		    "(signal %d)",
		    ex->sig);
	switch (ex->code) {
	case 0:
		return 0;
	case ERR_INPUT:
	case ERR_LIMIT:
	case ERR_MISSING:
	case ERR_SYSTEM:
		return err_set(e, (enum err_kind)ex->code, STR_F, STR_A(said));
	case ERR_BUG:
		return err_set(e, ERR_LIMIT,
		    "the validator needs more than "
		    "1 GiB of memory for it");
	default:
		return err_set(e, ERR_SYSTEM,
		    "the validator ended with code "
		    "%d",
		    ex->code);
	}
}

int
module_validate(const char *self, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf out = BUF(2000);
	CLEANUP(buf_free) struct buf err = BUF(2000);
	CLEANUP(buf_free) struct buf file = BUF(8192);
	const char *argv[] = { self, "internal-validate", NULL, NULL };
	struct os_spawn s = { .argv = argv,
		.out = &out,
		.err = &err,
		.timeout_ms = TIME_MS,
		.memory_bytes = MEMORY_BYTES };
	struct os_exit ex = { 0 };

	/* Not to be taken for an option. */
	buf_addf(&file, "%s%s", path[0] == '-' ? "./" : "", path);
	argv[2] = buf_cstr(&file);
	if (os_run(&s, &ex, e) < 0)
		return -1;
	return judge(&ex, str_trim(buf_str(&out)), e);
}

static int
validate(const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(MODULE_MAX_BYTES);
	CLEANUP(module_free) struct module *m = NULL;
	char text[1000];
	size_t offset, nlost;

	if (os_read(&b, path, e) < 0 || module_read(&m, buf_str(&b), e) < 0)
		return -1;
	/* Before wabt: it keeps what would crash wabt from it. */
	if (code_check(m, &nlost, e) < 0)
		return -1;
	switch (wabt_check(b.p, b.n, &offset, text, sizeof(text))) {
	case 0:
		return 0;
	case 1:
		return err_set(e, ERR_INPUT, "at byte 0x%zx: %s", offset, text);
	default:
		return err_set(
		    e, ERR_LIMIT, "the validator failed on it: %s", text);
	}
}

int
module_validate_child(const char *path)
{
	CLEANUP(buf_free) struct buf b = BUF(8000);
	struct err e = ERR;

	if (validate(path, &e) == 0)
		return 0;
	buf_show(&b, str_of(e.text), false);
	fprintf(stdout, "%s\n", buf_cstr(&b));
	return fflush(stdout) == 0 ? (int)e.kind : ERR_SYSTEM;
}

/* What wabt finds wrong goes to said, line by line. */
static int
assemble(const char *in, const char *out, struct buf *said, struct err *e)
{
	CLEANUP(buf_free) struct buf text = BUF(MAX_TEXT);
	char *made = NULL;
	size_t n = 0;
	int result;

	if (os_read(&text, in, e) < 0 || text_check(buf_str(&text), in, e) < 0)
		return -1;
	result = wabt_assemble(in, buf_cstr(&text), text.n, &made, &n);
	if (result == 0)
		result = os_replace(out, (struct str){ made, n }, 0644, e);
	else if (result < 0)
		result =
		    err_set(e, ERR_LIMIT, "%s: wabt has not enough memory", in);
	else
		buf_show(said, str_trim((struct str){ made, n }), true);
	free(made);
	return result;
}

int
module_wat2wasm_child(const char *in, const char *out)
{
	CLEANUP(buf_free) struct buf said = BUF(1u << 20);
	struct err e = ERR;

	switch (assemble(in, out, &said, &e)) {
	case 0:
		return 0;
	case 1:
		fprintf(stderr, "%s\n", buf_cstr(&said));
		return ERR_INPUT;
	default:
		buf_show(&said, str_of(e.text), false);
		fprintf(stderr, "%s\n", buf_cstr(&said));
		return (int)e.kind;
	}
}
