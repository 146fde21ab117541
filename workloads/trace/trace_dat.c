// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.dat as a source of events; see trace_dat.h.
 *
 * Each reading starts a process, which reads the file (trace_dat_child.c) and
 * sends what it finds through a pipe: libtracecmd crashes on files that are
 * damaged or cut off, and writes to stderr. What arrives is checked as a line
 * of text would be. Not done: a limit on the memory that the library takes.
 *
 * Cost: a fork, some 30 ms to open a file, and a copy per event. Invariant: no
 * process is left when a reading ends, however it ends. Concurrency: as any
 * source; the fork may happen on a thread beside others, so the child does not
 * return to code of this program.
 */
#include "trace_dat.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace.h"
#include "trace_dat_child.h"

#define BATCH 512
#define MAX_CPU 4095
#define PAGE_MASK ((uint64_t)4095)
#define BIT(key) (1u << (key))

struct dat_source {
	struct trace_source base;
	int fd;
	char *name;
};

/* One reading. */
struct reader {
	struct dat_source *src;
	struct trace *info;
	struct trace_sink *sink;
	pid_t pid;
	int messages; /* read ends of its pipes */
	int errors;
	bool complete;
	char *why;
};

static int refuse(const struct reader *rd, uint32_t record, const char *reason)
{
	snprintf(rd->why, TRACE_WHY_SIZE, "%s:%" PRIu32 ": %s", rd->src->name,
		 record, reason);
	return -EINVAL;
}

/* As check_values() of the text reader; NULL or the reason. */
static const char *check_message(const struct dat_message *msg)
{
	const uint64_t *value = msg->event.value;
	bool map = msg->kind == DAT_MAP || msg->kind == DAT_DMAP;

	if (!(msg->seen & BIT(DAT_IOVA)))
		return "iova: missing";
	if (!(msg->seen & BIT(DAT_SIZE)))
		return "size: missing";
	if (map && !(msg->seen & BIT(DAT_PADDR)))
		return "paddr: missing";
	if (msg->kind >= DAT_DMAP && !(msg->seen & BIT(DAT_DOMAIN)))
		return "domain: missing";
	if (value[DAT_IOVA] & PAGE_MASK)
		return "iova: not a multiple of 4096";
	if (value[DAT_PADDR] & PAGE_MASK)
		return "paddr: not a multiple of 4096";
	if (value[DAT_SIZE] & PAGE_MASK)
		return "size: not a multiple of 4096";
	if (value[DAT_UNMAPPED] & PAGE_MASK)
		return "unmapped_size: not a multiple of 4096";
	if (!value[DAT_SIZE])
		return "size: must not be 0";
	if (value[DAT_SIZE] - 1 > UINT64_MAX - value[DAT_IOVA])
		return "size: iova + size passes 2^64";
	if (map && value[DAT_SIZE] - 1 > UINT64_MAX - value[DAT_PADDR])
		return "size: paddr + size passes 2^64";
	if (msg->event.cpu > MAX_CPU)
		return "cpu: above 4095";
	return NULL;
}

static int find_domain(struct reader *rd, const struct dat_message *msg)
{
	char name[TRACE_DOMAIN_NAME] = "";
	int domain;

	if (msg->seen & BIT(DAT_DOMAIN))
		snprintf(name, sizeof(name), "0x%" PRIx64,
			 msg->event.value[DAT_DOMAIN]);
	domain = trace_domain(rd->info, name);
	if (domain == -ENOSPC)
		return refuse(rd, msg->event.record,
			      "domain: more than 4096 of them");
	return domain;
}

/* As in the text reader: a map that failed at its first page. */
static bool is_nothing(const struct dat_message *msg)
{
	unsigned need = BIT(DAT_IOVA) | BIT(DAT_SIZE);

	if (msg->kind == DAT_UNMAP)
		need |= BIT(DAT_UNMAPPED);
	else if (msg->kind != DAT_DUNMAP)
		return false;
	return (msg->seen & need) == need && !msg->event.value[DAT_SIZE] &&
	       !msg->event.value[DAT_UNMAPPED];
}

