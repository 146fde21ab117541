/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults in the calls that output makes of libc: the linker redirects them
 * here (--wrap, see inject_calls in meson.build), since the library has no
 * hooks for tests. In its own file, because libc declares some calls as not
 * looking at the caller's variables, and a compiler then keeps stale counts.
 */
#ifndef INJECT_H
#define INJECT_H

enum inject_what {
	INJECT_COUNT, /* only counts */
	INJECT_FAIL,  /* the call fails with an errno, without effect */
	INJECT_SHORT, /* write() takes half, at least 1 byte; others count on */
	INJECT_KILL,  /* SIGKILL to this process instead of the call */
};

/* The nth call from now on, from 1, and every later one if forever. */
void inject_arm(enum inject_what what, unsigned nth, int err, int forever);

/* Back to normal. Return: number of calls seen since arming. */
unsigned inject_disarm(void);

/* The name of the call that was hit last; "" if none was. */
const char *inject_hit(void);

#endif /* INJECT_H */
