/* SPDX-License-Identifier: Apache-2.0 */
/* What the server tells of itself: upstream's /health and /meta/metrics, and
 * what others ask for. */
#include "serve/parts.h"

#define TEXT_MAX (64u << 20)

static void
health(struct ask *a)
{
	answer_text(a, 200, STR("application/json"), STR("{\"healthy\":true}"));
}

static void
ready(struct ask *a)
{
	struct serve *s = a->seat->s;

	if (atomic_load(&s->ready) && !atomic_load(&s->ending) && a->use)
		answer_text(
		    a, 200, STR("application/json"), STR("{\"ready\":true}"));
	else
		answer_text(
		    a, 503, STR("application/json"), STR("{\"ready\":false}"));
}

static void
old_metrics(struct ask *a)
{
	CLEANUP(buf_free) struct buf text = BUF(TEXT_MAX);

	metrics_json(&text, a->seat->s);
	answer_text(a, 200, STR("application/json"), buf_str(&text));
}

static void
metrics(struct ask *a)
{
	CLEANUP(buf_free) struct buf text = BUF(TEXT_MAX);

	metrics_text(&text, a->seat->s);
	answer_text(a, 200, STR("text/plain; version=0.0.4; charset=utf-8"),
	    buf_str(&text));
}

static const struct page {
	const char *path;
	void (*answer)(struct ask *a);
} pages[] = {
	{ "/health", health },
	{ "/ready", ready },
	{ "/meta/metrics", old_metrics },
	{ "/metrics", metrics },
};

static const struct page *
find(struct str path)
{
	/* Most paths are none of them: look at one byte. */
	if (path.n < 6 ||
	    (path.p[1] != 'h' && path.p[1] != 'r' && path.p[1] != 'm'))
		return NULL;
	for (size_t i = 0; i < COUNT(pages); i++)
		if (str_is(path, pages[i].path))
			return &pages[i];
	return NULL;
}

bool
meta_is(struct str path)
{
	return find(path) != NULL;
}

bool
meta_answer(struct ask *a, struct str path)
{
	const struct page *p = find(path);
	struct str method = http_method(a->x);

	if (!p)
		return false;
	if (str_is(method, "GET") || str_is(method, "HEAD"))
		p->answer(a);
	else
		answer_status(a, str_is(method, "OPTIONS") ? 200 : 405,
		    STR("GET, HEAD, OPTIONS"));
	return true;
}
