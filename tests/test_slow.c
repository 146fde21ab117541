// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slow decorator: plants exactly what it is told on every strategy, and
 * nothing else changes.
 */
#include "mm_fixture.h"

#include "l2_decorators.h"

#define NR_TABLES 100
#define PIECE 32 /* of slow.c: what is owed is paid in such */

struct lab {
	struct physmem *pm;
	struct l2_slow_config cfg;
	struct l2_strategy *inner, *l2;
	struct l2_table table[NR_TABLES];
};

static void lab_open(struct lab *lab, const struct l2_strategy_ops *ops)
{
	struct l2_env env = { .nr_cpus = 2,
			      .max_tables = 4096,
			      .zone_gfp = GFP_DMA32 };
	struct l2_spec spec;
	char why[128];

	memset(lab, 0, sizeof(*lab));
	env.pm = lab->pm = small_machine();
	assert_int_equal(l2_spec_parse(ops->name, &spec, why, sizeof(why)), 0);
	assert_int_equal(l2_create(&spec, &env, &lab->inner), 0);
	assert_int_equal(l2_slow_create(lab->inner, &lab->cfg, &lab->l2), 0);
	assert_int_equal(lab->l2->zeroes, lab->inner->zeroes);
	assert_int_equal(lab->l2->link_offset, lab->inner->link_offset);
}

static void lab_close(struct lab *lab)
{
	const char *why = "";

	assert_int_equal(lab->l2->ops->check(lab->l2, &why), 0);
	l2_destroy(lab->l2);
	assert_pm_sound(lab->pm);
	physmem_destroy(lab->pm);
}

static uint64_t worked(const struct lab *lab)
{
	struct l2_attrs attrs = { .nr = 0 };

	lab->l2->ops->attrs(lab->l2, &attrs);
	assert_true(attrs.nr > 0);
	assert_string_equal(attrs.row[attrs.nr - 1].name, "slow_units");
	return attrs.row[attrs.nr - 1].value;
}

/* 2 * NR_TABLES calls. */
static void use(struct lab *lab)
{
	unsigned i;

	for (i = 0; i < NR_TABLES; i++)
		assert_int_equal(l2_alloc_zeroed(lab->l2, i % 2, GFP_ATOMIC,
						 &lab->table[i]),
				 0);
	for (i = 0; i < NR_TABLES; i++)
		l2_free(lab->l2, i % 2, &lab->table[i]);
}

static void test_slow__debt(void **state)
{
	static const uint64_t delay[] = { 0, 1, 20000, L2_SLOW_UNIT,
					  100 * L2_SLOW_UNIT + 7 };
	unsigned nr = 0;

	(void)state;
	for (unsigned s = 0; l2_strategies[s]; s++) {
		uint64_t owed = 0;
		struct lab lab;

		lab_open(&lab, l2_strategies[s]);
		for (unsigned i = 0; i < ARRAY_SIZE(delay); i++) {
			lab.cfg.delay = delay[i];
			for (unsigned n = 0; n < 10; n++)
				use(&lab);
			owed += 20 * NR_TABLES * delay[i];
			assert_int_equal(worked(&lab),
					 owed / L2_SLOW_UNIT / PIECE * PIECE);
			nr++;
		}
		assert_true(worked(&lab) > 100 * 20 * NR_TABLES);
		lab_close(&lab);
	}
	assert_true(nr >= 5 * 5);
}

static void test_slow__bytes(void **state)
{
	unsigned nr = 0;

	(void)state;
	for (unsigned s = 0; l2_strategies[s]; s++, nr++) {
		struct l2_usage is, inner;
		struct lab lab;

		lab_open(&lab, l2_strategies[s]);
		for (unsigned i = 0; i < NR_TABLES; i++) {
			assert_int_equal(l2_alloc_zeroed(lab.l2, 0, GFP_ATOMIC,
							 &lab.table[i]),
					 0);
			lab.cfg.table_bytes = i % 3;
			lab.l2->ops->usage(lab.l2, &is);
			lab.inner->ops->usage(lab.inner, &inner);
			assert_int_equal(is.nr_tables, i + 1);
			assert_int_equal(is.metadata_bytes,
					 inner.metadata_bytes +
						 (i + 1) * (i % 3));
			is.metadata_bytes = inner.metadata_bytes;
			assert_memory_equal(&is, &inner, sizeof(is));
		}
		assert_int_equal(worked(&lab), 0);
		for (unsigned i = 0; i < NR_TABLES; i++)
			l2_free(lab.l2, 0, &lab.table[i]);
		lab_close(&lab);
	}
	assert_true(nr >= 5);
}

static void test_slow__work(void **state)
{
	(void)state;
	assert_int_equal(l2_slow_work(5, 0), 5);
	assert_int_not_equal(l2_slow_work(5, 1), 5);
	assert_int_equal(l2_slow_work(l2_slow_work(5, 11), 31),
			 l2_slow_work(5, 42));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slow__debt),
		cmocka_unit_test(test_slow__bytes),
		cmocka_unit_test(test_slow__work),
	};

	return cmocka_run_group_tests_name("slow", tests, NULL, NULL);
}
