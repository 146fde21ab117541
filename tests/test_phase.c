// SPDX-License-Identifier: GPL-2.0-only
/*
 * The phase driver: patterns read from text, figures that can be worked out by
 * hand, ranks, and that a figure depends on its point alone.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "phase.h"

#define KIB 1024ull

static const struct {
	const char *text;
	enum phase_kind kind;
	unsigned param;
} good[] = {
	{ "0", PHASE_CHURN, 0 },	{ "0.1", PHASE_CHURN, 100 },
	{ "0.125", PHASE_CHURN, 125 },	{ "7", PHASE_CHURN, 7000 },
	{ "100", PHASE_CHURN, 100000 }, { "99.999", PHASE_CHURN, 99999 },
	{ "shrink4", PHASE_SHRINK, 4 }, { "group32", PHASE_GROUP, 32 },
	{ "pin1", PHASE_PIN, 1 },	{ "pin64", PHASE_PIN, 64 },
};

static const char *const bad[] = {
	"",
	" ",
	"-1",
	"1.",
	".5",
	"0.1234",
	"100.001",
	"101",
	"1e2",
	"0x1",
	"1 ",
	"shrink",
	"shrink0",
	"shrink65",
	"pin-1",
	"pin 4",
	"group1x",
	"Pin4",
	"nothing",
	"99999999999999999999",
	"pin99999999999999999999",
};

static void test_phase__patterns(void **state)
{
	struct phase_pattern p;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(phase_pattern_parse(good[i].text, &p), 0);
		assert_int_equal(p.kind, good[i].kind);
		assert_int_equal(p.param, good[i].param);
		assert_string_equal(p.label, good[i].text);
	}
	memset(&p, 0x5a, sizeof(p));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (phase_pattern_parse(bad[i], &p) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(p.param, 0x5a5a5a5a);
	}
}

static struct phase_cell run(const char *strategy, unsigned tables,
			     unsigned cpus, const char *pattern, uint64_t seed)
{
	const struct phase_grid grid = { .max_tables = 4096, .seed = seed };
	struct phase_point point = { .tables = tables, .cpus = cpus };
	struct phase_cell cell;
	struct l2_spec spec;
	const char *why = "";
	char text[200];

	assert_int_equal(l2_spec_parse(strategy, &spec, text, sizeof(text)), 0);
	assert_int_equal(phase_pattern_parse(pattern, &point.pattern), 0);
	if (phase_cell_run(&grid, &point, &spec, &cell, &why))
		fail_msg("%s %s: %s", strategy, pattern, why);
	return cell;
}

/* What geometry alone says. */
static void test_phase__known_figures(void **state)
{
	static const struct {
		const char *strategy;
		unsigned tables;
		const char *pattern;
		uint64_t kib, kib_peak;
	} known[] = {
		{ "page", 30, "0", 120, 120 },
		{ "page", 30, "10", 120, 120 },
		{ "page", 30, "shrink4", 120, 480 },
		{ "page_frag", 30, "0", 32, 32 },
		{ "page_frag", 33, "0", 64, 64 },
		/* The current chunk stays, though nothing in it is alive. */
		{ "page_frag", 32, "group32", 64, 1024 },
		/* Each chunk is pinned by one table. */
		{ "page_frag", 100, "pin32", 3200, 3200 },
		{ "page_frag:order=0", 100, "pin4", 400, 400 },
		/* One CPU: slabs of order 1, all objects reused. */
		{ "slab_dma32", 64, "10", 64, 72 },
		{ "genalloc", 1, "0", 4096, 4096 },
		{ "genalloc", 64, "10", 4096, 4096 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct phase_cell c = run(known[i].strategy, known[i].tables, 1,
					  known[i].pattern, 1);

		assert_false(c.failed);
		if (c.held_bytes != known[i].kib * KIB ||
		    c.held_bytes_peak < c.held_bytes ||
		    c.held_bytes_peak > known[i].kib_peak * KIB)
			fail_msg("%s %s: %llu KiB, %llu at peak",
				 known[i].strategy, known[i].pattern,
				 (unsigned long long)(c.held_bytes / KIB),
				 (unsigned long long)(c.held_bytes_peak / KIB));
	}
}

static void test_phase__failure(void **state)
{
	(void)state;
	assert_true(run("genalloc:tables=64", 65, 1, "0", 1).failed);
	assert_true(run("genalloc:tables=64", 17, 4, "shrink4", 1).failed);
	assert_false(run("genalloc:tables=64", 64, 4, "10", 1).failed);
	assert_true(run("genalloc:tables=64", 65, 4, "pin4", 1).failed);
}

/* The same point is the same; another seed is another order. */
static void test_phase__repeats(void **state)
{
	struct phase_cell a = run("page_frag", 100, 4, "10", 1);
	struct phase_cell b = run("page_frag", 100, 4, "10", 1);
	unsigned seed, nr_other = 0;

	(void)state;
	assert_memory_equal(&a, &b, sizeof(a));
	for (seed = 2; seed < 10; seed++) {
		b = run("page_frag", 100, 4, "10", seed);
		nr_other += b.held_bytes_peak != a.held_bytes_peak ||
			    b.held_bytes != a.held_bytes;
	}
	assert_true(nr_other > 2);
}

static void test_phase__ranks(void **state)
{
	const struct l2_strategy_ops *real = l2_strategy_find("page");
	const struct l2_strategy_ops *null = l2_strategy_find("null");
	const struct l2_spec spec[] = {
		{ .ops = null }, { .ops = real }, { .ops = real },
		{ .ops = real }, { .ops = real }, { .ops = real },
	};
	struct phase_cell cell[] = {
		{ .held_bytes = 1 },  { .failed = true },
		{ .held_bytes = 8 },  { .held_bytes = 8, .metadata_bytes = 7 },
		{ .held_bytes = 12 }, { .held_bytes = 2, .defective = true },
	};

	(void)state;
	phase_rank(spec, cell, 5);
	assert_int_equal(cell[0].rank, PHASE_UNRANKED);
	assert_int_equal(cell[1].rank, PHASE_FAILED);
	assert_int_equal(cell[2].rank, PHASE_TIE);
	assert_int_equal(cell[3].rank, PHASE_TIE);
	assert_int_equal(cell[4].rank, PHASE_MORE);
	assert_true(phase_margin(cell, 5) == 1.5);
	cell[3].held_bytes = 9;
	phase_rank(spec, cell, 5);
	assert_int_equal(cell[2].rank, PHASE_LEAST);
	assert_int_equal(cell[3].rank, PHASE_MORE);
	assert_true(phase_margin(cell, 5) == 9.0 / 8);
	phase_rank(spec, cell, 2);
	assert_true(phase_margin(cell, 2) == 0);
}

struct seen {
	unsigned nr;
	struct phase_point last;
	int stop_at;
};

static int on_row(void *ctx, const struct phase_grid *grid,
		  const struct phase_point *point,
		  const struct phase_cell *cell)
{
	struct seen *seen = ctx;

	(void)grid;
	assert_true(cell[0].rank == PHASE_LEAST);
	seen->last = *point;
	return ++seen->nr == (unsigned)seen->stop_at ? -EIO : 0;
}

/* Points above max_tables do not exist; an error of the row ends the run. */
static void test_phase__run(void **state)
{
	static const unsigned tables[] = { 1, 16, 64 }, cpus[] = { 1, 2 };
	static volatile sig_atomic_t stop;
	struct phase_pattern pattern[2];
	struct l2_spec spec;
	struct phase_grid grid = {
		.max_tables = 64,
		.tables = tables,
		.nr_tables = 3,
		.cpus = cpus,
		.nr_cpus = 2,
		.pattern = pattern,
		.nr_patterns = 2,
		.spec = &spec,
		.nr_specs = 1,
		.stop = &stop,
	};
	struct seen seen = { 0 };
	const char *why;
	char text[200];

	(void)state;
	assert_int_equal(l2_spec_parse("page", &spec, text, sizeof(text)), 0);
	assert_int_equal(phase_pattern_parse("0", &pattern[0]), 0);
	assert_int_equal(phase_pattern_parse("shrink4", &pattern[1]), 0);
	assert_int_equal(phase_run(&grid, on_row, &seen, &why), 0);
	assert_int_equal(seen.nr, 2 * (3 + 2));
	assert_int_equal(seen.last.tables, 16);
	assert_int_equal(seen.last.cpus, 2);
	seen = (struct seen){ .stop_at = 3 };
	assert_int_equal(phase_run(&grid, on_row, &seen, &why), -EIO);
	assert_int_equal(seen.nr, 3);
	stop = 1;
	assert_int_equal(phase_run(&grid, on_row, &seen, &why), -EINTR);
	assert_int_equal(seen.nr, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phase__patterns),
		cmocka_unit_test(test_phase__known_figures),
		cmocka_unit_test(test_phase__failure),
		cmocka_unit_test(test_phase__repeats),
		cmocka_unit_test(test_phase__ranks),
		cmocka_unit_test(test_phase__run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