static int take_event(struct reader *rd, const struct dat_message *msg)
{
	static const uint8_t both = TRACE_PROT_READ | TRACE_PROT_WRITE;
	const uint64_t *value = msg->event.value;
	bool map = msg->kind == DAT_MAP || msg->kind == DAT_DMAP;
	bool probe = msg->kind == DAT_DMAP || msg->kind == DAT_DUNMAP;
	const char *reason = check_message(msg);
	enum trace_take take = rd->src->base.take;
	struct trace_event ev = {
		.iova = value[DAT_IOVA],
		.paddr = map ? value[DAT_PADDR] : 0,
		.size = value[DAT_SIZE],
		.time_ns = msg->event.time,
		.line = msg->event.record,
		.cpu = (uint16_t)msg->event.cpu,
		.type = map ? TRACE_MAP : TRACE_UNMAP,
		.prot = both,
		.flags = probe ? TRACE_PROBE : 0,
	};
	int domain;

	if (is_nothing(msg)) {
		rd->info->nr_other++;
		return 0;
	}
	if (reason)
		return refuse(rd, msg->event.record, reason);
	rd->info->nr_probes += probe;
	rd->info->nr_points += !probe;
	if (take == (probe ? TRACE_POINTS : TRACE_PROBES)) {
		rd->info->nr_other++;
		return 0;
	}
	if (take == TRACE_PROBES)
		ev.flags = 0;
	if (map && msg->seen & BIT(DAT_PROT))
		ev.prot = value[DAT_PROT] & both;
	domain = find_domain(rd, msg);
	if (domain < 0)
		return domain;
	ev.domain = (uint16_t)domain;
	*rd->sink->at++ = ev;
	return rd->sink->at == rd->sink->end ? rd->sink->take(rd->sink) : 0;
}

static int take_message(struct reader *rd, const struct dat_message *msg)
{
	/* Nothing may follow the end. */
	if (msg->kind > DAT_END || rd->complete) {
		snprintf(rd->why, TRACE_WHY_SIZE,
			 "%s: damaged: libtracecmd went astray on it",
			 rd->src->name);
		return -EINVAL;
	}
	if (msg->kind < DAT_END)
		return take_event(rd, msg);
	rd->complete = true;
	rd->info->nr_other += msg->end.nr_other;
	rd->info->nr_lost = msg->end.nr_lost;
	return 0;
}

static int read_messages(struct reader *rd)
{
	struct dat_message batch[BATCH];
	size_t have = 0;
	int err = 0;

	for (;;) {
		ssize_t got = read(rd->messages, (char *)batch + have,
				   sizeof(batch) - have);
		size_t nr;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : 0;
		have += (size_t)got;
		nr = have / sizeof(batch[0]);
		for (size_t i = 0; !err && i < nr; i++)
			err = take_message(rd, &batch[i]);
		if (err)
			return err;
		have -= nr * sizeof(batch[0]);
		memmove(batch, batch + nr, have);
	}
}

