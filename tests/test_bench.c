// SPDX-License-Identifier: GPL-2.0-only
/*
 * The allocator benchmark, apart from its times: that all rows come out, that
 * it leaves heaps as it should, that a broken strategy is refused, and that the
 * figures to reach follow from the rows.
 */
#include "mm_fixture.h"

#include <stdio.h>

#include "report.h"

#define NR_TABLES 64

static void specs(struct l2_spec *spec, unsigned *ret_nr)
{
	char why[128];
	unsigned n;

	for (n = 0; l2_strategies[n]; n++)
		assert_int_equal(l2_spec_parse(l2_strategies[n]->name, &spec[n],
					       why, sizeof(why)),
				 0);
	*ret_nr = n;
}

static void open_all(struct subjects *s)
{
	struct l2_spec spec[MAX_SPECS];
	unsigned nr;

	specs(spec, &nr);
	assert_int_equal(subjects_create(NR_TABLES, spec, nr, false, s), 0);
	assert_int_equal(s->nr, 4 + 2 * nr);
}

static unsigned index_of(const struct subjects *s, const char *name)
{
	const struct subject *row = subject_find(s, name);

	assert_non_null(row);
	return (unsigned)(row - s->row);
}

static uint64_t tables_of(struct l2_strategy *l2)
{
	struct l2_usage usage;

	l2->ops->usage(l2, &usage);
	return usage.nr_tables;
}

static void measure_once(uint64_t seed, struct figures *figures)
{
	const struct measure_plan plan = { .nr_slices = 2, .seed = seed };
	struct subjects s;
	char why[160] = "";

	open_all(&s);
	if (measure(&s, &plan, figures, why, sizeof(why)))
		fail_msg("%s", why);
	for (unsigned n = 0; n < s.nr; n++) {
		const struct subject *row = &s.row[n];

		for (unsigned p = 0; p < NR_PATTERNS; p++)
			for (unsigned z = 0; z < 2; z++)
				assert_int_equal(figures->ns[n][z][p] > 0,
						 (z ? row->zeroed
						    : row->plain) != NULL);
		assert_int_equal(figures->nr_misaligned[n], 0);
		if (!row->heap[0].l2)
			continue;
		assert_int_equal(tables_of(row->heap[0].l2), 0);
		assert_in_range(tables_of(row->heap[1].l2), 1, NR_TABLES - 1);
		assert_true(figures->held_bytes[n] >=
			    figures->payload_bytes[n]);
		assert_true(figures->payload_bytes[n] > 0);
	}
	subjects_destroy(&s);
}

/* What is no time depends on nothing but the sequence. */
static void test_bench__measures_all(void **state)
{
	struct figures *one = calloc(1, sizeof(*one));
	struct figures *two = calloc(1, sizeof(*two));

	(void)state;
	assert_true(one && two);
	measure_once(1, one);
	measure_once(2, two);
	assert_memory_equal(one->held_bytes, two->held_bytes,
			    sizeof(one->held_bytes));
	assert_memory_equal(one->payload_bytes, two->payload_bytes,
			    sizeof(one->payload_bytes));
	free(one);
	free(two);
}

/* Hands out memory of its own, with a fault. */
struct broken {
	struct l2_strategy base;
	unsigned char *memory;
	unsigned next;
	unsigned skew, stride, refuse_at;
	int check;
};

static int broken_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			struct l2_table *ret)
{
	struct broken *b = container_of(l2, struct broken, base);

	(void)cpu;
	(void)gfp;
	if (b->next == b->refuse_at)
		return -ENOMEM;
	ret->va = b->memory + b->next++ % 4096 * b->stride + b->skew;
	return 0;
}

static void broken_free(struct l2_strategy *l2, unsigned cpu,
			const struct l2_table *table)
{
	(void)l2;
	(void)cpu;
	(void)table;
}

static void broken_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	(void)l2;
	memset(ret, 0, sizeof(*ret));
}

static int broken_check(const struct l2_strategy *l2, const char **ret_why)
{
	*ret_why = "as it says";
	return container_of(l2, const struct broken, base)->check;
}

static const struct l2_strategy_ops broken_ops = {
	.name = "broken",
	.alloc = broken_alloc,
	.free = broken_free,
	.usage = broken_usage,
	.check = broken_check,
};

static const struct {
	unsigned skew, stride, refuse_at;
	int check, err;
	const char *why;
} faults[] = {
	{ 0, 1024, ~0u, 0, 0, "" },
	{ 512, 1024, ~0u, 0, -EUCLEAN, "broken: misaligned tables" },
	{ 0, 0, ~0u, 0, -EUCLEAN, "broken: tables overlap" },
	{ 0, 512, ~0u, 0, -EUCLEAN, "broken: tables overlap" },
	{ 0, 1024, 1000, 0, -ENOMEM, "broken: out of memory" },
	{ 0, 1024, ~0u, -EUCLEAN, -EUCLEAN, "broken: as it says" },
};

