/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wabt.h - wabt behind two C functions: no type, allocation or exception of
 * C++ crosses.  Its code can crash, so only children of ours call them.
 */
#ifndef MODULE_WABT_H
#define MODULE_WABT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0: valid; 1: not, *offset and text tell the first fault; -1: wabt itself
 * failed, text tells how. */
int	wabt_check(const void *wasm, size_t n, size_t *offset, char *text,
	    size_t ntext);

/*
 * Text format to binary, with the names of functions.  0: *out has *nout
 * bytes for free(); 1: *out is the errors as text, a NUL at its end, also for
 * free(); -1: wabt failed, *out as for 1 or NULL.
 */
int	wabt_assemble(const char *name, const void *text, size_t n, char **out,
	    size_t *nout);

#ifdef __cplusplus
}
#endif

#endif