/* The last line that the library wrote and that is worth repeating. */
static const char *last_line(int fd, char *text, size_t room)
{
	ssize_t got = read(fd, text, room - 1);
	const char *last = "";
	char *rest;

	text[got > 0 ? got : 0] = '\0';
	for (char *p = text; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\n') || *p >= 0x7f)
			*p = '?';
	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (!strstr(line, "mmap"))
			last = line + strspn(line, " ");
	return last;
}

/* Why it ended before it had said so. */
static int explain_end(struct reader *rd, int status)
{
	char text[4096];
	const char *line = last_line(rd->errors, text, sizeof(text));

	if (WIFSIGNALED(status))
		snprintf(rd->why, TRACE_WHY_SIZE,
			 "%s: damaged or cut off: libtracecmd fails on it (%s)",
			 rd->src->name, strsignal(WTERMSIG(status)));
	else
		snprintf(rd->why, TRACE_WHY_SIZE,
			 "%s: damaged or cut off: no file that libtracecmd "
			 "can read%s%.200s",
			 rd->src->name, *line ? ": " : "", line);
	return -EINVAL;
}

/* The child's side, from the fork on. */
static void __attribute__((noreturn))
run_child(const struct dat_source *src, int messages, int errors)
{
	static const int fatal[] = { SIGSEGV, SIGBUS,  SIGFPE,
				     SIGILL,  SIGABRT, SIGXCPU };
	static const int program[] = { SIGINT, SIGTERM, SIGHUP };
	const struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* Where this program was started without one of the first three, they
	 * may be among those. */
	int file = fcntl(src->fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int out = fcntl(messages, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int err = fcntl(errors, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	char path[32];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	/* A handler of this program might go on with its work. */
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], SIG_DFL);
	/* Whether these are its end the program says, whose end is ours. */
	for (size_t i = 0; i < sizeof(program) / sizeof(program[0]); i++)
		signal(program[i], SIG_IGN);
	if (null < 0 || file < 0 || out < 0 || err < 0 ||
	    dup2(err, STDERR_FILENO) < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(STDIN_FILENO, STDOUT_FILENO) < 0)
		_exit(EXIT_FAILURE);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	dat_child(path, out);
}

static int start_child(struct reader *rd)
{
	int messages[2], errors[2];
	int err;

	if (pipe2(messages, O_CLOEXEC))
		return -errno;
	/* So that one who writes without end is not waited for. */
	if (pipe2(errors, O_CLOEXEC | O_NONBLOCK)) {
		err = -errno;
		close(messages[0]);
		close(messages[1]);
		return err;
	}
	rd->pid = fork();
	if (!rd->pid) {
		/* So that writing fails when the program is gone. */
		close(messages[0]);
		close(errors[0]);
		run_child(rd->src, messages[1], errors[1]);
	}
	err = rd->pid < 0 ? -errno : 0;
	close(messages[1]);
	close(errors[1]);
	if (err) {
		close(messages[0]);
		close(errors[0]);
	}
	rd->messages = messages[0];
	rd->errors = errors[0];
	return err;
}

static int end_child(struct reader *rd, int err)
{
	int status = 0;

	/* After an error of ours nobody reads on. */
	if (err)
		kill(rd->pid, SIGKILL);
	while (waitpid(rd->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!err && (status || !rd->complete))
		err = explain_end(rd, status);
	close(rd->messages);
	close(rd->errors);
	return err;
}

static int dat_read(struct trace_source *base, struct trace *info,
		    struct trace_sink *sink, char *why)
{
	struct reader rd = {
		.src = (struct dat_source *)base,
		.info = info,
		.sink = sink,
		.why = why,
	};
	int err;

	snprintf(why, TRACE_WHY_SIZE, "%s", "");
	err = start_child(&rd);
	if (!err)
		err = end_child(&rd, read_messages(&rd));
	if (!err)
		err = sink->take(sink);
	if (err && !*why)
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", base->name,
			 strerror(-err));
	return err;
}

static void dat_close(struct trace_source *base)
{
	struct dat_source *src = (struct dat_source *)base;

	close(src->fd);
	free(src->name);
	free(src);
}

static const struct trace_source_ops dat_ops = {
	.read = dat_read,
	.close = dat_close,
};

int trace_source_dat(const char *name, int fd, struct trace_source **ret,
		     char *why)
{
	struct dat_source *src = calloc(1, sizeof(*src));

	if (src)
		src->name = strdup(name);
	if (!src || !src->name) {
		free(src);
		close(fd);
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", name, strerror(ENOMEM));
		return -ENOMEM;
	}
	src->base.ops = &dat_ops;
	src->base.name = src->name;
	src->fd = fd;
	*ret = &src->base;
	return 0;
}
