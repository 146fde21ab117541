// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs `v7sbench count` under a tool, and reads what came of it; see
 * insn_job.h.
 *
 * callgrind watches all strategies of a workload in one process, because its
 * start takes longer than most counts: it dumps after each call of a watched
 * function, and the n-th dump is the n-th call.
 * Not done: several at a time; classes by the processor's counters, whose
 * reading would cost more than most calls. Invariant: no file stays behind.
 */
#include "insn_job.h"

#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "environment.h"
#include "fs.h"

const char *const insn_tool_names[] = {
	[INSN_AUTO] = "auto",
	[INSN_PERF] = "perf",
	[INSN_CALLGRIND] = "callgrind",
	NULL,
};

#define MAX_WORDS 128

/* The words of a command line. Texts are not copied. */
struct words {
	char *word[MAX_WORDS + 1];
	unsigned nr;
};

static void add(struct words *w, const char *word)
{
	/* posix_spawn wants char *, and changes nothing. */
	if (w->nr < MAX_WORDS)
		w->word[w->nr++] = (char *)(uintptr_t)word;
}

/* Options that have a blank before each; text is cut. */
static void add_options(struct words *w, char *text)
{
	char *word, *rest = text;

	while ((word = strsep(&rest, " ")))
		if (*word)
			add(w, word);
}

/* The environment moves the stack, and may hold settings of libraries. Those of
 * the program's own malloc: what jemalloc gives back by the clock else differs
 * by some instructions, once in thirty times. */
static void add_environment(struct words *w, char traces[4200])
{
	const char *dir = getenv("V7SBENCH_TRACES");

	add(w, "env");
	add(w, "-i");
	add(w, "LC_ALL=C");
	add(w, "PATH=/usr/bin:/bin");
	add(w, "MALLOC_CONF=dirty_decay_ms:-1,muzzy_decay_ms:-1");
	snprintf(traces, 4200, "V7SBENCH_TRACES=%s", dir ? dir : "");
	if (dir)
		add(w, traces);
}

/* The child takes it over; where it is refused, addresses stay random. */
static int run_fixed(struct words *w, char **ret_text, char *why)
{
	int was = personality(0xffffffff), err;

	if (was != -1)
		personality((unsigned long)was | ADDR_NO_RANDOMIZE);
	err = child_output(w->word, ret_text, NULL, why);
	if (was != -1)
		personality((unsigned long)was);
	return err;
}

static bool find_program(const char *name, char *ret, size_t size)
{
	const char *path = getenv("PATH");
	struct stat st;
	size_t len;

	for (; path && *path; path += len + (path[len] == ':')) {
		len = strcspn(path, ":");
		snprintf(ret, size, "%.*s/%s", (int)len, path, name);
		if (len && !stat(ret, &st) && S_ISREG(st.st_mode) &&
		    !access(ret, X_OK))
			return true;
	}
	return false;
}

/* 0 and its version; -ENOENT with a reason; -EINTR. */
static int look_for_callgrind(struct insn_host *host, char *version,
			      char *reason)
{
	char version_option[] = "--version";
	char *const argv[] = { host->valgrind, version_option, NULL };
	char *text = NULL;
	int err;

	if (!find_program("valgrind", host->valgrind, sizeof(host->valgrind)))
		return why_set(reason, -ENOENT, "valgrind is not installed");
	err = child_output(argv, &text, NULL, reason);
	if (err)
		return err == -EINTR ? err : -ENOENT;
	why_set(version, 0, "callgrind of %.*s",
		(int)strcspn(text ? text : "", "\n"), text ? text : "");
	free(text);
	return 0;
}

/* The build, and what else the instructions depend on. */
static void name_build(const char *version, struct insn_host *host)
{
	struct environment env;
	const char *simd = "";

#ifdef __x86_64__
	if (host->tool == INSN_PERF)
		simd = __builtin_cpu_supports("avx512f") ? " avx512" : "";
	if (!*simd)
		simd = __builtin_cpu_supports("avx2") ? " avx2" : "";
#endif
	environment_read(&env);
	snprintf(host->counted_by, sizeof(host->counted_by),
		 "%s; %s %s %s assert_level=%s; glibc %s; %s%s%s%s", version,
		 env.compiler, env.buildtype, env.cflags, env.assert_level,
		 gnu_get_libc_version(), env.machine, simd,
		 host->tool == INSN_PERF ? " " : "",
		 host->tool == INSN_PERF ? env.cpu_model : "");
}

