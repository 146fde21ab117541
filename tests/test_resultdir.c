// SPDX-License-Identifier: GPL-2.0-only
/*
 * Result folders and single files, replaced as a whole: with every call that
 * can fail failing in turn, with a kill before each, on a full disk, on
 * targets that cannot be written, and with two writers.
 *
 * After anything at all a target is the complete old content or the complete
 * new one; after a reported failure it is the old.
 */
#include "inject.h"
#include "outfile.h"
#include "resultdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define CONTENT 20000 /* bytes a file: several writes each */
#define TARGET "deep/er/result"

static const char *const names[] = { "samples.csv", RESULTDIR_MARKER };

/* Each test has a folder of its own to stand in. */
static int enter(void **state)
{
	char dir[] = "/tmp/test-resultdir-XXXXXX";

	if (!mkdtemp(dir) || chdir(dir))
		return -1;
	*state = strdup(dir);
	return 0;
}

static int leave(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	free(*state);
	return chdir("/") || system(command);
}

static int write_result(const char *path, char tag, char *why)
{
	struct resultdir *rd;
	size_t i, j;
	FILE *out;
	int rc = resultdir_open(path, &rd, why);

	if (rc)
		return rc;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		rc = resultdir_file(rd, names[i], &out, why);
		if (rc) {
			resultdir_abort(rd);
			return rc;
		}
		for (j = 0; j < CONTENT; j++)
			putc(tag, out);
	}
	return resultdir_commit(rd, why);
}

static int write_file(const char *path, char tag, char *why)
{
	struct outfile *of;
	size_t j;
	int rc = outfile_open(path, &of, why);

	if (rc)
		return rc;
	for (j = 0; j < CONTENT; j++)
		putc(tag, outfile_stream(of));
	return outfile_commit(of, why);
}

/* Which tag all of a file is; 0 if there is none, '?' if it is not whole. */
static char tag_of_file(const char *path)
{
	FILE *in = fopen(path, "r");
	size_t nr = 0;
	int first, c;

	if (!in)
		return 0;
	first = c = getc(in);
	while (c == first && c != EOF) {
		nr++;
		c = getc(in);
	}
	fclose(in);
	return nr == CONTENT && c == EOF ? (char)first : '?';
}

static char tag_of_result(const char *path)
{
	char file[256], tag, seen = 0;
	size_t i;

	if (access(path, F_OK))
		return 0;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]);
		tag = tag_of_file(file);
		if (!tag || (i && tag != seen))
			return '?';
		seen = tag;
	}
	return seen;
}

