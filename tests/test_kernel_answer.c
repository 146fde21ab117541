// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel's answers read back: every figure, and everything that is no answer
 * or not a whole one refused with the line and the reason.
 */
#include "answer.h"
#include "inject.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define STATE_0 "domain 0 l1_nonzero=1 l2_tables=1 l2_nonzero=2 fnv1a64=0xa\n"

static const char good[] =
	"say selftest 0\n"
	"run a/b strategy=slab_dma32 domains=2 held=0\n"
	"at 100 ret=0xcbf29ce484222325 allocs=5 frees=1 live=4 warns=2 held=8\n"
	"at 150 ret=18446744073709551615 allocs=6 frees=6 live=0 warns=3 "
	"held=-2\n"
	"domain 0 l1_nonzero=4096 l2_tables=7 l2_nonzero=8 "
	"fnv1a64=0x26c40eee7e404b7d\n"
	"domain 1 l1_nonzero=1 l2_tables=2 l2_nonzero=3 fnv1a64=0x4\n"
	"cost alloc n=10 sum=2800 p50=280 max=300\n"
	"cost timer n=0 sum=0 p50=0 max=0\n"
	"end a/b live=0 held=-9223372036854775807\n"
	"run c strategy=genalloc domains=1 held=1024\n"
	"domain 0 l1_nonzero=0 l2_tables=0 l2_nonzero=0 fnv1a64=0x0\n"
	"end c live=12 held=0x10\n"
	"say two  words => here\n"
	"say done\n";

static int parse(const char *text, size_t size, struct kernel_answers *ret,
		 char *why)
{
	char *copy = malloc(size + 1);
	int err;

	/* Not ended by NUL, so that AddressSanitizer sees who reads on. */
	assert_non_null(copy);
	memcpy(copy + 1, text, size);
	err = kernel_answers_parse("f", copy + 1, size, ret, why);
	free(copy);
	return err;
}

static void check_first_run(const struct kernel_answer *run)
{
	assert_string_equal(run->label, "a/b");
	assert_string_equal(run->strategy, "slab_dma32");
	assert_int_equal(run->held_open, 0);
	assert_int_equal(run->nr_points, 2);
	assert_int_equal(run->point[0].events, 100);
	assert_int_equal(run->point[0].ret, 0xcbf29ce484222325);
	assert_int_equal(run->point[0].allocs, 5);
	assert_int_equal(run->point[0].frees, 1);
	assert_int_equal(run->point[0].live, 4);
	assert_int_equal(run->point[0].warns, 2);
	assert_int_equal(run->point[0].held, 8);
	assert_int_equal(run->point[1].events, 150);
	assert_int_equal(run->point[1].ret, UINT64_MAX);
	assert_int_equal(run->point[1].held, -2);
	assert_int_equal(run->nr_domains, 2);
	assert_int_equal(run->state[0].l1_nonzero, 4096);
	assert_int_equal(run->state[0].l2_tables, 7);
	assert_int_equal(run->state[0].l2_nonzero, 8);
	assert_int_equal(run->state[0].fnv1a64, 0x26c40eee7e404b7d);
	assert_int_equal(run->state[1].fnv1a64, 4);
	assert_int_equal(run->cost[KERNEL_ALLOC].n, 10);
	assert_int_equal(run->cost[KERNEL_ALLOC].sum, 2800);
	assert_int_equal(run->cost[KERNEL_ALLOC].p50, 280);
	assert_int_equal(run->cost[KERNEL_ALLOC].max, 300);
	assert_int_equal(run->cost[KERNEL_MAP].n, 0);
	assert_int_equal(run->live_closed, 0);
	assert_int_equal(run->held_closed, -INT64_MAX);
}

