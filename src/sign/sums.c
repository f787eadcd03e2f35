/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "sign/crypt.h"
#include "sign/sign.h"

/* Less is hashed sooner than a thread starts. */
#define THREAD_FROM (1u << 20)
#define LONG_FROM (4u << 20)

struct summing {
	const struct str *pieces;
	size_t n;
	uint64_t nbytes;
	uint8_t blake2b[64];
};

static void *
blake(void *arg)
{
	struct summing *s = arg;

	if (s->nbytes < LONG_FROM ||
	    !crypt_blake2b_long(s->blake2b, s->pieces, s->n))
		crypt_blake2b(s->blake2b, sizeof(s->blake2b), s->pieces, s->n);
	return NULL;
}

struct sign_sums
sign_sums(const struct str *pieces, size_t n)
{
	CLEANUP(digester_free) struct digester *g = digester_new();
	struct summing s = { .pieces = pieces, .n = n };
	struct sign_sums sums = { 0 };
	pthread_t t;
	bool threaded;

	for (size_t i = 0; i < n; i++)
		sums.nbytes += pieces[i].n;
	s.nbytes = sums.nbytes;
	threaded = sums.nbytes >= THREAD_FROM &&
	    pthread_create(&t, NULL, blake, &s) == 0;
	for (size_t i = 0; i < n; i++)
		digester_add(g, pieces[i]);
	sums.sha256 = digester_done(g);
	if (threaded)
		pthread_join(t, NULL);
	else
		(void)blake(&s);
	for (size_t i = 0; i < sizeof(sums.blake2b); i++)
		sums.blake2b[i] = s.blake2b[i];
	return sums;
}