static void test_bench__broken_strategy(void **state)
{
	unsigned char *memory = aligned_alloc(4096, 4097 * 1024 * 4);

	(void)state;
	assert_non_null(memory);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct broken b = { .base.ops = &broken_ops,
				    .memory = memory,
				    .skew = faults[i].skew,
				    .stride = faults[i].stride,
				    .refuse_at = faults[i].refuse_at,
				    .check = faults[i].check };
		struct subject row = { .name = "broken",
				       .kind = SUBJECT_STRATEGY,
				       .plain = &loops_strategy };
		struct subjects s = { .nr_tables = NR_TABLES,
				      .nr = 1,
				      .row = &row };
		struct l2_table table[NR_TABLES] = { { NULL, 0 } };
		struct figures *figures = calloc(1, sizeof(*figures));
		char why[160] = "";

		assert_non_null(figures);
		row.heap[1].l2 = &b.base;
		assert_int_equal(churn_footprint(&s, 0, table, figures, why,
						 sizeof(why)),
				 faults[i].err);
		assert_string_equal(why, faults[i].why);
		free(figures);
	}
	free(memory);
}

/* A pointer that is wrong in a timed slice only. */
static void test_bench__misaligned_while_timed(void **state)
{
	const struct measure_plan plan = { .nr_slices = 1, .seed = 1 };
	struct figures *figures = calloc(1, sizeof(*figures));
	struct subjects s;
	char why[160] = "";

	(void)state;
	assert_non_null(figures);
	open_all(&s);
	s.row[index_of(&s, "loop alone")].heap[0].memory += 512;
	assert_int_equal(measure(&s, &plan, figures, why, sizeof(why)),
			 -EUCLEAN);
	assert_string_equal(why, "misaligned tables");
	s.row[index_of(&s, "loop alone")].heap[0].memory -= 512;
	subjects_destroy(&s);
	free(figures);
}

/* The text of report_goals() for given figures. */
static char *goals(const struct subjects *s, const struct figures *figures)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	report_goals(s, figures, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void set_ns(struct figures *f, unsigned n, unsigned zeroed, double ns)
{
	for (unsigned p = 0; p < NR_PATTERNS; p++)
		f->ns[n][zeroed][p] = ns;
}

static void assert_line(const char *text, const char *line, bool expected)
{
	if (!strstr(text, line) != !expected)
		fail_msg("%s: %s\n%s", expected ? "missing" : "wrong", line,
			 text);
}

static void test_bench__goals(void **state)
{
	struct figures *f = calloc(1, sizeof(*f));
	struct subjects s;
	unsigned slab;
	char *text;

	(void)state;
	assert_non_null(f);
	open_all(&s);
	/* Everything takes 3 ns, and 2 more for a KiB to clear. */
	for (unsigned n = 0; n < s.nr; n++) {
		set_ns(f, n, 0, 3);
		set_ns(f, n, 1, 5);
	}
	text = goals(&s, f);
	assert_line(text, "not reached", false);
	assert_line(text, "best strategy, batch, at most 4.00 ns: 3.00 ns",
		    true);
	assert_line(text, "not slower than tcmalloc: not measured", true);
	free(text);

	slab = index_of(&s, "slab_dma32");
	set_ns(f, slab, 0, 12);
	set_ns(f, slab, 1, 20);
	set_ns(f, index_of(&s, "guard(page_frag)"), 0, 6.5);
	set_ns(f, index_of(&s, "null"), 0, 13);
	text = goals(&s, f);
	assert_line(
		text,
		"slab_dma32, random, at most 10.00 ns: 12.00 ns, not reached (1.20x)\n",
		true);
	/* 12 + 1.15 * (5 - 3) */
	assert_line(
		text,
		"pair, at most 14.30 ns: 20.00 ns slab_dma32, not reached (1.40x)\n",
		true);
	assert_line(
		text,
		"guard over plain, churn, at most 3.00 ns: 3.50 ns page_frag, not reached (1.17x)\n",
		true);
	assert_line(text, "at most 2.50 ns: 10.00 ns, not reached (4.00x)\n",
		    true);
	free(text);

	/* Clearing that was measured as less than nothing is none. */
	set_ns(f, index_of(&s, "loop alone"), 0, 1000);
	text = goals(&s, f);
	assert_line(
		text,
		"pair, at most 12.00 ns: 20.00 ns slab_dma32, not reached (1.67x)\n",
		true);
	assert_line(text, "(-", false);
	set_ns(f, index_of(&s, "loop alone"), 0, 3);
	free(text);

	/* Any row can play the peer. */
	strcpy(s.row[index_of(&s, "guard(null)")].name, "tcmalloc");
	text = goals(&s, f);
	assert_line(
		text,
		"not slower than tcmalloc, batch, at most 3.00 ns: 12.00 ns slab_dma32, not reached (4.00x)\n",
		true);
	free(text);
	subjects_destroy(&s);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bench__measures_all),
		cmocka_unit_test(test_bench__broken_strategy),
		cmocka_unit_test(test_bench__misaligned_while_timed),
		cmocka_unit_test(test_bench__goals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
