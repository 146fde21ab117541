// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a program and reads its stdout and stderr; see child.h.
 *
 * Not done: input, time limits: what is run here bounds its own time.
 * Invariant: no child is left when a call returns.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

extern char **environ;

enum { OUT, ERR, NR_STREAMS };

struct stream {
	int fd; /* our end; -1 at its end */
	char *text;
	size_t size, room;
};

int child_self(char *ret, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", ret, size - 1);

	if (len < 0)
		return -errno;
	ret[len] = '\0';
	return 0;
}

static int spawn(char *const *argv, int out, int err, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc)
		return -rc;
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	rc = posix_spawnp(ret, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

static int start(char *const *argv, struct stream *s, pid_t *ret)
{
	int out[2], err[2], rc;

	if (pipe2(out, O_CLOEXEC))
		return -errno;
	if (pipe2(err, O_CLOEXEC)) {
		rc = -errno;
		close(out[0]);
		close(out[1]);
		return rc;
	}
	rc = spawn(argv, out[1], err[1], ret);
	close(out[1]);
	close(err[1]);
	s[OUT].fd = out[0];
	s[ERR].fd = err[0];
	return rc;
}

/* What is there to read, with room for a NUL behind it. */
static int take(struct stream *s)
{
	ssize_t n;

	if (s->room - s->size < 4096) {
		size_t room = 2 * s->room + 65536;
		char *text = realloc(s->text, room);

		if (!text)
			return -ENOMEM;
		s->text = text;
		s->room = room;
	}
	n = read(s->fd, s->text + s->size, s->room - s->size - 1);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	s->size += (size_t)n;
	s->text[s->size] = '\0';
	if (!n) {
		close(s->fd);
		s->fd = -1;
	}
	return 0;
}

static int take_all(struct stream *s, pid_t pid)
{
	int rc = 0;

	while (!rc && (s[OUT].fd >= 0 || s[ERR].fd >= 0)) {
		struct pollfd p[NR_STREAMS] = {
			{ .fd = s[OUT].fd, .events = POLLIN },
			{ .fd = s[ERR].fd, .events = POLLIN },
		};

		/* A signal may come between looking and waiting. */
		if (poll(p, NR_STREAMS, 200) < 0 && errno != EINTR)
			return -errno;
		if (cli_stop)
			kill(pid, cli_stop);
		for (unsigned i = 0; i < NR_STREAMS && !rc; i++)
			if (p[i].fd >= 0 && p[i].revents)
				rc = take(&s[i]);
	}
	return rc;
}

/* Its last line, for people. */
static int ended_badly(const char *program, struct stream *err, char *why)
{
	static const char own[] = "v7sbench: ";
	char *line;

	while (err->size && err->text[err->size - 1] == '\n')
		err->text[--err->size] = '\0';
	if (!err->size)
		return why_set(why, -EIO, "%s failed", program);
	line = strrchr(err->text, '\n');
	line = line ? line + 1 : err->text;
	if (!strncmp(line, own, sizeof(own) - 1))
		line += sizeof(own) - 1;
	return why_set(why, -EIO, "%s", line);
}

static int finish(pid_t pid, int rc, int *ret_status)
{
	if (rc)
		kill(pid, SIGKILL);
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return rc;
}

int child_output(char *const *argv, char **ret_text, size_t *ret_size,
		 char *why)
{
	struct stream s[NR_STREAMS] = { { .fd = -1 }, { .fd = -1 } };
	int status = 0, rc;
	pid_t pid;

	rc = start(argv, s, &pid);
	if (!rc)
		rc = finish(pid, take_all(s, pid), &status);
	if (rc)
		why_errno(why, rc, "%s", argv[0]);
	else if (cli_stop)
		rc = -EINTR;
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		rc = ended_badly(argv[0], &s[ERR], why);
	for (unsigned i = 0; i < NR_STREAMS; i++)
		if (s[i].fd >= 0)
			close(s[i].fd);
	free(s[ERR].text);
	if (rc || !ret_text) {
		free(s[OUT].text);
		return rc;
	}
	*ret_text = s[OUT].text;
	if (ret_size)
		*ret_size = s[OUT].size;
	return 0;
}
