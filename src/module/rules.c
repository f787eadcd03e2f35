/* SPDX-License-Identifier: Apache-2.0 */
/* The order is that of rules.h. */
#include "module/rules.h"
#include "module/read.h"

const struct diag_rule module_rules[] = {
	[NOT_A_MODULE] = { "M001", DIAG_ERROR, "not a WebAssembly module",
	    "The file does not begin as a core WebAssembly module of version 1 "
	    "does. It may be something else, or cut off.",
	    "Give the file that the compiler writes for a WebAssembly target; "
	    "`subo build` makes one for each function." },
	[MALFORMED] = { "M002", DIAG_ERROR, "malformed module",
	    "The file begins as a module, but its parts do not fit together at "
	    "the byte that is named: it was cut off or changed, or uses a "
	    "proposal beyond WebAssembly 2.0.",
	    "Build it again. When a proposal is named, turn it off in the "
	    "compiler (clang: -mno-..., rustc: -C target-feature=-...)." },
	[INVALID] = { "M003", DIAG_ERROR, "invalid module",
	    "The validator (wabt, WebAssembly 2.0) refuses the module at the "
	    "byte that is named. No engine would run it.",
	    "Build it again with a current compiler. Proposals beyond "
	    "WebAssembly 2.0 must be off." },
	[NO_ABI] = { "M004", DIAG_ERROR, "no known way to call it",
	    "A function is called through the export run_e(pointer, size, "
	    "ident); a WASI command through _start, a waPC module through "
	    "__guest_call. This module has none of them.",
	    "Export run_e, or use a template: `subo create function NAME "
	    "--lang "
	    "LANG` has the glue. A linker may have dropped it: mark it as an "
	    "export." },
	[RUN_TYPED] = { "M005", DIAG_ERROR, "run_e has another type",
	    "run_e is called with three i32 (pointer and size of the input, "
	    "ident) and gives nothing back; the result goes through "
	    "return_result. Two forms of 2020 are known besides: (i32) -> i32 "
	    "and (i32, i32, i32, i32) -> ().",
	    "Declare it as `void run_e(const void *ptr, int32_t size, int32_t "
	    "ident)` or the like in your language." },
	[NO_ALLOCATE] = { "M006", DIAG_ERROR, "allocate is missing",
	    "The host asks the module for room before it copies the input "
	    "there: allocate(size) gives a pointer. Before October 2020 its "
	    "name was allocate_input, which serves as well.",
	    "Export allocate as (i32) -> i32; the templates' glue does." },
	[NO_DEALLOCATE] = { "M007", DIAG_WARNING, "deallocate is missing",
	    "Older hosts give the input's memory back after a call with "
	    "deallocate(pointer, size). Without it an instance that they "
	    "keep grows.",
	    "Export deallocate as (i32, i32) -> ()." },
	[NO_MEMORY] = { "M008", DIAG_ERROR, "memory is not exported",
	    "Input and results travel through the module's memory, which must "
	    "be exported under the name `memory`.",
	    "Most linkers export it by themselves; in WAT write (memory "
	    "(export \"memory\") 1)." },
	[UNKNOWN_IMPORT] = { "M009", DIAG_ERROR, "import that nobody offers",
	    "The module calls a function that no host ever had. It cannot be "
	    "started.",
	    "In C and C++ this is mostly a function without a body: link the "
	    "library that has it. Else use a name that runnable(7) lists." },
	[TYPED_IMPORT] = { "M010", DIAG_ERROR, "import with another type",
	    "Hosts have a function of that name, but never had it with these "
	    "parameters and this result. The types that are named are those "
	    "of all generations of the interface.",
	    "Rebuild with a released SDK, or declare it with a type that is "
	    "shown." },
	[OTHER_IMPORT] = { "M011", DIAG_ERROR, "import that is no function",
	    "The host offers functions only. Memories, tables and globals "
	    "belong to the module.",
	    "Link without --import-memory, --import-table and -shared." },
	[BIG_MEMORY] = { "M012", DIAG_ERROR, "more memory than the limit",
	    "The memory that the module starts with is above the limit that "
	    "functions have (64 MiB).",
	    "Link with a smaller initial memory; it can grow up to the limit "
	    "when needed." },
	[ENTRY_TYPED] = { "M013", DIAG_ERROR, "entry with another type",
	    "_start of a WASI command takes nothing and gives nothing, "
	    "__guest_call of a waPC module takes two i32 (sizes of operation "
	    "and payload) and gives one.",
	    "Build it with the SDK of the interface that is meant, or export "
	    "run_e." },
	[ALLOCATE_TYPED] = { "M014", DIAG_ERROR,
	    "allocate or deallocate has another type",
	    "allocate takes a size and gives a pointer, deallocate takes a "
	    "pointer and a size and gives nothing.",
	    "Declare them as `void *allocate(int32_t size)` and `void "
	    "deallocate(void *ptr, int32_t size)`." },
	[OBJECT_FILE] = { "M015", DIAG_ERROR, "object file",
	    "The file is what a compiler makes of one source file, before "
	    "linking. It is a module, but cannot run.",
	    "Link it: `clang --target=wasm32-wasi -mexec-model=reactor -o "
	    "fn.wasm fn.o`." },
	[OVER_LIMIT] = { "M016", DIAG_ERROR, "over a limit",
	    "The module is larger, in the respect that is named, than engines "
	    "accept.",
	    "Split the function, or take out what makes it so large." },
	[TWO_TYPES] = { "M017", DIAG_ERROR, "import with two types",
	    "The module imports one name twice, with different types: parts of "
	    "it were made for different generations of the interface. A name "
	    "can stand for one function only.",
	    "Build all of it with one version of the SDK." },
	{ 0 }
};
