// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a kernel's answer differs: a difference planted in every figure is
 * found, with its verdict, its place and words; and two answers to different
 * questions are not compared.
 */
#include "kernel_fixture.h"

#include <dirent.h>

#define NR_POINTS 4
#define NR_DOMAINS 3

struct made {
	struct kernel_answer answer;
	struct kernel_point point[NR_POINTS];
	struct kernel_state state[NR_DOMAINS];
};

static void make(struct made *made)
{
	memset(made, 0, sizeof(*made));
	made->answer = (struct kernel_answer){
		.label = "case",
		.strategy = "page",
		.held_open = 1024,
		.point = made->point,
		.nr_points = NR_POINTS,
		.state = made->state,
		.nr_domains = NR_DOMAINS,
	};
	for (unsigned i = 0; i < NR_POINTS; i++)
		made->point[i] = (struct kernel_point){
			.events = 1000 * (i + 1),
			.ret = 0xabc0 + i,
			.allocs = 100 + i,
			.frees = 50 + i,
			.live = 50,
			.warns = 2,
			.held = 1030 + i,
		};
	for (unsigned i = 0; i < NR_DOMAINS; i++)
		made->state[i] = (struct kernel_state){ 4, 3, 2, 0xf00 + i };
}

static void check(const struct made *model, const struct made *kernel,
		  const struct kernel_agreement *expected)
{
	struct kernel_agreement got;
	char why[KERNEL_WHY_SIZE] = "untouched";

	assert_int_equal(
		kernel_agree(&model->answer, &kernel->answer, &got, why), 0);
	assert_string_equal(why, "untouched");
	assert_string_equal(got.what, expected->what);
	assert_int_equal(got.verdict, expected->verdict);
	assert_int_equal(got.nr_points, NR_POINTS);
	assert_int_equal(got.nr_held_differ, expected->nr_held_differ);
	assert_int_equal(got.held_worst, expected->held_worst);
	assert_int_equal(got.first_events, expected->first_events);
}

static void test_agree__equal(void **state)
{
	struct made model, kernel;

	(void)state;
	make(&model);
	make(&kernel);
	/* Cost is the kernel's alone. */
	kernel.answer.cost[KERNEL_ALLOC].n = 5;
	check(&model, &kernel,
	      &(struct kernel_agreement){ .verdict = KERNEL_AGREE });
}

static void test_agree__names(void **state)
{
	static const char *const names[] = { "agree", "returns", "tables",
					     "state", "leak",	 "held" };

	(void)state;
	assert_int_equal(ARRAY_SIZE(names), NR_KERNEL_VERDICTS);
	for (unsigned i = 0; i < NR_KERNEL_VERDICTS; i++)
		assert_string_equal(kernel_verdict_names[i], names[i]);
	assert_null(kernel_verdict_names[NR_KERNEL_VERDICTS]);
}

/* A figure of a point, where it lies in there. */
struct planted {
	size_t offset;
	enum kernel_verdict verdict;
	const char *what;
};

#define POINT(field) offsetof(struct kernel_point, field)

static void test_agree__every_figure_of_a_point(void **state)
{
	static const struct planted rows[] = {
		{ POINT(ret), KERNEL_RETURNS,
		  "events 2001 to 3000: one of them returned something else; all returns 0x000000000000abc5, model 0x000000000000abc2" },
		{ POINT(warns), KERNEL_RETURNS,
		  "after 3000 events: 5 WARN_ONs, model 2" },
		{ POINT(allocs), KERNEL_TABLES,
		  "after 3000 events: 105 tables allocated, 52 freed, 50 alive, model 102, 52, 50" },
		{ POINT(frees), KERNEL_TABLES,
		  "after 3000 events: 102 tables allocated, 55 freed, 50 alive, model 102, 52, 50" },
		{ POINT(live), KERNEL_TABLES,
		  "after 3000 events: 102 tables allocated, 52 freed, 53 alive, model 102, 52, 50" },
		{ POINT(held), KERNEL_HELD,
		  "after 3000 events: held 1035 pages, model 1032 (50 tables alive)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kernel_agreement expected = {
			.verdict = rows[i].verdict,
			.first_events = 3000,
		};
		struct made model, kernel;

		make(&model);
		make(&kernel);
		/* The point after it differs too: the first is named. */
		for (unsigned k = 2; k < NR_POINTS; k++)
			*(uint64_t *)((char *)&kernel.point[k] +
				      rows[i].offset) += 3;
		if (rows[i].verdict == KERNEL_HELD) {
			kernel.point[3].held -= 10;
			expected.nr_held_differ = 2;
			expected.held_worst = -7;
		}
		strcpy(expected.what, rows[i].what);
		check(&model, &kernel, &expected);
	}
	/* With events alone, which are what is compared: all of a point. */
	assert_int_equal(ARRAY_SIZE(rows) + 1,
			 sizeof(struct kernel_point) / sizeof(uint64_t));
}

