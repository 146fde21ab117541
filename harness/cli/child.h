/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that this one runs: itself again, for a process of a measurement,
 * and hyperfine.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "why.h"

/* This program's file, for argv[0]: in size bytes. 0 or a negative errno. */
int child_self(char *ret, size_t size);

/**
 * child_output() - run a program to its end and take what it prints
 * @argv:	its words, NULL at the end; looked for in PATH
 * @ret_text:	stdout with a NUL behind, to be freed; or NULL: thrown away
 * @ret_size:	bytes of it; or NULL
 * @why:	OUTPUT_WHY_SIZE bytes, written on failure: the program's last
 *line on stderr if it wrote one, without "v7sbench: " before it
 *
 * stdin is /dev/null; stderr is swallowed. Once a signal has set cli_stop the
 * program gets it too, and its end is waited for.
 *
 * Return: 0; -EINTR once cli_stop is set; -ENOENT and other errors of spawning;
 * -EIO if it ended otherwise than with status 0; -ENOMEM.
 */
int child_output(char *const *argv, char **ret_text, size_t *ret_size,
		 char *why);

enum { CHILD_OUT, CHILD_ERR, NR_CHILD_STREAMS };

struct child_stream {
	int fd; /* our end; -1 at its end */
	char *text;
	size_t size, room;
};

/* A program that was started, and is not looked at until its end. */
struct child {
	const char *program; /* its argv[0] */
	pid_t pid;	     /* 0: none */
	struct child_stream stream[NR_CHILD_STREAMS];
};

/* Starts a program whose argv[0] lives as long as ret. 0, then child_end() it;
 * else as child_output(). */
int child_start(char *const *argv, struct child *ret, char *why);

/* Waits for its end, as child_output() does. Of a zeroed one: 0. ret_exit: the
 * status it ended with, -1 for a signal; or NULL. Written also with -EIO. */
int child_end(struct child *child, char **ret_text, size_t *ret_size,
	      int *ret_exit, char *why);

/* Ends it with SIGTERM, and waits. A zeroed one, or one that was ended, is
 * fine. */
void child_stop(struct child *child);

#endif /* CHILD_H */
