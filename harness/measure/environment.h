/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a result was measured on and with: enough to judge a figure and to
 * repeat it. What the machine does not tell is "unknown"; nothing is guessed.
 *
 * Host names, user names and paths are left out on purpose: results are
 * published.
 */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <stddef.h>

#define ENVIRONMENT_TEXT 160
#define ENVIRONMENT_UNKNOWN "unknown"

/* Texts are one line of printable ASCII, cut where too long, never empty. */
struct environment {
	/* the machine */
	char cpu_model[ENVIRONMENT_TEXT];
	char cpus_online[ENVIRONMENT_TEXT]; /* number, decimal */
	char machine[ENVIRONMENT_TEXT];	    /* uname -m */
	char kernel[ENVIRONMENT_TEXT];	    /* uname -s -r */
	char clocksource[ENVIRONMENT_TEXT];
	char governor[ENVIRONMENT_TEXT];  /* "mixed" if CPUs differ */
	char turbo[ENVIRONMENT_TEXT];	  /* on, off */
	char smt[ENVIRONMENT_TEXT];	  /* the kernel's word: on, off, ... */
	char aslr[ENVIRONMENT_TEXT];	  /* off, partial, full */
	char load_1min[ENVIRONMENT_TEXT]; /* average when read, 2 decimals */
	/* the program */
	char version[ENVIRONMENT_TEXT];
	char git[ENVIRONMENT_TEXT];	  /* git describe; -dirty if so */
	char compiler[ENVIRONMENT_TEXT];  /* gcc or clang, then its version */
	char buildtype[ENVIRONMENT_TEXT]; /* meson's */
	char cflags[ENVIRONMENT_TEXT];	  /* what sets this build apart */
	char sanitize[ENVIRONMENT_TEXT];  /* none, address, ... */
	char assert_level[ENVIRONMENT_TEXT]; /* 0 none, 1 cheap, 2 walks */
};

/* Reads everything anew; call it before measuring, or the load is its own.
 * Does not fail. */
void environment_read(struct environment *ret);

/* The same with files below root instead of "/": for tests. */
void environment_read_below(const char *root, struct environment *ret);

/* Called with each member's name, as above, and its text, in that order. */
typedef void (*environment_fn)(void *ctx, const char *name, const char *text);
void environment_each(const struct environment *env, environment_fn fn,
		      void *ctx);

/* Called with a line for each thing about the machine that makes times noisy:
 * load, a governor that saves power, turbo. What is unknown is left out. */
void environment_warn(const struct environment *env,
		      void (*fn)(void *ctx, const char *text), void *ctx);

/* Why times from this build should not be published: a sanitizer, asserts, no
 * optimisation. NULL if nothing speaks against it; static text otherwise. */
const char *environment_unfit(const struct environment *env);

#endif /* ENVIRONMENT_H */
