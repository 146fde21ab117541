// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.dat: the events of files made by mkdat.py and by trace-cmd, beside the
 * text of `trace-cmd report`; lost events; buffers; and files that are cut off
 * or have other bytes in them, on which libtracecmd crashes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace.h"
#include "trace_compare.h"
#include "trace_cursor.h"
#include "trace_dat.h"

#define NR_MUTANTS 400
#define READ TRACE_PROT_READ
#define BOTH (TRACE_PROT_READ | TRACE_PROT_WRITE)

static void make_path(char *path, size_t size, const char *file)
{
	snprintf(path, size, "%s/%s",
		 getenv(strstr(file, "-v7") ? "TEST_DATA" : "TEST_DAT"), file);
}

static int open_dat(const char *path, enum trace_take take, size_t keep,
		    struct trace *ret, char *why)
{
	struct trace_source *src;
	int err = trace_source_dat("file", open(path, O_RDONLY | O_CLOEXEC),
				   &src, why);

	assert_int_equal(err, 0);
	src->take = take;
	return trace_open(src, keep, ret, why);
}

static void load(const char *file, enum trace_take take, struct trace *ret)
{
	char path[4096], why[TRACE_WHY_SIZE] = "";

	make_path(path, sizeof(path), file);
	if (open_dat(path, take, SIZE_MAX, ret, why))
		fail_msg("%s", why);
}

static void expect_events(const char *file, enum trace_take take,
			  const struct trace_event *events, size_t nr,
			  const char *const *domains)
{
	struct trace trace = { 0 };

	load(file, take, &trace);
	assert_int_equal(trace.nr_events, nr);
	for (size_t i = 0; i < nr; i++) {
		const struct trace_event *ev = &trace.event[i];

		if (!events_equal(ev, &events[i]) || ev->line != events[i].line)
			fail_msg("%s: event %zu", file, i);
	}
	for (unsigned i = 0; i < trace.nr_domains; i++)
		assert_string_equal(trace.domain[i], domains[i]);
	assert_int_equal(trace.nr_lost, 0);
	/* One is none of ours; kprobes, or tracepoints, that are not taken. */
	assert_int_equal(trace.nr_other, take == TRACE_JOIN ? 1 : 4);
	assert_int_equal(trace.nr_points, 3);
	assert_int_equal(trace.nr_probes, 3);
	assert_int_equal(trace.nr_cpus, 2);
	if (take != TRACE_JOIN)
		assert_round_trip(&trace);
	trace_free(&trace);
}

static const struct trace_event points[] = {
	{ 0xfffff000, 0x10dbcf000, 4096, 1000002600, 2, 0, 0, 0, BOTH, 0 },
	{ 0xffe00000, 0x20000000, 2 << 20, 1000004700, 4, 0, 1, 0, BOTH, 0 },
	{ 0xfffff000, 0, 4096, 3000005678, 7, 0, 0, TRACE_UNMAP, BOTH, 0 },
};

static const struct trace_event probes[] = {
	{ 0xfffff000, 0x10dbcf000, 4096, 1000001234, 1, 0, 0, 0, BOTH, 0 },
	{ 0xffe00000, 0x20000000, 2 << 20, 1000003500, 3, 1, 1, 0, READ, 0 },
	{ 0xfffff000, 0, 4096, 3000001234, 6, 0, 0, TRACE_UNMAP, BOTH, 0 },
};

static void test_dat__events(void **state)
{
	static const char *const file[] = { "joined.dat", "joined-v7.dat" };
	static const char *const unnamed[] = { "" };
	static const char *const named[] = { "0xffff888100000010",
					     "0xffff888100000020" };
	struct trace_event joined[3];

	(void)state;
	memcpy(joined, points, sizeof(joined));
	joined[1].domain = 1;
	for (unsigned i = 0; i < 2; i++) {
		expect_events(file[i], TRACE_AUTO, points, 3, unnamed);
		expect_events(file[i], TRACE_POINTS, points, 3, unnamed);
		expect_events(file[i], TRACE_PROBES, probes, 3, named);
		expect_events(file[i], TRACE_JOIN, joined, 3, named);
	}
}

