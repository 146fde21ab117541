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

static int start(char *const *argv, struct child_stream *s, pid_t *ret)
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
	s[CHILD_OUT].fd = out[0];
	s[CHILD_ERR].fd = err[0];
	return rc;
}

/* What is there to read, with room for a NUL behind it. */
static int take(struct child_stream *s)
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

static int take_all(struct child_stream *s, pid_t pid)
{
	int rc = 0;

	while (!rc && (s[CHILD_OUT].fd >= 0 || s[CHILD_ERR].fd >= 0)) {
		struct pollfd p[NR_CHILD_STREAMS] = {
			{ .fd = s[CHILD_OUT].fd, .events = POLLIN },
			{ .fd = s[CHILD_ERR].fd, .events = POLLIN },
		};

		/* A signal may come between looking and waiting. */
		if (poll(p, NR_CHILD_STREAMS, 200) < 0 && errno != EINTR)
			return -errno;
		if (cli_stop)
			kill(pid, cli_stop);
		for (unsigned i = 0; i < NR_CHILD_STREAMS && !rc; i++)
			if (p[i].fd >= 0 && p[i].revents)
				rc = take(&s[i]);
	}
	return rc;
}

/* Its last line, for people. */
static int ended_badly(const char *program, struct child_stream *err, char *why)
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

static void close_streams(struct child *child)
{
	for (unsigned i = 0; i < NR_CHILD_STREAMS; i++) {
		if (child->stream[i].fd >= 0)
			close(child->stream[i].fd);
		child->stream[i].fd = -1;
	}
}

int child_start(char *const *argv, struct child *ret, char *why)
{
	struct child child = { .program = argv[0] };
	int err;

	for (unsigned i = 0; i < NR_CHILD_STREAMS; i++)
		child.stream[i].fd = -1;
	err = start(argv, child.stream, &child.pid);
	if (err) {
		close_streams(&child);
		return why_errno(why, err, "%s", argv[0]);
	}
	*ret = child;
	return 0;
}

int child_end(struct child *child, char **ret_text, size_t *ret_size,
	      int *ret_exit, char *why)
{
	struct child_stream *s = child->stream;
	int status = 0, rc;

	if (!child->pid)
		return 0;
	rc = finish(child->pid, take_all(s, child->pid), &status);
	child->pid = 0;
	if (rc)
		why_errno(why, rc, "%s", child->program);
	else if (cli_stop)
		rc = -EINTR;
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		rc = ended_badly(child->program, &s[CHILD_ERR], why);
	if (ret_exit)
		*ret_exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	close_streams(child);
	free(s[CHILD_ERR].text);
	if (rc || !ret_text) {
		free(s[CHILD_OUT].text);
		return rc;
	}
	*ret_text = s[CHILD_OUT].text;
	if (ret_size)
		*ret_size = s[CHILD_OUT].size;
	return 0;
}

void child_stop(struct child *child)
{
	char why[OUTPUT_WHY_SIZE];

	if (child->pid)
		kill(child->pid, SIGTERM);
	child_end(child, NULL, NULL, NULL, why);
}

int child_output(char *const *argv, char **ret_text, size_t *ret_size,
		 char *why)
{
	struct child child;
	int err = child_start(argv, &child, why);

	return err ? err : child_end(&child, ret_text, ret_size, NULL, why);
}
