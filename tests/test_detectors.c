// SPDX-License-Identifier: GPL-2.0-only
/*
 * The check decorator must see what it is for: each kind of misuse, once, on
 * every strategy with every option, gives exactly the reports it should, and a
 * clean run none.
 */
#include "mm_fixture.h"

#include "l2_decorators.h"
#include "spec_fixture.h"

#define NR_TABLES 64
#define VICTIM 21 /* with neighbours alive all around */
#define NR_LEAKED 5

/* An instance under the check decorator, with NR_TABLES tables alive. */
struct lab {
	struct physmem *pm;
	struct l2_env env;
	struct l2_reports reports;
	const char *text; /* of the spec */
	struct l2_strategy *l2;
	struct l2_table table[NR_TABLES];
	bool freed[NR_TABLES];
};

static void add_instance(struct lab *lab, const char *text)
{
	struct l2_strategy *inner;
	struct l2_spec spec;
	char why[128];

	assert_int_equal(l2_spec_parse(text, &spec, why, sizeof(why)), 0);
	assert_int_equal(l2_create(&spec, &lab->env, &inner), 0);
	assert_int_equal(
		l2_check_create(inner, &lab->env, &lab->reports, &lab->l2), 0);
}

static void lab_open(struct lab *lab, const char *text)
{
	unsigned i;

	memset(lab, 0, sizeof(*lab));
	lab->pm = small_machine();
	lab->env.pm = lab->pm;
	lab->env.nr_cpus = 2;
	lab->env.max_tables = 4096;
	lab->env.zone_gfp = GFP_DMA32;
	lab->text = text;
	add_instance(lab, text);
	for (i = 0; i < NR_TABLES; i++)
		assert_int_equal(l2_alloc_zeroed(lab->l2, 0, GFP_ATOMIC,
						 &lab->table[i]),
				 0);
}

static void lab_free(struct lab *lab, unsigned n)
{
	l2_free(lab->l2, 0, &lab->table[n]);
	lab->freed[n] = true;
}

static void lab_check(struct lab *lab)
{
	const char *why = "";

	if (lab->l2->ops->check(lab->l2, &why))
		fail_msg("%s", why);
}

/* Frees what is alive but for nr_kept tables, and the instance. */
static void lab_close(struct lab *lab, unsigned nr_kept)
{
	unsigned i;

	for (i = 0; i < NR_TABLES - nr_kept; i++)
		if (!lab->freed[i])
			lab_free(lab, i);
	l2_destroy(lab->l2);
	assert_pm_sound(lab->pm);
	physmem_destroy(lab->pm);
}

/* The stray write of a driver: AddressSanitizer must let it pass. */
__attribute__((no_sanitize("address"), noinline)) static void
scribble(void *va, int offset, unsigned nr)
{
	volatile uint8_t *p = (uint8_t *)va + offset;

	while (nr--)
		*p++ ^= 0xff;
}

/* Two tables, the second right above the first; false if there are none. */
static bool find_pair(const struct lab *lab, unsigned *ret_low,
		      unsigned *ret_high)
{
	unsigned i, k;

	for (i = 0; i < NR_TABLES; i++)
		for (k = 0; k < NR_TABLES; k++)
			if (lab->table[k].paddr ==
			    lab->table[i].paddr + L2_TABLE_SIZE) {
				*ret_low = i;
				*ret_high = k;
				return true;
			}
	*ret_low = VICTIM - 1;
	*ret_high = VICTIM;
	return false;
}

/* First byte of a freed table that is not the allocator's link. */
static int first_watched(const struct lab *lab)
{
	return lab->l2->link_offset ? 0 : L2_LINK_SIZE;
}

static void write_first_word(struct lab *lab)
{
	lab_free(lab, VICTIM);
	scribble(lab->table[VICTIM].va, first_watched(lab), 4);
	lab_check(lab);
}

static void write_byte_500(struct lab *lab)
{
	lab_free(lab, VICTIM);
	scribble(lab->table[VICTIM].va, 500, 1);
	lab_check(lab);
}

static void write_last_byte(struct lab *lab)
{
	lab_free(lab, VICTIM);
	scribble(lab->table[VICTIM].va, L2_TABLE_SIZE - 1, 1);
	lab_check(lab);
}

static void overrun_upward(struct lab *lab)
{
	unsigned low, high;

	find_pair(lab, &low, &high);
	lab_free(lab, high);
	scribble(lab->table[low].va, (int)L2_TABLE_SIZE + first_watched(lab),
		 1);
	lab_check(lab);
}