/* The text has microseconds, rounded. */
static void expect_text(const struct trace *trace, enum trace_take take)
{
	struct trace text = { 0 };
	struct trace_source *src;
	char path[4096], why[TRACE_WHY_SIZE] = "";

	snprintf(path, sizeof(path), "%s/joined-report.txt",
		 getenv("TEST_DATA"));
	if (trace_source_file(path, &src, why))
		fail_msg("%s", why);
	src->take = take;
	if (trace_open(src, SIZE_MAX, &text, why))
		fail_msg("%s", why);
	for (size_t i = 0; i < trace->nr_events; i++)
		trace->event[i].time_ns =
			(trace->event[i].time_ns + 500) / 1000 * 1000;
	assert_true(traces_equal(trace, &text));
	assert_int_equal(trace->nr_probes, text.nr_probes);
	assert_int_equal(trace->nr_points, text.nr_points);
	assert_int_equal(trace->nr_other, text.nr_other);
	trace_free(&text);
}

static void test_dat__text(void **state)
{
	static const enum trace_take takes[] = { TRACE_AUTO, TRACE_POINTS,
						 TRACE_PROBES, TRACE_JOIN };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct trace trace = { 0 };

		load("joined.dat", takes[i], &trace);
		expect_text(&trace, takes[i]);
		trace_free(&trace);
	}
}

static void expect_lost(const char *file, size_t nr_events, uint64_t lost)
{
	struct trace trace = { 0 };

	load(file, TRACE_AUTO, &trace);
	assert_int_equal(trace.nr_events, nr_events);
	assert_int_equal(trace.nr_lost, lost);
	trace_free(&trace);
}

/* Marks at records and statistics tell of the same: the larger counts. */
static void test_dat__lost(void **state)
{
	(void)state;
	expect_lost("lost.dat", 3, 8);
	expect_lost("overrun.dat", 1, 9);
	expect_lost("dropped.dat", 1, 11);
}

static void test_dat__buffers(void **state)
{
	static const uint64_t iova[] = { 0x1000, 0x5000, 0x2000, 0x5000,
					 0x1000 };
	struct trace trace = { 0 };

	(void)state;
	load("buffers.dat", TRACE_AUTO, &trace);
	assert_int_equal(trace.nr_events, 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(trace.event[i].iova, iova[i]);
		assert_int_equal(trace.event[i].line, i + 1);
	}
	assert_int_equal(trace.nr_lost, 8);
	trace_free(&trace);
}

static void test_dat__unmap_of_nothing(void **state)
{
	struct trace trace = { 0 };

	(void)state;
	load("nothing.dat", TRACE_AUTO, &trace);
	assert_int_equal(trace.nr_events, 1);
	assert_int_equal(trace.event[0].line, 2);
	assert_int_equal(trace.nr_points, 1);
	assert_int_equal(trace.nr_other, 2);
	trace_free(&trace);
}

/* Events of others may bear the names. */
static void test_dat__other_system(void **state)
{
	struct trace trace = { 0 };

	(void)state;
	load("other-system.dat", TRACE_AUTO, &trace);
	assert_int_equal(trace.nr_events, 1);
	assert_int_equal(trace.event[0].iova, 0x5000);
	assert_int_equal(trace.nr_other, 1);
	trace_free(&trace);
}

