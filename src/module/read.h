/* SPDX-License-Identifier: Apache-2.0 */
/* read.h - what the files of this library share: see module.h. */
#ifndef MODULE_READ_H
#define MODULE_READ_H

#include "module/cursor.h"
#include "module/module.h"

/* What wasmtime accepts (the JS API's limits), so that a module that passes
 * here passes there. */
#define MAX_TYPES	1000000u
#define MAX_GLOBALS	1000000u
#define MAX_SEGMENTS	100000u
#define MAX_TABLES	100u
#define MAX_VALUES	1000u		/* parameters, results */
#define MAX_LOCALS	50000u
#define MAX_BODY	7654321u	/* bytes of one function */
#define MAX_TABLE_MIN	10000000u	/* elements */
/* Ours. */
#define MAX_SECTIONS	10000u
#define MAX_DEPTH	20000u		/* blocks in blocks; wabt has no limit
					   and overflows near 300,000 */
#define MAX_BRACKETS	2000u		/* in WebAssembly text; wabt overflows
					   near 10,000 */
#define MAX_TARGETS	65520u		/* of a br_table */

#define SECTION_IDS	14u		/* 0 to 13 */
enum section_id { SEC_CUSTOM, SEC_TYPE, SEC_IMPORT, SEC_FUNCTION, SEC_TABLE,
	SEC_MEMORY, SEC_GLOBAL, SEC_EXPORT, SEC_START, SEC_ELEMENT, SEC_CODE,
	SEC_DATA, SEC_DATA_COUNT, SEC_TAG };

/* A module while it is read. */
struct reader {
	struct arena	*a;
	struct module	*m;
	size_t		*types;		/* where each begins in the file */
	struct str	*type_texts;	/* made when first asked for */
	uint32_t	 ntypes;
	uint32_t	*imported;	/* type of each imported function */
	uint32_t	 nimported, nimported_memories;
	uint32_t	*declared;	/* type of each function of its own */
	uint32_t	 ndeclared;
	bool		 has_code;
};

/* Not a module: what is it then? (header.c) */
int	header_check(struct str wasm, struct err *e) MUST_CHECK;

/* types.c: read the section; check a type in place; its text. */
void	types_read(struct reader *r, struct cursor *c);
void	types_value(struct cursor *c, const char *what);
void	types_limits(struct cursor *c, uint64_t *min, uint64_t *max,
	    uint64_t ceiling, const char *what);
void	types_table(struct cursor *c);
void	types_global(struct cursor *c);
struct str	types_text(struct reader *r, uint32_t type);
/* The type of a function by its index; false: there is no such function. */
bool	types_of(const struct reader *r, uint32_t func, uint32_t *type);

/* sections.c: each section but types and custom ones. */
void	section_read(struct reader *r, uint8_t id, struct cursor *c);

/* names.c: names of functions, producers.  A custom section that is broken
 * has no say in whether a module is valid: what could be read is kept. */
void	names_read(struct reader *r);
/* What follows the name in a custom section. */
struct str	custom_data(const struct module *m,
		    const struct module_section *s);
const struct module_section *custom_find(const struct module *m,
		    const char *name);

/* abi.c: fill abi and abi_why. */
void	abi_find(struct reader *r);
#define RUN_TYPE	"(i32, i32, i32) -> ()"
#define RUN_OLD_TYPE	"(i32) -> i32"			/* early 2020 */
#define RUN_TWO_TYPE	"(i32, i32, i32, i32) -> ()"	/* September 2020 */
#define START_TYPE	"() -> ()"
#define GUEST_CALL_TYPE	"(i32, i32) -> i32"
#define ALLOCATE_TYPE	"(i32) -> i32"
#define DEALLOCATE_TYPE	"(i32, i32) -> ()"
/* The type of an exported function, or empty. */
struct str	export_type(const struct module *m, const char *name);
bool		exports_memory(const struct module *m);
/* The name of the export that gives room for the input: allocate, or what it
 * was called before October 2020; NULL: there is none of the right type. */
const char	*allocate_name(const struct module *m);

/* offers.c: the offer for an import, or NULL; *named is then one of its name
 * with another type, or NULL. */
const struct module_offer *offer_exact(const struct module_import *i,
		    const struct module_offer **named);

/* generation.c: fill generation and generation_why; after abi_find. */
void	generation_find(struct reader *r);

/* language.c: fill language, from what names_read left and from what only
 * that language's compiler makes. */
void	language_find(struct reader *r);

/* text.c: brackets in brackets, before wabt counts them on its stack. */
int	text_check(struct str text, const char *name, struct err *e)
	    MUST_CHECK;

/* code.c: what wabt does not look at: nesting, br_table, and the proposals
 * beyond WebAssembly 2.0 by name.  *nlost functions had something that is not
 * known here, and were left to wabt from there on. */
int	code_check(const struct module *m, size_t *nlost, struct err *e)
	    MUST_CHECK;

#endif