static unsigned nr_entries(const char *path)
{
	unsigned nr = 0;
	DIR *dir = opendir(path);

	assert_non_null(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr - 2;
}

/* The two kinds of target, so that each sweep runs over both. */
struct kind {
	const char *name;
	int (*put)(const char *path, char tag, char *why);
	char (*tag)(const char *path);
	unsigned nr_syncs;  /* of a commit */
	unsigned min_calls; /* fewer in a sweep means it swept nothing */
	bool keeps_previous;
};

static const struct kind kinds[] = {
	{ "folder", write_result, tag_of_result, 4, 25, true },
	{ "file", write_file, tag_of_file, 2, 10, false },
};

static void start_with(const struct kind *kind, char tag)
{
	char why[OUTPUT_WHY_SIZE];

	assert_int_equal(system("rm -rf deep"), 0);
	if (tag)
		assert_int_equal(kind->put(TARGET, tag, why), 0);
	else
		assert_int_equal(system("mkdir -p deep/er"), 0);
}

/* Nothing but the target, and what keeps the result before it. */
static void check_clean(const struct kind *kind, unsigned previous)
{
	unsigned expected = kind->tag(TARGET) ? 1 : 0;

	assert_int_equal(nr_entries("deep/er"),
			 expected + (kind->keeps_previous ? previous : 0));
}

static void test_resultdir__sequence(void **state)
{
	const struct kind *kind = &kinds[0];
	char why[OUTPUT_WHY_SIZE];

	(void)state;
	assert_int_equal(write_result(TARGET, 'a', why), 0);
	assert_int_equal(tag_of_result(TARGET), 'a');
	check_clean(kind, 0);
	assert_int_equal(write_result(TARGET "/", 'b', why), 0);
	assert_int_equal(tag_of_result(TARGET), 'b');
	assert_int_equal(tag_of_result(TARGET ".previous"), 'a');
	/* What others put into a result goes with it. */
	assert_int_equal(system("mkdir -p " TARGET "/plots/x && touch " TARGET
				"/plots/x/y"),
			 0);
	assert_int_equal(write_result(TARGET, 'c', why), 0);
	assert_int_equal(write_result(TARGET, 'd', why), 0);
	assert_int_equal(tag_of_result(TARGET), 'd');
	assert_int_equal(tag_of_result(TARGET ".previous"), 'c');
	check_clean(kind, 1);
}

static void test_resultdir__link(void **state)
{
	char why[OUTPUT_WHY_SIZE];
	struct stat st;

	(void)state;
	assert_int_equal(write_result("real", 'a', why), 0);
	assert_int_equal(symlink("real", "link"), 0);
	assert_int_equal(write_result("link", 'b', why), 0);
	assert_int_equal(tag_of_result("real"), 'b');
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(nr_entries("."), 3);
}

static void test_resultdir__file_names(void **state)
{
	static const struct {
		const char *name;
		int rc;
	} rows[] = {
		{ "", -EINVAL },    { ".", -EINVAL },	    { "..", -EINVAL },
		{ "a/b", -EINVAL }, { ".hidden", -EINVAL }, { "a", 0 },
		{ "a", -EEXIST },
	};
	char why[OUTPUT_WHY_SIZE];
	struct resultdir *rd;
	FILE *out;
	size_t i;

	(void)state;
	assert_int_equal(resultdir_open("r", &rd, why), 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(resultdir_file(rd, rows[i].name, &out, why),
				 rows[i].rc);
	assert_string_equal(why, "r/a: File exists");
	assert_int_equal(resultdir_commit(rd, why), -EINVAL);
	assert_string_equal(why, "r: no result.json written");
	assert_int_equal(nr_entries("."), 0);
}

static void test_resultdir__second_writer(void **state)
{
	struct resultdir *rd, *second = NULL;
	struct outfile *of, *other = NULL;
	char why[OUTPUT_WHY_SIZE];

	(void)state;
	assert_int_equal(resultdir_open("r", &rd, why), 0);
	assert_int_equal(resultdir_open("./r", &second, why), -EBUSY);
	assert_string_equal(why, "./r: another process writes there");
	assert_null(second);
	resultdir_abort(rd);
	resultdir_abort(NULL);
	assert_int_equal(outfile_open("f", &of, why), 0);
	assert_int_equal(outfile_open("f", &other, why), -EBUSY);
	assert_string_equal(why, "f: Device or resource busy");
	assert_null(other);
	outfile_abort(of);
	outfile_abort(NULL);
	assert_int_equal(nr_entries("."), 0);
}

/* A folder that is not ours is not touched, whatever it is called. */
static void test_resultdir__foreign_folders(void **state)
{
	static const struct {
		const char *make, *keep, *why;
	} rows[] = {
		{ "mkdir r && echo x >r/photo", "r/photo",
		  "r: no result folder (no result.json in it), not replaced" },
		{ "mkdir -p r.previous/y", "r.previous/y",
		  "r.previous: no result folder (no result.json in it), not "
		  "replaced" },
		{ "mkdir -p r.partial/y && echo x >r.partial/y/z",
		  "r.partial/y/z",
		  "r.partial: no result folder (no result.json in it), not "
		  "replaced" },
		{ "mkdir -p r/result.json", "r/result.json",
		  "r: no result folder (no result.json in it), not replaced" },
	};
	char why[OUTPUT_WHY_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(system(rows[i].make), 0);
		assert_int_equal(write_result("r", 'a', why), -EEXIST);
		assert_string_equal(why, rows[i].why);
		assert_int_equal(access(rows[i].keep, F_OK), 0);
		assert_int_equal(nr_entries("."), 1);
		assert_int_equal(system("rm -r r*"), 0);
	}
	assert_int_equal(system("mkdir -p r r.previous"), 0);
	assert_int_equal(write_result("r", 'a', why), 0);
}

#define LONG50 "12345678901234567890123456789012345678901234567890"
#define LONG250 LONG50 LONG50 LONG50 LONG50 LONG50

/* Refused when opened, which is before anything is measured. */
static void test_resultdir__unwritable(void **state)
{
	static const struct {
		const char *path;
		int folder_rc, file_rc;
	} rows[] = {
		{ "", -EINVAL, -EINVAL },
		{ "/", -EINVAL, -EINVAL },
		{ ".", -EINVAL, -EINVAL },
		{ "..", -EINVAL, -EINVAL },
		{ "x/..", -EINVAL, -EINVAL },
		{ "/dev/null/x", -ENOTDIR, -ENOTDIR },
		{ "/dev/null/x/y", -ENOTDIR, -ENOTDIR },
		{ "file", -ENOTDIR, 0 },
		{ "file/x", -ENOTDIR, -ENOTDIR },
		{ "folder", 0, -EISDIR },
		{ "busy", -EISDIR, -EISDIR },
		{ "/dev/null", -ENOTDIR, -EINVAL },
		{ "loop", -ELOOP, -ELOOP },
		{ "loop/x", -ELOOP, -ELOOP },
		{ "nowhere", -ENOENT, -ENOENT },
		{ LONG250, -ENAMETOOLONG, -ENAMETOOLONG },
		{ LONG250 "123456", -ENAMETOOLONG, -ENAMETOOLONG },
		{ "x/" LONG250 "123456/x", -ENAMETOOLONG, -ENAMETOOLONG },
		{ "/proc/none/x", -ENOENT, -ENOENT },
	};
	char why[OUTPUT_WHY_SIZE];
	struct resultdir *rd;
	struct outfile *of;
	size_t i;
	int rc;

	(void)state;
	assert_int_equal(system("echo kept >file; mkdir -p folder busy.lock "
				"busy.partial; ln -s loop loop; "
				"ln -s absent nowhere"),
			 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		rc = resultdir_open(rows[i].path, &rd, why);
		assert_int_equal(rc, rows[i].folder_rc);
		if (!rc)
			resultdir_abort(rd);
		else if (*rows[i].path)
			assert_int_equal(strncmp(why, rows[i].path,
						 strlen(rows[i].path)),
					 0);
		rc = outfile_open(rows[i].path, &of, why);
		assert_int_equal(rc, rows[i].file_rc);
		if (!rc)
			outfile_abort(of);
	}
	assert_int_equal(system("test \"$(cat file)\" = kept"), 0);
	assert_int_equal(nr_entries("folder"), 0);
	assert_int_equal(system("rm -rf x"), 0);
	assert_int_equal(nr_entries("."), 6);
}

/* One failing call, and then forever failing ones, from each on. */
static unsigned sweep_errors(const struct kind *kind, char old, int err,
			     bool forever)
{
	char why[OUTPUT_WHY_SIZE], tag;
	unsigned n, failures = 0, syncs = 0;
	int rc;

	for (n = 1;; n++) {
		start_with(kind, old);
		*why = '\0';
		inject_arm(INJECT_FAIL, n, err, forever);
		rc = kind->put(TARGET, 'n', why);
		if (inject_disarm() < n)
			break;
		tag = kind->tag(TARGET);
		failures += rc != 0;
		syncs += rc && !strcmp(inject_hit(), "fsync");
		if (rc) {
			/* Any errno will do, but it must be told, and where. */
			assert_true(rc < 0);
			assert_true(!strncmp(why, TARGET, strlen(TARGET)) ||
				    !strncmp(why, "deep", 4));
			assert_non_null(strstr(why, ": "));
		}
		if (rc && tag != old)
			assert_true(tag == 'n' && strstr(why, ": folder: "));
		if (!rc)
			assert_int_equal(tag, 'n');
		/* The next writer finds its way past any leftover. */
		assert_int_equal(kind->put(TARGET, 'z', why), 0);
		assert_int_equal(kind->tag(TARGET), 'z');
	}
	assert_in_range(n, kind->min_calls, 1000);
	assert_in_range(failures, kind->min_calls / 2, 1000);
	if (!forever)
		assert_int_equal(syncs, kind->nr_syncs);
	return n;
}

static void test_resultdir__every_call_fails(void **state)
{
	static const int errs[] = { ENOSPC, EIO, EDQUOT };
	unsigned swept = 0;
	size_t i, k;

	(void)state;
	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		for (i = 0; i < ARRAY_SIZE(errs); i++) {
			swept += sweep_errors(&kinds[k], 'o', errs[i], false);
			swept += sweep_errors(&kinds[k], 'o', errs[i], true);
			swept += sweep_errors(&kinds[k], 0, errs[i], false);
		}
	assert_true(swept >= 300);
}

/* What is no failure must not become one. */
static void test_resultdir__short_and_interrupted(void **state)
{
	char why[OUTPUT_WHY_SIZE];
	unsigned n, hits = 0;
	size_t k;

	(void)state;
	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		for (n = 1; n < 60; n++) {
			start_with(&kinds[k], 'o');
			inject_arm(INJECT_SHORT, n, 0, n % 2);
			assert_int_equal(kinds[k].put(TARGET, 'n', why), 0);
			inject_disarm();
			hits += !strcmp(inject_hit(), "write");
			assert_int_equal(kinds[k].tag(TARGET), 'n');
			inject_arm(INJECT_FAIL, n, EINTR, 0);
			if (!kinds[k].put(TARGET, 'i', why) &&
			    !strcmp(inject_hit(), "write"))
				hits++;
			else
				assert_string_not_equal(inject_hit(), "write");
			inject_disarm();
		}
	assert_true(hits >= 8);
}

static int run_child(const struct kind *kind, enum inject_what what, unsigned n,
		     rlim_t file_size)
{
	static const struct rlimit no_core = { 0, 0 };
	struct rlimit limit = { file_size, RLIM_INFINITY };
	char why[OUTPUT_WHY_SIZE];
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		setrlimit(RLIMIT_CORE, &no_core);
		setrlimit(RLIMIT_FSIZE, &limit);
		if (what != INJECT_KILL)
			signal(SIGXFSZ, SIG_IGN);
		inject_arm(what, n, 0, 0);
		_exit(kind->put(TARGET, 'n', why) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Killed before the k-th call: whole, and the next one clears up. */
static unsigned sweep_kills(const struct kind *kind, char old)
{
	char why[OUTPUT_WHY_SIZE], tag;
	unsigned n, saw_old = 0, saw_new = 0;

	for (n = 1;; n++) {
		start_with(kind, old);
		if (old && n % 2) /* with and without an older one */
			assert_int_equal(kind->put(TARGET, old, why), 0);
		if (!WIFSIGNALED(
			    run_child(kind, INJECT_KILL, n, RLIM_INFINITY)))
			break;
		tag = kind->tag(TARGET);
		assert_true(tag == old || tag == 'n');
		saw_old += tag == old;
		saw_new += tag == 'n';
		assert_int_equal(kind->put(TARGET, 'z', why), 0);
		assert_int_equal(kind->tag(TARGET), 'z');
		assert_in_range(nr_entries("deep/er"), 1,
				kind->keeps_previous ? 2 : 1);
	}
	assert_int_equal(kind->tag(TARGET), 'n');
	assert_in_range(n, kind->min_calls, 1000);
	assert_true(saw_old >= kind->min_calls / 2 && saw_new >= 1);
	return n;
}

static void test_resultdir__killed_anywhere(void **state)
{
	unsigned swept = 0;
	size_t k;

	(void)state;
	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		swept += sweep_kills(&kinds[k], 'o');
		swept += sweep_kills(&kinds[k], 0);
	}
	assert_true(swept >= 80);
}

/* A disk that fills up at each 512 bytes: an error, or death by SIGXFSZ in
 * the middle of a write. */
static void sweep_full_disk(const struct kind *kind, enum inject_what what)
{
	unsigned failed = 0;
	rlim_t size;
	int status;

	for (size = 0; size < CONTENT + 1024; size += 512) {
		start_with(kind, 'o');
		status = run_child(kind, what, UINT32_MAX, size);
		if (size >= CONTENT) {
			assert_int_equal(status, 0);
			assert_int_equal(kind->tag(TARGET), 'n');
			continue;
		}
		failed++;
		assert_int_equal(kind->tag(TARGET), 'o');
		if (what == INJECT_KILL) {
			assert_true(WIFSIGNALED(status));
			continue;
		}
		assert_int_equal(WEXITSTATUS(status), 1);
		check_clean(kind, 0);
	}
	assert_int_equal(failed, (CONTENT + 511) / 512);
}

static void test_resultdir__full_disk(void **state)
{
	size_t k;

	(void)state;
	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		sweep_full_disk(&kinds[k], INJECT_COUNT);
		sweep_full_disk(&kinds[k], INJECT_KILL);
	}
}

/* The errno of the write that failed, though stdio only knows that one did. */
static void test_resultdir__errno_is_told(void **state)
{
	static const struct rlimit limit = { 1000, RLIM_INFINITY };
	struct rlimit before;
	char why[OUTPUT_WHY_SIZE], file[OUTPUT_WHY_SIZE];

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(write_result("r", 'n', why), -EFBIG);
	assert_int_equal(write_file("f", 'n', file), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_non_null(strstr(why, ": File too large"));
	assert_int_equal(strncmp(why, "r/", 2), 0);
	assert_string_equal(file, "f: File too large");
	assert_int_equal(nr_entries("."), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_resultdir__sequence),
		TEST(test_resultdir__link),
		TEST(test_resultdir__file_names),
		TEST(test_resultdir__second_writer),
		TEST(test_resultdir__foreign_folders),
		TEST(test_resultdir__unwritable),
		TEST(test_resultdir__every_call_fails),
		TEST(test_resultdir__short_and_interrupted),
		TEST(test_resultdir__killed_anywhere),
		TEST(test_resultdir__full_disk),
		TEST(test_resultdir__errno_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
