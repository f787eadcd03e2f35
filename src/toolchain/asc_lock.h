/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asc_lock.h - the packages that make up AssemblyScript's compiler, each with
 * its digest, as npm wants to read them.
 */
#ifndef TOOLCHAIN_ASC_LOCK_H
#define TOOLCHAIN_ASC_LOCK_H

#define ASC_VERSION	"0.28.20"

#define ASC_PACKAGE \
	"{\"name\":\"asc\",\"version\":\"0.0.0\",\"private\":true," \
	"\"dependencies\":{\"assemblyscript\":\"" ASC_VERSION "\"}}\n"

#define ASC_LOCK \
	"{\"name\":\"asc\",\"version\":\"0.0.0\",\"lockfileVersion\":3," \
	"\"requires\":true,\"packages\":{" \
	"\"\":{\"name\":\"asc\",\"version\":\"0.0.0\"," \
	"\"dependencies\":{\"assemblyscript\":\"" ASC_VERSION "\"}}," \
	"\"node_modules/assemblyscript\":{\"version\":\"" ASC_VERSION "\"," \
	"\"integrity\":\"sha512-5PM7GZpvcLypHcLmi30aP8mqm5HjU+LL3BdV1xDyA3U" \
	"SGtL2w+iMiUnhtH+vW8+2kOuHlAyPu7M+QgyEw5he1g==\"," \
	"\"dependencies\":{\"binaryen\":\"131.0.0-nightly.20260721\"," \
	"\"long\":\"^5.2.4\"}," \
	"\"bin\":{\"asc\":\"bin/asc.js\",\"asinit\":\"bin/asinit.js\"}}," \
	"\"node_modules/binaryen\":{" \
	"\"version\":\"131.0.0-nightly.20260721\"," \
	"\"integrity\":\"sha512-AAQIkhfbYXh4FBObwBrlO+5L+6Rp6OOMOjh6AdT0M+G" \
	"LNLyrwKWgtW+EzmizNgx9CWDfTJPfDtKoZi62QESbtg==\"}," \
	"\"node_modules/long\":{\"version\":\"5.3.2\"," \
	"\"integrity\":\"sha512-mNAgZ1GmyNhD7AuqnTG3/VQ26o760+ZYBPKjPvugO8+" \
	"nLbYfX6TVpJPseBvopbdY+qpZ/lKUnmEc1LeZYS3QAA==\"}}}\n"

#endif