static void test_dat__refused(void **state)
{
	static const struct {
		const char *file, *why;
	} refused[] = {
		{ "unaligned.dat", "file:2: iova: not a multiple of 4096" },
		{ "empty-range.dat", "file:2: size: must not be 0" },
		{ "wraps.dat", "file:1: size: iova + size passes 2^64" },
		{ "paddr-wraps.dat", "file:1: size: paddr + size passes 2^64" },
		{ "unmapped.dat",
		  "file:1: unmapped_size: not a multiple of 4096" },
		{ "no-event.dat", "file: no map or unmap event" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct trace trace = { 0 };
		char path[4096], why[TRACE_WHY_SIZE] = "";

		make_path(path, sizeof(path), refused[i].file);
		assert_int_equal(open_dat(path, TRACE_AUTO, SIZE_MAX, &trace,
					  why),
				 -EINVAL);
		assert_string_equal(why, refused[i].why);
	}
}

static unsigned nr_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned nr = 0;

	assert_non_null(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

/* Read again for each pass, and left in the middle. */
static void test_dat__again(void **state)
{
	unsigned before = nr_open();
	struct trace trace = { 0 };
	char path[4096], why[TRACE_WHY_SIZE] = "";

	(void)state;
	make_path(path, sizeof(path), "joined.dat");
	assert_int_equal(open_dat(path, TRACE_POINTS, 1, &trace, why), 0);
	assert_null(trace.event);
	for (unsigned i = 0; i < 3; i++) {
		const struct trace_event *ev;
		struct trace_cursor *cur;
		size_t nr;

		assert_int_equal(trace_cursor_open(&trace, &cur), 0);
		assert_int_equal(trace_cursor_next(cur, &ev, &nr), 0);
		assert_int_equal(nr, 3);
		assert_true(events_equal(&ev[2], &points[2]));
		trace_cursor_close(cur);
	}
	trace_free(&trace);
	assert_int_equal(nr_open(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static int stop(struct trace_sink *sink)
{
	(void)sink;
	return -ECANCELED;
}

static void test_dat__stopped(void **state)
{
	unsigned before = nr_open();
	struct trace_event room[1];
	struct trace_sink sink = { room, room, room + 1, stop };
	struct trace_source *src;
	struct trace info = { 0 };
	char path[4096], why[TRACE_WHY_SIZE] = "";

	(void)state;
	make_path(path, sizeof(path), "joined.dat");
	assert_int_equal(
		trace_source_dat("file", open(path, O_RDONLY), &src, why), 0);
	assert_int_equal(trace_source_read(src, &info, &sink, why), -ECANCELED);
	trace_source_close(src);
	trace_free(&info);
	assert_int_equal(nr_open(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

#define NR_MANY 20000 /* more than pipe and library hold */

static int read_many(int (*take)(struct trace_sink *sink), char *why)
{
	struct trace_event room[512];
	struct trace_sink sink = { room, room, room + 512, take };
	struct trace_source *src;
	struct trace info = { 0 };
	char path[4096];
	int err;

	make_path(path, sizeof(path), "many.dat");
	assert_int_equal(
		trace_source_dat("file", open(path, O_RDONLY), &src, why), 0);
	err = trace_source_read(src, &info, &sink, why);
	trace_source_close(src);
	trace_free(&info);
	return err;
}

static pid_t test_pid;
static unsigned nr_signals, nr_taken;

static void on_signal(int sig)
{
	(void)sig;
	if (getpid() != test_pid)
		_exit(99);
	nr_signals++;
}

/* As a terminal does, to all of the program. */
static int interrupt(struct trace_sink *sink)
{
	nr_taken += (unsigned)(sink->at - sink->from);
	sink->at = sink->from;
	if (nr_signals)
		return 0;
	kill(0, SIGINT);
	kill(0, SIGTERM);
	kill(0, SIGHUP);
	return 0;
}

/* What the program does about a signal is for the program to say. */
static void test_dat__signals(void **state)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
	char why[TRACE_WHY_SIZE] = "";

	(void)state;
	setpgid(0, 0);
	assert_int_equal(getpgrp(), getpid());
	test_pid = getpid();
	for (unsigned i = 0; i < 3; i++)
		signal(caught[i], on_signal);
	if (read_many(interrupt, why))
		fail_msg("%s", why);
	assert_int_equal(nr_signals, 3);
	assert_int_equal(nr_taken, NR_MANY);
	for (unsigned i = 0; i < 3; i++)
		signal(caught[i], SIG_DFL);
}

/* It waits in a full pipe, and is not waited for. */
static void test_dat__stopped_early(void **state)
{
	char why[TRACE_WHY_SIZE] = "";

	(void)state;
	alarm(30);
	assert_int_equal(read_many(stop, why), -ECANCELED);
	alarm(0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static int die(struct trace_sink *sink)
{
	(void)sink;
	return raise(SIGKILL);
}

/* The end of a pipe that both have is open until both are gone. */
static void test_dat__killed(void **state)
{
	char why[TRACE_WHY_SIZE], byte;
	int ends[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		read_many(die, why);
		_exit(EXIT_SUCCESS);
	}
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	alarm(30);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	alarm(0);
	close(ends[0]);
}

struct bytes {
	uint8_t *data;
	size_t size;
};

static struct bytes read_bytes(const char *file)
{
	struct bytes ret = { malloc(1 << 20), 0 };
	char path[4096];
	FILE *in;

	make_path(path, sizeof(path), file);
	in = fopen(path, "rb");
	assert_non_null(in);
	assert_non_null(ret.data);
	ret.size = fread(ret.data, 1, 1 << 20, in);
	fclose(in);
	assert_true(ret.size > 1000);
	return ret;
}

/* How many events are in it; if none, there must be a reason in one line. */
static size_t try_bytes(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/test_trace_dat_XXXXXX", why[TRACE_WHY_SIZE] = "";
	struct trace trace = { 0 };
	int fd = mkstemp(path);
	int err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
	err = open_dat(path, TRACE_AUTO, SIZE_MAX, &trace, why);
	unlink(path);
	if (!err) {
		size_t nr = trace.nr_events;

		trace_free(&trace);
		return nr;
	}
	assert_int_equal(err, -EINVAL);
	assert_int_equal(strncmp(why, "file:", 5), 0);
	assert_null(strchr(why, '\n'));
	return 0;
}

/* All of the events, which the last bytes are not needed for, or a refusal. */
static void test_dat__cut_off(void **state)
{
	static const char *const file[] = { "joined.dat", "joined-v7.dat" };
	unsigned nr_refused = 0;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct bytes b = read_bytes(file[i]);

		for (size_t size = 0; size < b.size; size += 97) {
			size_t nr = try_bytes(b.data, size);

			if (nr && nr != 3)
				fail_msg("%s: %zu events in %zu bytes", file[i],
					 nr, size);
			nr_refused += !nr;
		}
		free(b.data);
	}
	assert_true(nr_refused > 200);
}

static uint32_t draw(uint32_t *drawn)
{
	*drawn ^= *drawn << 13;
	*drawn ^= *drawn >> 17;
	*drawn ^= *drawn << 5;
	return *drawn;
}

/* What one of them means nobody says: it must be read or refused. */
static void test_dat__mutants(void **state)
{
	static const char *const file[] = { "joined.dat", "joined-v7.dat" };
	unsigned nr_refused = 0;
	uint32_t drawn = 2018;

	(void)state;
	for (unsigned i = 0; i < NR_MUTANTS; i++) {
		struct bytes b = read_bytes(file[i % 2]);
		unsigned nr = 1 + draw(&drawn) % 4;

		while (nr--)
			b.data[draw(&drawn) % b.size] = (uint8_t)draw(&drawn);
		nr_refused += !try_bytes(b.data, b.size);
		free(b.data);
	}
	assert_true(nr_refused > NR_MUTANTS / 10);
	assert_true(nr_refused < NR_MUTANTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dat__events),
		cmocka_unit_test(test_dat__text),
		cmocka_unit_test(test_dat__lost),
		cmocka_unit_test(test_dat__buffers),
		cmocka_unit_test(test_dat__unmap_of_nothing),
		cmocka_unit_test(test_dat__other_system),
		cmocka_unit_test(test_dat__refused),
		cmocka_unit_test(test_dat__again),
		cmocka_unit_test(test_dat__stopped),
		cmocka_unit_test(test_dat__stopped_early),
		cmocka_unit_test(test_dat__signals),
		cmocka_unit_test(test_dat__killed),
		cmocka_unit_test(test_dat__cut_off),
		cmocka_unit_test(test_dat__mutants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
