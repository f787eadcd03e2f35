/* SPDX-License-Identifier: Apache-2.0 */
/* kv.h - what the kinds of caches share. */
#ifndef STORE_KV_H
#define STORE_KV_H

#include "store/lane.h"

struct kv {
	uint32_t	 magic;
	struct arena	*arena;
	struct pool_kind kind;
	const char	*path;		/* SQLite's */
	uint64_t	 bytes;
	const char	*host, *user, *password;	/* Redis's */
	unsigned	 port, database;
};

extern const struct driver sqlite_kv, redis_kv;

/* Make the file if it is missing, and check that it is ours. */
int	sqlite_kv_check(struct kv *kv, struct err *e) MUST_CHECK;
/* ERR_INPUT: not an address. */
int	redis_address(struct kv *kv, const struct kv_options *opt,
	    struct err *e) MUST_CHECK;
struct kv *lane_kv(const struct lane *l);

#endif
