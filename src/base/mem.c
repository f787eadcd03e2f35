/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"

#ifdef NDEBUG
#error "assertions stay on in releases"
#endif

#define FIRST_BYTES 512u
#define BLOCK_BYTES 8192u
#define ALIGN 16u
#define HUGE_PAGE ((uintptr_t)2 << 20)
#define HUGE_FROM (8u << 20)

/* Memory has run out: nothing sensible can be done, and ceilings elsewhere
 * see to it that no outsider can bring us here. */
static void *
out_of_memory(void)
{
	fputs("subo: out of memory\n", stderr);
	_exit(ERR_BUG);
}

/*
 * Megabytes that are filled come in pages of two at a time where the system has
 * such: as pages of 4 KiB they cost more to come by than to fill.  Advice: that
 * it is not taken is no error.
 */
static void *
taken(void *p, size_t bytes)
{
	uintptr_t from = ((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	uintptr_t to = ((uintptr_t)p + bytes) & ~(HUGE_PAGE - 1);

	if (!p)
		return out_of_memory();
	if (bytes >= HUGE_FROM && to > from)
		(void)madvise((char *)p + (from - (uintptr_t)p), to - from,
		    MADV_HUGEPAGE);
	return p;
}

void *
mem_take(size_t bytes)
{
	return taken(calloc(1, bytes > 0 ? bytes : 1), bytes);
}

void *
mem_take_part(size_t bytes, size_t zeroed)
{
	void *p = malloc(bytes > 0 ? bytes : 1);

	if (!p)
		return out_of_memory();
	memset(p, 0, zeroed);
	return p;
}

void *
mem_resize(void *p, size_t bytes)
{
	return taken(realloc(p, bytes > 0 ? bytes : 1), bytes);
}

void
mem_free(void *p)
{
	free(p);
}

void
mem_free_at(void *pp)
{
	void *p;

	memcpy(&p, pp, sizeof(p));
	free(p);
}

static size_t
grown(size_t n, size_t cap, size_t item_bytes)
{
	size_t next = cap > 0 ? cap : 8;

	while (next <= n)
		next *= 2;
	assert(next <= SIZE_MAX / 2 / item_bytes);
	return next;
}

void *
mem_grow(void *v, size_t n, size_t *cap, size_t item_bytes)
{
	size_t next;
	char *p;

	if (n < *cap)
		return v;
	next = item_bytes == 1 ? n + 1 : grown(n, *cap, item_bytes);
	p = taken(realloc(v, next * item_bytes), next * item_bytes);
	memset(p + *cap * item_bytes, 0, (next - *cap) * item_bytes);
	*cap = next;
	return p;
}

/* Blocks in a chain, newest first; large things get a block of their own. */
struct block {
	struct block *next;
	size_t n, used;
	_Alignas(ALIGN) char bytes[];
};

struct arena {
	struct block *head;
	size_t next_bytes; /* of the next block */
};

struct arena *
arena_new(void)
{
	return mem_take(sizeof(struct arena));
}

static struct block *
block_new(size_t bytes)
{
	struct block *b = mem_take(sizeof(*b) + bytes);

	b->n = bytes;
	return b;
}

/* The first are small: many an arena holds a few texts, and there is one for
 * each of ten thousand calls that wait. */
static struct block *
add_block(struct arena *a, size_t need)
{
	size_t bytes = a->next_bytes > 0 ? a->next_bytes : FIRST_BYTES;
	struct block *b;

	while (bytes < need)
		bytes *= 2;
	a->next_bytes = bytes < BLOCK_BYTES ? bytes * 2 : BLOCK_BYTES;
	b = block_new(bytes);
	b->next = a->head;
	a->head = b;
	return b;
}

void *
arena_take(struct arena *a, size_t bytes)
{
	struct block *b = a->head;
	size_t need = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	void *p;

	assert(bytes <= SIZE_MAX / 2);
	if (need > BLOCK_BYTES / 4) {
		b = block_new(need);
		b->used = need;
		if (a->head) {
			b->next = a->head->next;
			a->head->next = b;
		} else {
			a->head = b;
		}
		return b->bytes;
	}
	if (!b || b->n - b->used < need)
		b = add_block(a, need);
	p = b->bytes + b->used;
	b->used += need;
	return p;
}

struct str
arena_copy(struct arena *a, struct str s)
{
	return (struct str){ arena_cstr(a, s), s.n };
}

char *
arena_cstr(struct arena *a, struct str s)
{
	char *p = arena_take(a, s.n + 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	p = arena_take(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void *
arena_grow(struct arena *a, void *v, size_t n, size_t *cap, size_t item_bytes)
{
	size_t next;
	void *p;

	if (n < *cap)
		return v;
	next = grown(n, *cap, item_bytes);
	p = arena_take(a, next * item_bytes);
	if (n > 0)
		memcpy(p, v, n * item_bytes);
	*cap = next;
	return p;
}

void
arena_free(struct arena **a)
{
	struct block *b, *next;

	if (!*a)
		return;
	for (b = (*a)->head; b; b = next) {
		next = b->next;
		free(b);
	}
	free(*a);
	*a = NULL;
}
