// SPDX-License-Identifier: GPL-2.0-only
/*
 * That what counts as held of jemalloc is at least what the library itself says
 * of the arena: mapped and resident, its metadata included, with nothing
 * retained. Skipped (exit status 77) in builds without jemalloc, or with one
 * that keeps no statistics.
 */
#include "mm_fixture.h"

#include <stdio.h>

#include "l2_strategy.h"

#define EXIT_SKIPPED 77
#define NR_TABLES 3000

struct lab {
	struct l2_env env;
	struct l2_strategy *l2;
	struct l2_table table[NR_TABLES];
};

static struct lab *lab_open(const char *text)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct l2_spec spec;
	char why[160];

	assert_non_null(lab);
	lab->env = (struct l2_env){
		.pm = small_machine(),
		.nr_cpus = 4,
		.max_tables = 4096,
		.zone_gfp = GFP_DMA32,
	};
	assert_int_equal(l2_spec_parse(text, &spec, why, sizeof(why)), 0);
	assert_int_equal(l2_create(&spec, &lab->env, &lab->l2), 0);
	return lab;
}

static void lab_close(struct lab *lab)
{
	l2_destroy(lab->l2);
	assert_pm_sound(lab->env.pm);
	physmem_destroy(lab->env.pm);
	free(lab);
}

/* False if there is no such attribute. */
static bool find_attr(const struct lab *lab, const char *name, uint64_t *ret)
{
	struct l2_attrs attrs = { 0 };

	lab->l2->ops->attrs(lab->l2, &attrs);
	for (unsigned i = 0; i < attrs.nr; i++)
		if (!strcmp(attrs.row[i].name, name)) {
			*ret = attrs.row[i].value;
			return true;
		}
	return false;
}

static uint64_t attr(const struct lab *lab, const char *name)
{
	uint64_t value = 0;

	if (!find_attr(lab, name, &value))
		fail_msg("no attribute %s", name);
	return value;
}

static void assert_all_counted(const struct lab *lab, uint64_t nr_tables)
{
	uint64_t held = attr(lab, "pages_held") * PAGE_SIZE;
	uint64_t tables = nr_tables * L2_TABLE_SIZE;

	assert_true(attr(lab, "je_base") > 0);
	assert_true(attr(lab, "je_mapped") >= attr(lab, "je_base"));
	assert_true(held >= attr(lab, "je_mapped"));
	assert_true(held >= attr(lab, "je_resident"));
	/* Without counting the base twice: held beside it holds the tables. */
	assert_true(held >= attr(lab, "je_base") + tables);
	assert_int_equal(attr(lab, "je_retained"), 0);
	/* What lies in a tcache is allocated to the library. */
	assert_true(attr(lab, "je_small_allocated") >= tables);
	assert_int_equal(attr(lab, "tables"), nr_tables);
}

static void held_against_library(const char *text)
{
	struct lab *lab = lab_open(text);
	unsigned i;

	assert_all_counted(lab, 0);
	for (i = 0; i < NR_TABLES; i++) {
		assert_int_equal(l2_alloc_zeroed(lab->l2, i % 4, GFP_ATOMIC,
						 &lab->table[i]),
				 0);
		if (i % 100 == 0)
			assert_all_counted(lab, i + 1);
	}
	for (i = 0; i < NR_TABLES; i++) {
		l2_free(lab->l2, i % 3, &lab->table[i]);
		if (i % 100 == 0)
			assert_all_counted(lab, NR_TABLES - 1 - i);
	}
	assert_all_counted(lab, 0);
	lab_close(lab);
}

static void test_jemalloc__held_against_library(void **state)
{
	(void)state;
	held_against_library("jemalloc");
	held_against_library("jemalloc:tcache=0");
}

/* The option does what it says: per CPU, or nowhere. */
static void test_jemalloc__tcache(void **state)
{
	static const struct {
		const char *text;
		unsigned nr_caches;
	} specs[] = { { "jemalloc", 4 }, { "jemalloc:tcache=0", 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct lab *lab = lab_open(specs[i].text);
		uint64_t kept;

		assert_int_equal(attr(lab, "tcaches"), specs[i].nr_caches);
		for (unsigned n = 0; n < 64; n++)
			assert_int_equal(l2_alloc_zeroed(lab->l2, n % 4,
							 GFP_ATOMIC,
							 &lab->table[n]),
					 0);
		for (unsigned n = 0; n < 64; n++)
			l2_free(lab->l2, n % 4, &lab->table[n]);
		/* All are free for us, and those in a cache are not for it. */
		kept = attr(lab, "je_small_allocated");
		assert_int_equal(kept > 0, specs[i].nr_caches > 0);
		lab_close(lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jemalloc__held_against_library),
		cmocka_unit_test(test_jemalloc__tcache),
	};
	struct lab *lab;
	uint64_t value;
	bool has_stats;

	if (!l2_strategy_find("jemalloc")) {
		puts("built without jemalloc");
		return EXIT_SKIPPED;
	}
	lab = lab_open("jemalloc");
	has_stats = find_attr(lab, "je_mapped", &value);
	lab_close(lab);
	if (!has_stats) {
		puts("this jemalloc keeps no statistics");
		return EXIT_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