static void overrun_downward(struct lab *lab)
{
	unsigned low, high;

	find_pair(lab, &low, &high);
	lab_free(lab, low);
	scribble(lab->table[high].va, -1, 1);
	lab_check(lab);
}

static void write_to_three(struct lab *lab)
{
	unsigned i;

	for (i = VICTIM; i < VICTIM + 3; i++) {
		lab_free(lab, i);
		scribble(lab->table[i].va, 8, 64);
	}
	lab_check(lab);
}

static void free_twice(struct lab *lab)
{
	lab_free(lab, VICTIM);
	lab_free(lab, VICTIM);
	lab_check(lab);
}

static void free_twice_elsewhere(struct lab *lab)
{
	lab_free(lab, VICTIM);
	l2_free(lab->l2, 1, &lab->table[VICTIM]);
	lab_check(lab);
}

static void free_misaligned(struct lab *lab)
{
	struct l2_table table = lab->table[VICTIM];

	table.va = (char *)table.va + 4;
	table.paddr += 4;
	l2_free(lab->l2, 0, &table);
	lab_check(lab);
}

/* RAM of somebody else. */
static void free_foreign(struct lab *lab)
{
	struct l2_table table;
	struct page *page;

	assert_int_equal(physmem_alloc_pages(lab->pm, 0, GFP_DMA32, 0, &page),
			 0);
	table.va = physmem_page_va(lab->pm, page);
	table.paddr = physmem_page_paddr(lab->pm, page);
	l2_free(lab->l2, 0, &table);
	lab_check(lab);
	physmem_free_pages(lab->pm, 0, page, 0);
}

static void free_outside(struct lab *lab)
{
	struct l2_table below = { .va = lab, .paddr = 0 };
	struct l2_table above = { .va = lab, .paddr = SZ_4G + 64 * SZ_16M };

	l2_free(lab->l2, 0, &below);
	l2_free(lab->l2, 0, &above);
	lab_check(lab);
}

/* A table of another instance of the same strategy on the same memory. */
static void free_to_other_instance(struct lab *lab)
{
	struct lab other = { .pm = lab->pm, .env = lab->env };
	struct l2_table table;

	add_instance(&other, lab->text);
	assert_int_equal(l2_alloc_zeroed(other.l2, 0, GFP_ATOMIC, &table), 0);
	l2_free(lab->l2, 0, &table);
	lab_check(lab);
	lab_check(&other);
	l2_free(other.l2, 0, &table);
	l2_destroy(other.l2);
	assert_int_equal(l2_reports_total(&other.reports), 0);
}

static void leak(struct lab *lab)
{
	lab_check(lab);
}

static void nothing_wrong(struct lab *lab)
{
	unsigned i;

	for (i = 0; i < NR_TABLES; i += 3)
		lab_free(lab, i);
	lab_check(lab);
	for (i = 0; i < NR_TABLES; i += 3) {
		assert_int_equal(l2_alloc_zeroed(lab->l2, 1, GFP_ATOMIC,
						 &lab->table[i]),
				 0);
		lab->freed[i] = false;
	}
	lab_check(lab);
}

/* Pages that went back belong to others, who may write what they like. */
static void pages_reused(struct lab *lab)
{
	struct page *block[32];
	unsigned i, order;

	for (i = 0; i < NR_TABLES; i++)
		lab_free(lab, i);
	for (i = 0; i < ARRAY_SIZE(block); i++) {
		order = i % 2 * 3;
		assert_int_equal(physmem_alloc_pages(lab->pm, 0, GFP_DMA32,
						     order, &block[i]),
				 0);
		memset(physmem_page_va(lab->pm, block[i]), 0,
		       (size_t)PAGE_SIZE << order);
	}
	lab_check(lab);
	while (i--)
		physmem_free_pages(lab->pm, 0, block[i], i % 2 * 3);
}