static int look_for_perf(char *version, char *reason)
{
	char why[COUNTER_WHY_SIZE];
	struct counter counter;
	int err = counter_open(&counter, why);

	if (err) {
		why_set(reason, 0, "%s", why);
		return -ENOENT;
	}
	counter_close(&counter);
	why_set(version, 0, "perf_event");
	return 0;
}

int insn_host_look(enum insn_tool wanted, struct insn_host *ret, char *why)
{
	char version[OUTPUT_WHY_SIZE], reason[OUTPUT_WHY_SIZE] = "";
	char perf_reason[OUTPUT_WHY_SIZE] = "";
	struct environment env;
	int err = -ENOENT;

	*ret = (struct insn_host){ .tool = INSN_AUTO };
	if (child_self(ret->self, sizeof(ret->self)))
		return why_set(why, -EIO, "/proc/self/exe cannot be read");
	environment_read(&env);
	if (strcmp(env.sanitize, "none")) {
		why_set(ret->reason, 0, "built with a sanitizer");
		return 0;
	}
	if (wanted != INSN_CALLGRIND)
		err = look_for_perf(version, perf_reason);
	if (!err) {
		ret->tool = INSN_PERF;
	} else if (wanted != INSN_PERF) {
		err = look_for_callgrind(ret, version, reason);
		if (!err)
			ret->tool = INSN_CALLGRIND;
	}
	if (err == -EINTR)
		return err;
	if (err)
		why_set(ret->reason, 0, "%.240s%s%.240s", reason,
			*reason && *perf_reason ? "; " : "", perf_reason);
	else
		name_build(version, ret);
	return 0;
}

static int read_classes(const char *text, enum count_class first,
			enum count_class last, struct insn_classes *ret)
{
	int err = 0;

	for (unsigned c = first; c <= last && !err; c++)
		err = insn_read_calls(text, count_class_functions[c],
				      &ret->calls[c]);
	return err;
}

/* Of each strategy the dumps are, in this order. */
enum dump { EVENTS, TABLE, EVENT_CLASSES, TABLE_CLASSES };

static int take_dump(enum dump dump, const char *text, struct insn_row *row,
		     struct insn_classes *classes)
{
	switch (dump) {
	case EVENTS:
		return insn_read_dump(text, &row->events);
	case TABLE:
		return insn_read_dump(text, &row->table);
	case EVENT_CLASSES:
		return read_classes(text, COUNT_MAP, COUNT_UNMAP_TABLE,
				    classes);
	case TABLE_CLASSES:
		return read_classes(text, COUNT_ALLOC, COUNT_FREE, classes);
	}
	return -EINVAL;
}

static int read_dump(const char *dir, unsigned nr, enum dump dump,
		     struct insn_row *row, struct insn_classes *classes)
{
	char path[256], *text = NULL;
	size_t size = 0;
	FILE *f;
	int err = -EINVAL;

	snprintf(path, sizeof(path), "%s/out.%u", dir, nr);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	if (getdelim(&text, &size, '\0', f) > 0)
		err = take_dump(dump, text, row, classes);
	free(text);
	fclose(f);
	return err;
}

/* Dumps of each strategy that could be built, and none more. */
static int read_dumps(const char *dir, struct insn_row *row, unsigned nr_rows,
		      struct insn_classes *classes, char *why)
{
	unsigned last = classes ? TABLE_CLASSES : TABLE;
	struct insn_row surplus;
	unsigned nr = 0;
	int err = 0;

	for (unsigned i = 0; i < nr_rows; i++)
		for (unsigned d = EVENTS; row[i].counted && d <= last && !err;
		     d++)
			err = read_dump(dir, ++nr, d, &row[i],
					classes ? &classes[i] : NULL);
	if (!err && read_dump(dir, nr + 1, EVENTS, &surplus, NULL) != -ENOENT)
		err = -EINVAL;
	return err ? why_set(why, -EIO,
			     "callgrind dumped something else than expected (dump %u)",
			     nr)
		   : 0;
}

static int read_rows(const struct insn_job *job, const char *text,
		     struct insn_row *ret, char *why)
{
	struct csv_table t = { 0 };
	int err = csv_table_parse("v7sbench count", text ? text : "",
				  text ? strlen(text) : 0, &t, why);