static void test_answer__every_figure(void **state)
{
	struct kernel_answers answers;
	char why[KERNEL_WHY_SIZE] = "untouched";

	(void)state;
	assert_int_equal(parse(good, sizeof(good) - 1, &answers, why), 0);
	assert_string_equal(why, "untouched");
	assert_int_equal(answers.nr_said, 3);
	assert_string_equal(answers.said[0], "selftest 0");
	assert_string_equal(answers.said[1], "two  words => here");
	assert_string_equal(answers.said[2], "done");
	assert_int_equal(answers.nr_runs, 2);
	check_first_run(&answers.run[0]);
	assert_string_equal(answers.run[1].label, "c");
	assert_int_equal(answers.run[1].held_open, 1024);
	assert_int_equal(answers.run[1].nr_points, 0);
	assert_int_equal(answers.run[1].live_closed, 12);
	assert_int_equal(answers.run[1].held_closed, 16);
	kernel_answers_free(&answers);
	assert_null(answers.run);
	kernel_answers_free(&answers);
}

static void test_answer__every_class(void **state)
{
	struct kernel_answers answers;
	char text[1024], why[KERNEL_WHY_SIZE];
	int used = snprintf(text, sizeof(text), "%s",
			    "run a strategy=s domains=1 held=0\n" STATE_0);

	(void)state;
	for (int i = NR_KERNEL_CLASSES - 1; i >= 0; i--)
		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 "cost %s n=%d sum=2 p50=3 max=4\n",
				 kernel_class_names[i], 100 + i);
	assert_null(kernel_class_names[NR_KERNEL_CLASSES]);
	used += snprintf(text + used, sizeof(text) - (size_t)used,
			 "end a live=0 held=0\n");
	assert_int_equal(parse(text, (size_t)used, &answers, why), 0);
	for (unsigned i = 0; i < NR_KERNEL_CLASSES; i++)
		assert_int_equal(answers.run[0].cost[i].n, 100 + i);
	kernel_answers_free(&answers);
}

struct bad {
	const char *text, *why;
};

static void check_bad(const struct bad *bad, const char *before, int expected)
{
	struct kernel_answers answers, untouched;
	char text[2048], why[KERNEL_WHY_SIZE] = "", reason[KERNEL_WHY_SIZE];
	unsigned line = 1;

	for (const char *p = before; *p; p++)
		line += *p == '\n';
	snprintf(text, sizeof(text), "%s%s", before, bad->text);
	snprintf(reason, sizeof(reason), "f:%u: %s", line, bad->why);
	memset(&answers, 0xa5, sizeof(answers));
	untouched = answers;
	assert_int_equal(parse(text, strlen(text), &answers, why), expected);
	assert_string_equal(why, reason);
	assert_memory_equal(&answers, &untouched, sizeof(answers));
}

#define RUN "run a strategy=s domains=2 held=0\n"
#define AT "at 10 ret=0x1 allocs=1 frees=0 live=1 warns=0 held=1\n"