static const struct misuse {
	void (*commit)(struct lab *lab);
	enum l2_report report;
	unsigned nr_reports;
	unsigned nr_leaked;
} misuses[] = {
	{ write_first_word, L2_REPORT_WRITTEN, 1, 0 },
	{ write_byte_500, L2_REPORT_WRITTEN, 1, 0 },
	{ write_last_byte, L2_REPORT_WRITTEN, 1, 0 },
	{ overrun_upward, L2_REPORT_WRITTEN, 1, 0 },
	{ overrun_downward, L2_REPORT_WRITTEN, 1, 0 },
	{ write_to_three, L2_REPORT_WRITTEN, 3, 0 },
	{ free_twice, L2_REPORT_DOUBLE_FREE, 1, 0 },
	{ free_twice_elsewhere, L2_REPORT_DOUBLE_FREE, 1, 0 },
	{ free_misaligned, L2_REPORT_FOREIGN_FREE, 1, 0 },
	{ free_foreign, L2_REPORT_FOREIGN_FREE, 1, 0 },
	{ free_outside, L2_REPORT_FOREIGN_FREE, 2, 0 },
	{ free_to_other_instance, L2_REPORT_FOREIGN_FREE, 1, 0 },
	{ leak, L2_REPORT_LEAK, NR_LEAKED, NR_LEAKED },
	{ nothing_wrong, L2_REPORT_LEAK, 0, 0 },
	{ pages_reused, L2_REPORT_LEAK, 0, 0 },
};

/*
 * A strategy that gives the page back with the table cannot show a later write
 * to it, nor one over the end of the table before: it hits no memory of the
 * strategy; and where tables are spaced, as with red zones, an overrun hits
 * no table. What is in a freed table of a defective one is not looked at.
 */
static bool blind_to_writes(const char *text, bool overrun)
{
	const struct page *page;
	struct lab lab;
	bool blind, spaced;
	unsigned low, high;

	lab_open(&lab, text);
	spaced = !find_pair(&lab, &low, &high);
	lab_free(&lab, VICTIM);
	page = physmem_page(lab.pm, lab.table[VICTIM].paddr);
	blind = lab.l2->defective || (spaced && overrun) ||
		!(page->flags & (PG_HEAD | PG_TAIL));
	lab_close(&lab, 0);
	return blind;
}

static uint64_t commit(const struct misuse *m, const char *text)
{
	uint64_t expected = m->nr_reports;
	struct lab lab;

	if (m->report == L2_REPORT_WRITTEN &&
	    blind_to_writes(text, m->commit == overrun_upward ||
					  m->commit == overrun_downward))
		expected = 0;
	lab_open(&lab, text);
	m->commit(&lab);
	lab_close(&lab, m->nr_leaked);
	for (unsigned i = 0; i < L2_NR_REPORTS; i++)
		if (lab.reports.count[i] != (i == m->report ? expected : 0))
			fail_msg("%s, misuse %u: %u reports of kind %u", text,
				 (unsigned)(m - misuses),
				 (unsigned)lab.reports.count[i], i);
	return lab.reports.count[m->report];
}

/* A pool of too few tables: nothing to misuse. */
static bool too_small(const char *text)
{
	return !strcmp(text, "genalloc:tables=1");
}

static struct {
	uint64_t nr_specs, nr_blind, nr_spaced, nr_reports, nr_shown, nr_allocs;
} seen;

static void every_misuse(const char *text)
{
	if (too_small(text))
		return;
	seen.nr_specs++;
	if (blind_to_writes(text, false))
		seen.nr_blind++;
	else
		seen.nr_spaced += blind_to_writes(text, true);
	for (size_t i = 0; i < ARRAY_SIZE(misuses); i++)
		seen.nr_reports += commit(&misuses[i], text);
}

static void test_detectors__every_misuse(void **state)
{
	(void)state;
	for_each_spec(every_misuse);
	assert_true(seen.nr_specs >= 32);
	assert_true(seen.nr_specs - seen.nr_blind >= 28);
	/* 20 a spec, 8 of them for writes, 2 of those over an end. */
	assert_int_equal(seen.nr_reports, 20 * seen.nr_specs -
						  8 * seen.nr_blind -
						  2 * seen.nr_spaced);
}

static void written_shows_on_reuse(const char *text)
{
	struct l2_table *victim, table;
	struct lab lab;
	bool shows;

	if (too_small(text))
		return;
	lab_open(&lab, text);
	victim = &lab.table[VICTIM];
	lab_free(&lab, VICTIM);
	scribble(victim->va, 500, 1);
	assert_int_equal(l2_alloc_zeroed(lab.l2, 0, GFP_ATOMIC, &table), 0);
	/* A strategy that clears tables wipes the trace. */
	shows = table.paddr == victim->paddr && !lab.l2->zeroes;
	assert_int_equal(lab.reports.count[L2_REPORT_WRITTEN], shows);
	seen.nr_shown += shows;
	l2_free(lab.l2, 0, &table);
	lab_close(&lab, 0);
	assert_int_equal(l2_reports_total(&lab.reports), shows);
}