	if (err)
		return err;
	if (t.nr_columns != 8 || t.nr_rows != job->plan->nr_specs)
		err = why_set(why, -EIO, "v7sbench count: not as expected");
	for (unsigned i = 0; i < t.nr_rows && !err; i++) {
		uint64_t v[8];

		for (unsigned k = 1; k < 8; k++)
			v[k] = strtoull(csv_cell(&t, i, k), NULL, 10);
		ret[i] = (struct insn_row){
			.strategy = job->plan->spec[i].label,
			.workload = job->workload,
			.counted = v[1],
			.nr_events = v[2],
			.nr_table_ops = v[3],
			.events = { v[4], v[5] },
			.table = { v[6], v[7] },
			.tool = insn_tool_names[job->host->tool],
			.counted_by = job->host->counted_by,
			.reason = v[1] ? "" : "could not be built",
		};
	}
	csv_table_fini(&t);
	return err;
}

static char *strategies_of(const struct run_plan *plan)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("--strategy=", out);
	for (unsigned i = 0; i < plan->nr_specs; i++)
		fprintf(out, "%s%s", i ? "," : "", plan->spec[i].label);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

static void add_callgrind(struct words *w, const struct insn_host *host,
			  bool classes)
{
	add(w, host->valgrind);
	add(w, "--tool=callgrind");
	add(w, "--quiet");
	add(w, "--vgdb=no");
	add(w, "--branch-sim=yes");
	add(w, "--toggle-collect=" COUNT_EVENTS);
	add(w, "--toggle-collect=" COUNT_TABLE);
	add(w, "--dump-after=" COUNT_EVENTS);
	add(w, "--dump-after=" COUNT_TABLE);
	if (!classes)
		return;
	add(w, "--toggle-collect=" COUNT_EVENT_CLASSES);
	add(w, "--toggle-collect=" COUNT_TABLE_CLASSES);
	add(w, "--dump-after=" COUNT_EVENT_CLASSES);
	add(w, "--dump-after=" COUNT_TABLE_CLASSES);
	add(w, "--compress-strings=no");
	add(w, "--compress-pos=no");
}

/* dir: where to dump. */
static int run_worker(const struct insn_job *job, const char *dir, bool classes,
		      char **ret_text, char *why)
{
	char *plan = plan_options_format(job->opts, job->plan);
	char *strategies = strategies_of(job->plan);
	char traces[4200], out[300], events[64], tool[32];
	struct words w = { .nr = 0 };
	int err = -ENOMEM;

	snprintf(out, sizeof(out), "--callgrind-out-file=%s/out", dir);
	snprintf(events, sizeof(events), "--events=%zu", job->nr_events);
	snprintf(tool, sizeof(tool), "--tool=%s",
		 insn_tool_names[job->host->tool]);
	add_environment(&w, traces);
	if (job->host->tool == INSN_CALLGRIND) {
		add_callgrind(&w, job->host, classes);
		add(&w, out);
	}
	add(&w, job->host->self);
	add(&w, "count");
	add(&w, events);
	add(&w, tool);
	if (classes)
		add(&w, "--classes");
	if (plan && strategies) {
		add(&w, strategies);
		add_options(&w, plan);
		add(&w, job->workload);
		err = run_fixed(&w, ret_text, why);
	} else {
		why_set(why, err, "out of memory");
	}
	free(strategies);
	free(plan);
	return err;
}

int insn_job_run(const struct insn_job *job, struct insn_row *ret,
		 struct insn_classes *classes, char *why)
{
	bool watched = job->host->tool == INSN_CALLGRIND;
	const char *tmp = getenv("TMPDIR");
	char dir[200], *text = NULL;
	int err;

	snprintf(dir, sizeof(dir), "%s/v7sbench-insn-XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return why_set(why, -EIO, "%s: %s", dir, strerror(errno));
	if (classes)
		memset(classes, 0, job->plan->nr_specs * sizeof(*classes));
	err = run_worker(job, dir, watched && classes, &text, why);
	if (!err)
		err = read_rows(job, text, ret, why);
	if (!err && watched)
		err = read_dumps(dir, ret, job->plan->nr_specs, classes, why);
	fs_remove_tree(AT_FDCWD, dir);
	free(text);
	return err;
}
