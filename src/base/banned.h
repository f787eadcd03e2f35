/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banned.h - calls that are too easy to get wrong do not compile.
 * Included before everything by the Makefile.
 */
#ifndef BANNED_H
#define BANNED_H

#ifndef __cplusplus
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The C library makes macros of these under some compilers. */
#undef alloca
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets
#pragma GCC poison atoi atol atoll gmtime localtime ctime alloca
#endif

#endif