static void test_answer__refused_outside(void **state)
{
	static const struct bad rows[] = {
		{ "\n", "no answer begins with \"\"" },
		{ "# comment\n", "no answer begins with \"#\"" },
		{ " say x\n", "no answer begins with \"\"" },
		{ "ran a\n", "no answer begins with \"ran\"" },
		{ "RUN a\n", "no answer begins with \"RUN\"" },
		{ "say\n", "no text" },
		{ "say \n", "no text" },
		{ "say x\r\n", "byte 0x0d in the line" },
		{ "\xef\xbb\xbfsay x\n", "byte 0xef in the line" },
		{ "say\tx\n", "byte 0x09 in the line" },
		{ "say x\x7f\n", "byte 0x7f in the line" },
		{ "say x", "no newline at the end: cut off" },
		{ "hash => l1_nonzero=0\n",
		  "the answer to a vector, not to a run" },
		{ AT, "at outside of a run" },
		{ STATE_0, "domain outside of a run" },
		{ "cost alloc n=1\n", "cost outside of a run" },
		{ "end a live=0 held=0\n", "end outside of a run" },
		{ "run\n", "no label" },
		{ "run \n", "no label" },
		{ "run  a strategy=s domains=1 held=0\n", "no label" },
		{ "run a\n", "no strategy=" },
		{ "run a  strategy=s domains=1 held=0\n",
		  "strategy= expected, not \"\"" },
		{ "run a domains=1 strategy=s held=0\n",
		  "strategy= expected, not \"domains=1\"" },
		{ "run a strategy= domains=1 held=0\n", "no strategy" },
		{ "run a strategy=s\n", "no domains=" },
		{ "run a strategy=s domains held=0\n",
		  "domains= expected, not \"domains\"" },
		{ "run a strategy=s domains= held=0\n",
		  "domains is no number of 64 bits: \"\"" },
		{ "run a strategy=s domains=x held=0\n",
		  "domains is no number of 64 bits: \"x\"" },
		{ "run a strategy=s domains=+1 held=0\n",
		  "domains is no number of 64 bits: \"+1\"" },
		{ "run a strategy=s domains=0x held=0\n",
		  "domains is no number of 64 bits: \"0x\"" },
		{ "run a strategy=s domains=0 held=0\n",
		  "domains is not from 1 to 4096" },
		{ "run a strategy=s domains=4097 held=0\n",
		  "domains is not from 1 to 4096" },
		{ "run a strategy=s domains=18446744073709551615 held=0\n",
		  "domains is not from 1 to 4096" },
		{ "run a strategy=s domains=1\n", "no held=" },
		{ "run a strategy=s domains=1 held=\n",
		  "held is no number of 64 bits: \"\"" },
		{ "run a strategy=s domains=1 held=-\n",
		  "held is no number of 64 bits: \"\"" },
		{ "run a strategy=s domains=1 held=--1\n",
		  "held is no number of 64 bits: \"-1\"" },
		{ "run a strategy=s domains=1 held=0x8000000000000000\n",
		  "held is out of range: \"0x8000000000000000\"" },
		{ "run a strategy=s domains=1 held=-9223372036854775808\n",
		  "held is out of range: \"-9223372036854775808\"" },
		{ "run a strategy=s domains=1 held=0 \n",
		  "more than there should be: \"\"" },
		{ "run a strategy=s domains=1 held=0 cpus=1\n",
		  "more than there should be: \"cpus=1\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check_bad(&rows[i], "", -EINVAL);
		check_bad(&rows[i], "say selftest 0\nsay b\n", -EINVAL);
	}
}

static void test_answer__refused_inside(void **state)
{
	static const struct bad rows[] = {
		{ RUN, "run a has no end" },
		{ "at\n", "no number of events" },
		{ "at x ret=0\n",
		  "number of events is no number of 64 bits: \"x\"" },
		{ "at -1 ret=0\n",
		  "number of events is no number of 64 bits: \"-1\"" },
		{ "at 20\n", "no ret=" },
		{ "at 20 ret=0x10000000000000000 allocs=1\n",
		  "ret is no number of 64 bits: \"0x10000000000000000\"" },
		{ "at 20 ret=0 allocs=18446744073709551616 frees=0\n",
		  "allocs is no number of 64 bits: \"18446744073709551616\"" },
		{ "at 20 ret=0 frees=0 allocs=0 live=0 warns=0 held=0\n",
		  "allocs= expected, not \"frees=0\"" },
		{ "at 20 ret=0 allocs=1 frees=1 frees=1 warns=0 held=0\n",
		  "live= expected, not \"frees=1\"" },
		{ "at 20 ret=0 allocs=1 frees=1 live=0 held=0\n",
		  "warns= expected, not \"held=0\"" },
		{ "at 20 ret=0 allocs=1 frees=1 live=0 warns=0\n", "no held=" },
		{ "at 20 ret=0 allocs=1 frees=1 live=0 warns=0 held=1.5\n",
		  "held is no number of 64 bits: \"1.5\"" },
		{ "at 10 ret=0 allocs=1 frees=1 live=0 warns=0 held=1\n",
		  "not after the at before it" },
		{ "at 9 ret=0 allocs=1 frees=1 live=0 warns=0 held=1\n",
		  "not after the at before it" },
		{ "domain\n", "no domain" },
		{ "domain 1 l1_nonzero=0 l2_tables=0 l2_nonzero=0 "
		  "fnv1a64=0\n",
		  "not the domain that comes next" },
		{ "domain 0 l2_tables=0\n",
		  "l1_nonzero= expected, not \"l2_tables=0\"" },
		{ "domain 0 l1_nonzero=0 l2_tables=0 l2_nonzero=0\n",
		  "no fnv1a64=" },
		{ "cost alloc n=1 sum=1 p50=1 max=1\n",
		  "cost before the last domain" },
		{ "cost\n", "unknown class \"\"" },
		{ "cost loc n=1\n", "unknown class \"loc\"" },
		{ "end\n", "end of \"\" in run a" },
		{ "end b live=0 held=0\n", "end of \"b\" in run a" },
		{ "end a live=0 held=0\n", "end after 0 of 2 domains" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_bad(&rows[i], RUN AT, -EINVAL);
	/* Of what is missing at the end the last line is to blame. */
	check_bad(&rows[0], "", -EINVAL);
}

#define TWO                                                              \
	RUN AT STATE_0 "domain 1 l1_nonzero=1 l2_tables=1 l2_nonzero=2 " \
		       "fnv1a64=0xa\n"
#define COST "cost free n=1 sum=1 p50=1 max=1\n"

static void test_answer__refused_at_end(void **state)
{
	static const struct bad rows[] = {
		{ AT, "at after the state of the end" },
		{ STATE_0, "not the domain that comes next" },
		{ "domain 2 l1_nonzero=1 l2_tables=1 l2_nonzero=2 fnv1a64=0\n",
		  "not the domain that comes next" },
		{ "cost free n=1 sum=1\n", "class free is there twice" },
		{ "cost map n=1 sum=1 max=1 p50=1\n",
		  "p50= expected, not \"max=1\"" },
		{ "cost map n=1 sum=1 p50=1\n", "no max=" },
		{ "end a\n", "no live=" },
		{ "end a held=0 live=0\n", "live= expected, not \"held=0\"" },
		{ "end a live=0\n", "no held=" },
		{ "end a live=0 held=0 x\n",
		  "more than there should be: \"x\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_bad(&rows[i], TWO COST, -EINVAL);
	check_bad(&(struct bad){ "end a live=0 held=0\n",
				 "end outside of a run" },
		  TWO COST "end a live=0 held=0\n", -EINVAL);
}

static void test_answer__error_of_kernel(void **state)
{
	static const struct bad rows[] = {
		{ "error 12: no such strategy\n",
		  "the kernel says: error 12: no such strategy" },
		{ "error 3: iommu_map: -12 => x\n",
		  "the kernel says: error 3: iommu_map: -12 => x" },
		{ "error\n", "the kernel says: error " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check_bad(&rows[i], "", -EREMOTEIO);
		check_bad(&rows[i], RUN AT, -EREMOTEIO);
	}
}

/* The text with one word of it repeated until the line is that long. */
static int parse_long(const char *before, size_t len, const char *after,
		      char *why)
{
	struct kernel_answers answers;
	char *text = malloc(len + 1024);
	size_t used = (size_t)sprintf(text, "%s", before);
	int err;

	memset(text + used, 'x', len);
	used += len;
	used += (size_t)sprintf(text + used, "%s", after);
	err = parse(text, used, &answers, why);
	if (!err)
		kernel_answers_free(&answers);
	free(text);
	return err;
}

static void test_answer__long(void **state)
{
	static const char rest[] = " strategy=s domains=1 held=0\n";
	char why[KERNEL_WHY_SIZE];

	(void)state;
	assert_int_equal(parse_long("say ", KERNEL_LABEL - 1, "\n", why), 0);
	assert_int_equal(parse_long("say ", KERNEL_LABEL, "\n", why), -EINVAL);
	assert_string_equal(why, "f:1: text is longer than 127 bytes");
	assert_int_equal(parse_long("run ", KERNEL_LABEL, rest, why), -EINVAL);
	assert_string_equal(why, "f:1: label is longer than 127 bytes");
	assert_int_equal(parse_long("run a strategy=", KERNEL_LABEL,
				    " domains=1 held=0\n", why),
			 -EINVAL);
	assert_string_equal(why, "f:1: strategy is longer than 127 bytes");
	assert_int_equal(parse_long("say ", 508, "\n", why), -EINVAL);
	assert_string_equal(why, "f:1: line is longer than 511 bytes");
	assert_int_equal(parse_long("say ", 1 << 20, "\n", why), -EINVAL);
	assert_string_equal(why, "f:1: line is longer than 511 bytes");
	/* Messages are cut off, not longer than there is room. */
	assert_int_equal(parse_long("at ", 500, "\n", why), -EINVAL);
	assert_int_equal(parse_long("error ", 500, "\n", why), -EREMOTEIO);
	assert_int_equal(strlen(why), KERNEL_WHY_SIZE - 1);
}

static void test_answer__nul_and_nothing(void **state)
{
	static const char nul[] = "say a\0b\n";
	struct kernel_answers answers;
	char why[KERNEL_WHY_SIZE];

	(void)state;
	assert_int_equal(parse(nul, sizeof(nul) - 1, &answers, why), -EINVAL);
	assert_string_equal(why, "f:1: byte 0x00 in the line");
	assert_int_equal(parse("", 0, &answers, why), -EINVAL);
	assert_string_equal(why, "f: no answer in it");
}

/* Whole is only what ends behind a line outside of a run. */
static void test_answer__cut_anywhere(void **state)
{
	unsigned nr_whole = 0, nr_cut = 0;

	(void)state;
	for (size_t size = 0; size < sizeof(good); size++) {
		struct kernel_answers answers;
		char why[KERNEL_WHY_SIZE] = "";
		int err = parse(good, size, &answers, why);

		if (!err) {
			assert_int_equal(good[size - 1], '\n');
			kernel_answers_free(&answers);
			nr_whole++;
			continue;
		}
		assert_int_equal(err, -EINVAL);
		assert_memory_equal(why, "f:", 2);
		nr_cut++;
	}
	/* Behind "say" three times, and "end" twice. */
	assert_int_equal(nr_whole, 5);
	assert_int_equal(nr_cut, sizeof(good) - 5);
}

static void test_answer__no_memory(void **state)
{
	struct kernel_answers answers;
	char why[KERNEL_WHY_SIZE];
	unsigned nr = 0;
	int err = -ENOMEM;

	(void)state;
	while (err) {
		inject_arm(INJECT_FAIL, ++nr, ENOMEM, 0);
		err = kernel_answers_parse("f", good, sizeof(good) - 1,
					   &answers, why);
		inject_disarm();
		if (!err)
			continue;
		assert_int_equal(err, -ENOMEM);
		assert_non_null(strstr(why, ": Cannot allocate memory"));
	}
	kernel_answers_free(&answers);
	/* said, runs, points, states of the first and the second. */
	assert_int_equal(nr - 1, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer__every_figure),
		cmocka_unit_test(test_answer__every_class),
		cmocka_unit_test(test_answer__refused_outside),
		cmocka_unit_test(test_answer__refused_inside),
		cmocka_unit_test(test_answer__refused_at_end),
		cmocka_unit_test(test_answer__error_of_kernel),
		cmocka_unit_test(test_answer__long),
		cmocka_unit_test(test_answer__nul_and_nothing),
		cmocka_unit_test(test_answer__cut_anywhere),
		cmocka_unit_test(test_answer__no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