static void test_agree__first_point(void **state)
{
	struct kernel_agreement expected = {
		.verdict = KERNEL_RETURNS,
		.first_events = 1000,
		.what = "events 1 to 1000: one of them returned something else; all returns 0x0000000000000001, model 0x000000000000abc0",
	};
	struct made model, kernel;

	(void)state;
	make(&model);
	make(&kernel);
	kernel.point[0].ret = 1;
	check(&model, &kernel, &expected);
}

static void test_agree__state(void **state)
{
	static const char *const what[] = {
		"at the end, domain 1: l1_nonzero=5 l2_tables=3 l2_nonzero=2 fnv1a64=0x0000000000000f01, model 4 3 2 0x0000000000000f01",
		"at the end, domain 1: l1_nonzero=4 l2_tables=4 l2_nonzero=2 fnv1a64=0x0000000000000f01, model 4 3 2 0x0000000000000f01",
		"at the end, domain 1: l1_nonzero=4 l2_tables=3 l2_nonzero=3 fnv1a64=0x0000000000000f01, model 4 3 2 0x0000000000000f01",
		"at the end, domain 1: l1_nonzero=4 l2_tables=3 l2_nonzero=2 fnv1a64=0x0000000000000f02, model 4 3 2 0x0000000000000f01",
	};

	(void)state;
	assert_int_equal(ARRAY_SIZE(what),
			 sizeof(struct kernel_state) / sizeof(uint64_t));
	for (size_t i = 0; i < ARRAY_SIZE(what); i++) {
		struct kernel_agreement expected = { .verdict = KERNEL_STATE };
		struct made model, kernel;

		make(&model);
		make(&kernel);
		((uint64_t *)&kernel.state[1])[i]++;
		kernel.state[2].fnv1a64 = 0;
		strcpy(expected.what, what[i]);
		check(&model, &kernel, &expected);
	}
}

