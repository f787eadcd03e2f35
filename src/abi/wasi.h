/* SPDX-License-Identifier: Apache-2.0 */
/* wasi.h - what the files for WASI share; private to abi. */
#ifndef ABI_WASI_H
#define ABI_WASI_H

#include "abi/ways.h"

/* errno of wasi_snapshot_preview1.witx. */
enum {
	WASI_SUCCESS = 0,
	WASI_BADF = 8,
	WASI_FAULT = 21,
	WASI_INVAL = 28,
	WASI_IO = 29,
	WASI_NOSYS = 52,
	WASI_OVERFLOW = 61,
	WASI_SPIPE = 70,
};

/* What an import returns: 0, with code as its result. */
int	wasi_answer(int64_t *args, int code);

#endif
