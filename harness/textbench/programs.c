// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other programs, run to their end, and what they print.
 *
 * Cost: a process. Concurrency: one at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "textbench.h"

extern char **environ;

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

int program_run(const char *const *argv, int out)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int err;

	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
					 O_WRONLY, 0);
	if (out < 0)
		posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
						 "/dev/null", O_WRONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	/* It wants char *, and changes nothing. */
	err = posix_spawnp(&pid, argv[0], &actions, NULL,
			   (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return err ? -err : wait_for(pid);
}

static void count_lines(FILE *in, uint64_t *ret_number, uint64_t *ret_lines)
{
	char *line = NULL;
	size_t room = 0;

	*ret_number = *ret_lines = 0;
	while (getline(&line, &room, in) > 0)
		if (!(*ret_lines)++)
			*ret_number = strtoull(line, NULL, 10);
	free(line);
}

int program_ask(const char *const *argv, uint64_t *ret_number,
		uint64_t *ret_lines)
{
	int fd = nameless_file();
	FILE *in;
	int err;

	if (fd < 0)
		return fd;
	err = program_run(argv, fd);
	if (err) {
		close(fd);
		return err;
	}
	in = fdopen(fd, "r");
	if (!in) {
		close(fd);
		return -ENOMEM;
	}
	rewind(in);
	count_lines(in, ret_number, ret_lines);
	err = ferror(in) ? -EIO : 0;
	fclose(in);
	return err;
}