static void test_agree__ends(void **state)
{
	static const struct {
		int64_t open, closed;
		uint64_t live;
		struct kernel_agreement expected;
	} rows[] = {
		{ 0,
		  7,
		  0,
		  { .verdict = KERNEL_LEAK,
		    .what = "after all domains are gone: 7 pages missing, 0 tables alive, model 0, 0" } },
		{ 0,
		  0,
		  2,
		  { .verdict = KERNEL_LEAK,
		    .what = "after all domains are gone: 0 pages missing, 2 tables alive, model 0, 0" } },
		{ 0,
		  -7,
		  0,
		  { .verdict = KERNEL_HELD,
		    .what = "after all domains are gone: held -7 pages, model 0" } },
		{ 1,
		  0,
		  0,
		  { .verdict = KERNEL_HELD,
		    .what = "before the first event: held 1025 pages, model 1024" } },
		{ 1,
		  7,
		  0,
		  { .verdict = KERNEL_LEAK,
		    .what = "after all domains are gone: 7 pages missing, 0 tables alive, model 0, 0" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct made model, kernel;

		make(&model);
		make(&kernel);
		kernel.answer.held_open += rows[i].open;
		kernel.answer.held_closed += rows[i].closed;
		kernel.answer.live_closed += rows[i].live;
		check(&model, &kernel, &rows[i].expected);
	}
}

/* Planted last to first, each hides those before it. */
static void test_agree__order(void **state)
{
	struct kernel_agreement got;
	struct made model, kernel;
	char why[KERNEL_WHY_SIZE];
	static const enum kernel_verdict order[] = {
		KERNEL_HELD,  KERNEL_HELD,   KERNEL_HELD,    KERNEL_LEAK,
		KERNEL_STATE, KERNEL_TABLES, KERNEL_RETURNS,
	};

	(void)state;
	make(&model);
	make(&kernel);
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		kernel.answer.held_closed = i > 2 ? 1 : -1;
		kernel.point[0].held += i == 1;
		kernel.answer.held_open += i == 2;
		kernel.state[0].l2_tables += i == 4;
		kernel.point[3].allocs += i == 5;
		kernel.point[3].warns += i == 6;
		assert_int_equal(kernel_agree(&model.answer, &kernel.answer,
					      &got, why),
				 0);
		assert_int_equal(got.verdict, order[i]);
		assert_int_equal(got.nr_held_differ, i > 0);
		assert_true(*got.what);
	}
	assert_int_equal(got.first_events, 4000);
}

/* A text may hold any number. */
static void test_agree__far_apart(void **state)
{
	static const struct {
		int64_t model, kernel, worst;
	} rows[] = {
		{ INT64_MAX, -INT64_MAX, -INT64_MAX },
		{ -INT64_MAX, INT64_MAX, INT64_MAX },
		{ 1, -INT64_MAX, -INT64_MAX },
		{ 0, -INT64_MAX, -INT64_MAX },
	};
	struct kernel_agreement got;
	char why[KERNEL_WHY_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct made model, kernel;

		make(&model);
		make(&kernel);
		model.point[1].held = rows[i].model;
		kernel.point[1].held = rows[i].kernel;
		assert_int_equal(kernel_agree(&model.answer, &kernel.answer,
					      &got, why),
				 0);
		assert_int_equal(got.verdict, KERNEL_HELD);
		assert_int_equal(got.nr_held_differ, 1);
		assert_int_equal(got.held_worst, rows[i].worst);
	}
}

static void check_other(const struct made *model, const struct made *kernel,
			const char *expected)
{
	struct kernel_agreement got, untouched;
	char why[KERNEL_WHY_SIZE];

	memset(&got, 0xa5, sizeof(got));
	untouched = got;
	assert_int_equal(kernel_agree(&model->answer, &kernel->answer, &got,
				      why),
			 -EINVAL);
	assert_string_equal(why, expected);
	assert_memory_equal(&got, &untouched, sizeof(got));
}

static void test_agree__other_case(void **state)
{
	struct made model, kernel;

	(void)state;
	make(&model);
	make(&kernel);
	kernel.point[2].events++;
	check_other(
		&model, &kernel,
		"case: a point of the kernel after 3001 events, of the model after 3000");
	kernel.answer.nr_points--;
	check_other(&model, &kernel,
		    "case: 3 points of the kernel, 4 of the model");
	kernel.answer.nr_domains--;
	check_other(&model, &kernel,
		    "case: 2 domains in the kernel, 3 in the model");
	strcpy(kernel.answer.strategy, "genalloc");
	check_other(&model, &kernel,
		    "case: genalloc in the kernel, page in the model");
	strcpy(kernel.answer.label, "other");
	check_other(&model, &kernel,
		    "run other of the kernel, case of the model");
}

struct vectors_row {
	const char *recorded, *answered;
	uint64_t nr;
	const char *why; /* NULL: they agree */
};

static void test_agree__vectors(void **state)
{
	static const struct vectors_row rows[] = {
		{ "", "", 0, NULL },
		{ "# only\n\n", "say selftest 0\nsay done\n", 0, NULL },
		{ "a => b\n# x\n\ndump =>\n  L1[0x0000] 0x1\nend-dump l\n",
		  "say selftest 0\na => b\ndump =>\n  L1[0x0000] 0x1\n"
		  "end-dump l\nsay done\n",
		  4, NULL },
		{ "a => b", "a => b\n", 1, NULL },
		{ "a => b\n", "a => c\n", 0,
		  "f:1: recorded \"a => b\", answered in line 1 \"a => c\"" },
		{ "# x\na => b\n", "say 1\na  => b\n", 0,
		  "f:2: recorded \"a => b\", answered in line 2 \"a  => b\"" },
		{ "a => b\n", "a => b\r\n", 0,
		  "f:1: recorded \"a => b\", answered in line 1 \"a => b?\"" },
		{ "a => 1\n", "a => 01\n", 0,
		  "f:1: recorded \"a => 1\", answered in line 1 \"a => 01\"" },
		{ "a => 1\n", "a => 12\n", 0,
		  "f:1: recorded \"a => 1\", answered in line 1 \"a => 12\"" },
		{ "a => 1\n", "error 2: cfg: -22\n", 0,
		  "f:1: recorded \"a => 1\", answered in line 1 \"error 2: cfg: -22\"" },
		{ "a => 1\nb => 2\n", "a => 1\nsay done\n", 0,
		  "f:2: recorded \"b => 2\", but answers end after line 2" },
		{ "a => 1\n", "", 0,
		  "f:1: recorded \"a => 1\", but answers end after line 0" },
		{ "a => 1\n", "a => 1\nb => 2\n", 0,
		  "f: nothing is recorded any more, answered in line 2 \"b => 2\"" },
		{ "a => 1\n", "a => 1\n\nsay done\n", 0,
		  "f: nothing is recorded any more, answered in line 2 \"\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct vectors_row *row = &rows[i];
		char why[KERNEL_WHY_SIZE] = "";
		uint64_t nr = 77;
		int err = kernel_agree_vectors("f", row->recorded,
					       strlen(row->recorded),
					       row->answered,
					       strlen(row->answered), &nr, why);

		assert_string_equal(why, row->why ? row->why : "");
		assert_int_equal(err, row->why ? -EBADMSG : 0);
		assert_int_equal(nr, row->why ? 77 : row->nr);
	}
}

/* The text of a file, to be freed. */
static char *read_file(const char *path, size_t *ret_size)
{
	FILE *in = fopen(path, "r");
	char *text;
	long size;

	assert_non_null(in);
	assert_int_equal(fseek(in, 0, SEEK_END), 0);
	size = ftell(in);
	assert_true(size > 0);
	rewind(in);
	text = malloc((size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)size, in), size);
	text[size] = '\0';
	fclose(in);
	*ret_size = (size_t)size;
	return text;
}

/* Golden vectors: the lines that a perfect kernel answers are those that are no
 * comments, and each line of its script is the beginning of one of them. */
static unsigned check_golden(const char *path)
{
	size_t size, script_size, answered_size;
	char *script, *answered, *save, *line, *next;
	char *text = read_file(path, &size), *copy = strdup(text);
	char why[KERNEL_WHY_SIZE] = "";
	unsigned nr_lines = 0;
	uint64_t nr;
	FILE *out = open_memstream(&script, &script_size);

	assert_int_equal(kernel_script_vectors("page", text, size, out), 0);
	fclose(out);
	out = open_memstream(&answered, &answered_size);
	fprintf(out, "say selftest 0\n");
	next = strchr(script, '\n') + 1;
	for (line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (*line == '#')
			continue;
		fprintf(out, "%s\n", line);
		nr_lines++;
		if (*line == ' ' || !strncmp(line, "end-dump", 8))
			continue;
		assert_memory_equal(line, next, strcspn(next, "\n"));
		next += strcspn(next, "\n") + 1;
	}
	assert_string_equal(next, "");
	fprintf(out, "say done\n");
	fclose(out);
	if (kernel_agree_vectors(path, text, size, answered, answered_size, &nr,
				 why))
		fail_msg("%s", why);
	assert_int_equal(nr, nr_lines);
	answered[answered_size / 2] ^= 1;
	assert_int_equal(kernel_agree_vectors(path, text, size, answered,
					      answered_size, &nr, why),
			 -EBADMSG);
	free(answered);
	free(script);
	free(copy);
	free(text);
	return nr_lines;
}

static void test_agree__golden_vectors(void **state)
{
	const char *data = getenv("TEST_DATA");
	char folder[2048], path[4096];
	unsigned nr_files = 0, nr_lines = 0;
	struct dirent *entry;
	DIR *dir;

	(void)state;
	snprintf(folder, sizeof(folder), "%s/golden", data ? data : ".");
	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len < 4 || strcmp(entry->d_name + len - 4, ".txt"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		nr_lines += check_golden(path);
		nr_files++;
	}
	closedir(dir);
	assert_int_equal(nr_files, 13);
	assert_true(nr_lines > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agree__equal),
		cmocka_unit_test(test_agree__names),
		cmocka_unit_test(test_agree__every_figure_of_a_point),
		cmocka_unit_test(test_agree__first_point),
		cmocka_unit_test(test_agree__state),
		cmocka_unit_test(test_agree__ends),
		cmocka_unit_test(test_agree__order),
		cmocka_unit_test(test_agree__far_apart),
		cmocka_unit_test(test_agree__other_case),
		cmocka_unit_test(test_agree__vectors),
		cmocka_unit_test(test_agree__golden_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
