/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions and branches that this thread executes in user space, from the
 * processor's counters (perf_event_open).
 *
 *	counter_open(&c, why)		says why not
 *	counter_start(&c)		from here
 *	counter_stop(&c, &reading)	to here
 *	counter_close(&c)
 *
 * Not here: cycles, cache misses, other threads, the kernel.
 * Concurrency: a counter counts the thread that opened it.
 */
#ifndef COUNTER_H
#define COUNTER_H

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define COUNTER_WHY_SIZE 200

/* The system calls that are used; a test has its own. Each returns -1 with
 * errno, as the kernel's wrappers do. */
struct counter_calls {
	int (*open)(struct perf_event_attr *attr, int group_fd);
	int (*ioctl)(int fd, unsigned long request, unsigned long arg);
	ssize_t (*read)(int fd, void *to, size_t size);
	int (*close)(int fd);
	/* A setting of the system, for the reason: see counter_open(). */
	int (*paranoid)(int *ret);
};

struct counter {
	const struct counter_calls *calls;
	int fd[2]; /* instructions, which leads the group; branches */
};

struct counter_reading {
	uint64_t instructions;
	uint64_t branches;
};

/**
 * counter_open() - both counters, stopped
 * @why:	COUNTER_WHY_SIZE bytes, written on failure: what is missing, in
 *		words, for people
 *
 * Return: 0; -ENOENT, -ENODEV or -EOPNOTSUPP if the machine has no such
 * counter; -EACCES or -EPERM if it is not allowed (perf_event_paranoid is then
 * in why, or that a container forbids the call); -ENOSYS; -EMFILE.
 */
int counter_open(struct counter *ret, char *why);
int counter_open_with(const struct counter_calls *calls, struct counter *ret,
		      char *why);

/* From zero. 0 or a negative errno. */
int counter_start(const struct counter *c);

/* 0; -EAGAIN if the counters were not on the processor all the time, so that
 * the figures would be estimates; -EIO for a short read; else errno. */
int counter_stop(const struct counter *c, struct counter_reading *ret);

/* A second time does nothing. */
void counter_close(struct counter *c);

#endif /* COUNTER_H */