/* Without a look at everything: what shows when the table goes out again. */
static void test_detectors__written_shows_on_reuse(void **state)
{
	(void)state;
	for_each_spec(written_shows_on_reuse);
	assert_true(seen.nr_shown >= 12);
}

static void clean_run(const char *text)
{
	enum { NR_OPS = 20000 };
	uint64_t seed = 7;
	struct lab lab;

	if (too_small(text))
		return;
	lab_open(&lab, text);
	for (unsigned i = 1; i <= NR_OPS; i++) {
		unsigned n = rng_below(&seed, NR_TABLES);
		unsigned cpu = rng_below(&seed, 2);

		if (!lab.freed[n])
			l2_free(lab.l2, cpu, &lab.table[n]);
		else
			seen.nr_allocs += !l2_alloc_zeroed(
				lab.l2, cpu, GFP_ATOMIC, &lab.table[n]);
		lab.freed[n] = !lab.freed[n];
		if (i % 1000 == 0)
			lab_check(&lab);
	}
	lab_close(&lab, 0);
	assert_int_equal(l2_reports_total(&lab.reports), 0);
}

static void test_detectors__clean_run(void **state)
{
	(void)state;
	for_each_spec(clean_run);
	assert_true(seen.nr_allocs >= 32 * 20000 / 3);
}

/* Figures, not reports; and what the last owner wrote is still there. */
static void test_detectors__defective(void **state)
{
	struct l2_table first;
	struct lab lab;

	(void)state;
	lab_open(&lab, "page_frag:mode=v3");
	assert_int_equal(lab.reports.nr_allocs, NR_TABLES);
	for (unsigned i = 0; i < NR_TABLES; i++) {
		memset(lab.table[i].va, (int)i + 1, L2_TABLE_SIZE);
		lab_free(&lab, i);
	}
	lab_check(&lab);
	assert_int_equal(lab.reports.dirty_tables, 0);
	/* The second chunk of 32 starts over. */
	assert_int_equal(l2_alloc_zeroed(lab.l2, 0, GFP_ATOMIC, &first), 0);
	assert_int_equal(first.paddr, lab.table[32].paddr);
	assert_int_equal(*(char *)first.va, 33);
	assert_int_equal(lab.reports.dirty_tables, 1);
	assert_int_equal(lab.reports.first_dirty_alloc, NR_TABLES + 1);
	l2_free(lab.l2, 0, &first);
	lab_close(&lab, 0);
	assert_int_equal(l2_reports_total(&lab.reports), 0);
}

/* Each byte of a freed table is watched but those of the instance's link. */
static void watch_bytes(const char *text, unsigned link)
{
	static struct lab lab;

	lab_open(&lab, text);
	assert_int_equal(lab.l2->link_offset, link);
	lab_free(&lab, VICTIM);
	for (unsigned i = 0; i < L2_TABLE_SIZE; i++) {
		bool is_link = i >= link && i < link + L2_LINK_SIZE;
		uint64_t before = lab.reports.count[L2_REPORT_WRITTEN];

		if (is_link) /* the allocator's own; what it holds is live */
			continue;
		scribble(lab.table[VICTIM].va, (int)i, 1);
		lab_check(&lab);
		assert_int_equal(lab.reports.count[L2_REPORT_WRITTEN],
				 before + 1);
		scribble(lab.table[VICTIM].va, (int)i, 1);
	}
	lab_check(&lab);
	lab_close(&lab, 0);
	assert_int_equal(lab.reports.count[L2_REPORT_WRITTEN],
			 L2_TABLE_SIZE - (link < L2_TABLE_SIZE) * L2_LINK_SIZE);
	assert_int_equal(l2_reports_total(&lab.reports),
			 lab.reports.count[L2_REPORT_WRITTEN]);
}

static void test_detectors__all_but_the_link(void **state)
{
	(void)state;
	watch_bytes("slab_dma32", 512);
	watch_bytes("slab_dma32:kernel=4.20", 0);
	watch_bytes("slab_dma32:debug=P", 1024);
	watch_bytes("slab_dma32:kernel=4.20,debug=FZPU", 1032);
	watch_bytes("genalloc", L2_LINK_OFFSET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_detectors__every_misuse),
		cmocka_unit_test(test_detectors__written_shows_on_reuse),
		cmocka_unit_test(test_detectors__clean_run),
		cmocka_unit_test(test_detectors__defective),
		cmocka_unit_test(test_detectors__all_but_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
