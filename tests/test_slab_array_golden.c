// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each step of random operations on a slab_array, with objects of several
 * sizes, as a hash, against mm/slab.c of Linux 6.1 itself, run as a program on
 * the same simulated memory: golden/slab_array_ops.csv. What a guest held is in
 * test_memory_more.c.
 */
#include "array_fixture.h"

#include <stdio.h>

static FILE *open_golden(const char *name, const char *want_header)
{
	const char *dir = getenv("TEST_DATA");
	char path[4096], header[160];
	FILE *in;

	snprintf(path, sizeof(path), "%s/golden/%s", dir ? dir : ".", name);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_non_null(fgets(header, sizeof(header), in));
	assert_string_equal(header, want_header);
	return in;
}

enum { OPS_SLOTS = 2000, NR_OPS = 60000, NR_OPS_ROWS = 24 };

struct ops {
	struct array array;
	struct fault_attr fault;
	void *object[OPS_SLOTS];
	uint64_t hash;
	unsigned nr_failed;
};

static void mix(struct ops *o, uint64_t value)
{
	o->hash = (o->hash ^ value) * 0x100000001b3ull;
}

static void ops_toggle(struct ops *o, unsigned slot, unsigned cpu)
{
	unsigned slab_size = PAGE_SIZE << o->array.stats.geometry.order;

	if (o->object[slot]) {
		give(&o->array, cpu, o->object[slot]);
		o->object[slot] = NULL;
	} else if (slab_array_alloc(o->array.s, cpu, GFP_ATOMIC,
				    &o->object[slot])) {
		o->nr_failed++;
		mix(o, ~0ull);
	} else {
		mix(o, physmem_paddr(o->array.pm, o->object[slot]) % slab_size);
	}
}

/* Of each 5000 operations, 200 find no page from the third request on, or
 * not on the third. */
static void ops_fault(struct ops *o, unsigned i)
{
	if (i % 5000 == 1000) {
		o->fault = (struct fault_attr){ .nth = 3,
						.persistent = i / 5000 % 2 };
		physmem_set_fault(o->array.pm, &o->fault);
	} else if (i % 5000 == 1200) {
		physmem_set_fault(o->array.pm, NULL);
	}
}

static void run_ops(struct ops *o, const struct slab_array_config *cfg,
		    uint64_t seed)
{
	array_open_on(&o->array, small_machine(), cfg);
	for (unsigned i = 0; i < NR_OPS; i++) {
		unsigned range = i / 10000 % 2 ? OPS_SLOTS / 8 : OPS_SLOTS;
		unsigned slot = rng_below(&seed, i % 3 ? range : OPS_SLOTS);
		unsigned cpu = rng_below(&seed, cfg->nr_cpus);

		ops_fault(o, i);
		if (o->object[slot] || slot < range)
			ops_toggle(o, slot, cpu);
		if (i % 25000 == 24999)
			slab_array_shrink(o->array.s);
		slab_array_stats(o->array.s, &o->array.stats);
		mix(o, o->array.stats.slabs);
		mix(o, o->array.stats.free_slabs);
		mix(o, o->array.stats.free_objects);
		mix(o, o->array.stats.shared_avail);
	}
	array_close(&o->array);
}

static void test_slab_array_golden__every_operation(void **state)
{
	FILE *in = open_golden(
		"slab_array_ops.csv",
		"size,align,cpus,init_on_free,seed,failed,slabs,hash\n");
	unsigned nr_rows = 0, init_on_free, seed, failed, slabs;
	struct slab_array_config cfg = { .allocflags = GFP_DMA32 };
	unsigned long long hash;

	(void)state;
	while (fscanf(in, "%u,%u,%u,%u,%u,%u,%u,%llx\n", &cfg.size, &cfg.align,
		      &cfg.nr_cpus, &init_on_free, &seed, &failed, &slabs,
		      &hash) == 8) {
		struct ops *o = calloc(1, sizeof(*o));

		assert_non_null(o);
		cfg.init_on_free = init_on_free;
		run_ops(o, &cfg, seed);
		assert_int_equal(o->nr_failed, failed);
		assert_int_equal(o->array.stats.slabs, slabs);
		assert_int_equal(o->hash, hash);
		free(o);
		nr_rows++;
	}
	assert_true(feof(in));
	fclose(in);
	assert_int_equal(nr_rows, NR_OPS_ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slab_array_golden__every_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
