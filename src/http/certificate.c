/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, and the taps that have them. */
#include <string.h>

#include "http/parts.h"
#include "os/os.h"

static void
pem_free(struct pem *p)
{
	buf_free(&p->cert);
	if (p->key.p)
		explicit_bzero(p->key.p, p->key.n);
	buf_free(&p->key);
}

static int
read_pem(struct buf *out, const char *path, const char *what, struct err *e)
{
	size_t ignored;

	out->max = 1u << 20;
	if (os_read(out, path, e) < 0)
		return -1;
	buf_addc(out, '\n');
	if (!str_find(buf_str(out), str_of(what), &ignored))
		return err_set(
		    e, ERR_INPUT, "'%s' holds no %s in PEM form", path, what);
	return 0;
}

static int
load_pem(struct pem *p, const struct listener *s, struct err *e)
{
	if (read_pem(&p->cert, s->cert, "CERTIFICATE", e) < 0 ||
	    read_pem(&p->key, s->key, "PRIVATE KEY", e) < 0)
		return -1;
	return 0;
}

int
certificate_taps(
    struct http *h, const struct listener *s, struct tap **taps, struct err *e)
{
	CLEANUP(pem_free) struct pem pem = { 0 };
	unsigned i;

	if (load_pem(&pem, s, e) < 0)
		return -1;
	for (i = 0; i < h->nlanes; i++)
		if (tap_new(&taps[i], &h->lanes[i], &pem, e) < 0)
			break;
	if (i == h->nlanes)
		return 0;
	while (i > 0)
		tap_free(&taps[--i]);
	return err_wrap(e, "'%s' and '%s' cannot be used", s->cert, s->key);
}

struct renewal {
	struct ear *ear;
	struct tap *tap;
};

static void
renew(void *arg)
{
	struct renewal *n = arg;
	struct ear *r = n->ear;
	struct tap *old = r->tap;

	r->tap = n->tap;
	(void)tap_start(r->tap);
	old->old = true;
	tap_run(old);
	mem_free(n);
}

int
http_reload_tls(struct http *h, struct err *e)
{
	CLEANUP(mem_free_at) struct tap **taps = NULL;

	taps = mem_take(h->nlanes * sizeof(struct tap *));
	for (struct listener *s = h->listeners; s; s = s->next) {
		if (!s->tls)
			continue;
		if (certificate_taps(h, s, taps, e) < 0)
			return -1;
		for (unsigned i = 0; i < h->nlanes; i++) {
			struct renewal *n = mem_take(sizeof(*n));

			n->ear = &s->ears[i];
			n->tap = taps[i];
			loop_post(h->lanes[i].loop, renew, n);
		}
	}
	return 0;
}
