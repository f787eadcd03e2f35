/* SPDX-License-Identifier: Apache-2.0 */
/* What an app's functions share. */
#include "host/gate.h"
#include "os/os.h"

#define FETCH_BYTES (8u << 20)
#define FETCH_MS 30000u
#define FETCHES 1000u

static void
copy_secrets(struct host *h, const struct host_options *opt)
{
	h->nsecrets = opt->nsecrets;
	h->secrets =
	    arena_take(h->arena, (opt->nsecrets + 1) * sizeof(*h->secrets));
	for (size_t i = 0; i < opt->nsecrets; i++) {
		h->secrets[i].key = arena_copy(h->arena, opt->secrets[i].key);
		h->secrets[i].value =
		    arena_copy(h->arena, opt->secrets[i].value);
	}
}

int
host_new(struct host **out, const struct host_options *opt, struct err *e)
{
	struct host *h = mem_take(sizeof(*h));

	h->directive = opt->directive;
	capabilities_default(&h->open);
	/* A function alone, in a test: what answers for the outside answers
	 * for its database too. */
	h->open.db = !opt->directive && opt->hooks.outbound;
	h->hooks = opt->hooks;
	h->file = opt->file;
	h->file_arg = opt->file_arg;
	h->random = opt->random_seed;
	h->fetch_bytes = opt->fetch_bytes ? opt->fetch_bytes : FETCH_BYTES;
	h->fetch_ms = opt->fetch_ms ? opt->fetch_ms : FETCH_MS;
	h->fetches = opt->fetches ? opt->fetches : FETCHES;
	h->cache = cache_new();
	h->arena = arena_new();
	if (opt->ca_file)
		h->ca_file = arena_cstr(h->arena, str_of(opt->ca_file));
	copy_secrets(h, opt);
	pthread_mutex_init(&h->random_lock, NULL);
	pthread_mutex_init(&h->told.lock, NULL);
	if (links_open(h, opt, e) < 0) {
		host_free(&h);
		return -1;
	}
	*out = h;
	return 0;
}

void
host_free(struct host **ph)
{
	struct host *h = *ph;

	if (!h)
		return;
	links_close(h);
	cache_free(&h->cache);
	arena_free(&h->arena);
	pthread_mutex_destroy(&h->random_lock);
	pthread_mutex_destroy(&h->told.lock);
	mem_free(h);
	*ph = NULL;
}

uint64_t
host_now_ns(const struct host *h)
{
	return h->hooks.clock ? h->hooks.clock(h->hooks.arg) : os_now_ns();
}

void
host_log(const struct host_call *c, int level, struct str text)
{
	const struct host_hooks *k = &c->host->hooks;

	if (k->log)
		k->log(k->arg, c, level, text);
}
