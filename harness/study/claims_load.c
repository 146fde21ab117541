// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims about how many tables there are, for how long, and when they cannot
 * be had: C6 to C8 and C13. Each function runs what the commands of its row in
 * claims.c run.
 * Cost: some replays each, C13 six searches; seconds in all.
 */
#include "claim_lab.h"
#include "claims_run.h"

#define LEVEL1_SIZE (4 * PAGE_SIZE) /* 32 bits of iova */

static const char aged[] = "mix:0.9,0.5";

#define MANY_TABLES 100u /* "rarely >100" */

#define DECODER_FRESH 0
#define DECODER_FRAGMENTED 1

static uint64_t percent(uint64_t part, uint64_t whole)
{
	return whole ? (200 * part / whole + 1) / 2 : 0;
}

/* Memory below 4 GiB, of the whole machine or taken down to a size. */
struct memory_state {
	const char *name, *frag;
	uint64_t dma32_free;
};

static uint64_t free_pages(const uint64_t *free_area)
{
	uint64_t pages = 0;
	unsigned order;

	for (order = 0; order <= MAX_ORDER; order++)
		pages += free_area[order] << order;
	return pages;
}

/* Tables of x86-drm that fail. */
static uint64_t failures_in(struct claim_lab *lab,
			    const struct memory_state *state)
{
	const struct memory_result *m = lab_replay_aged(
		lab, "x86-drm", "slab_dma32", state->frag, state->dma32_free);

	lab_figure(lab, m->nr_refills, "slabs", "taken, %s", state->name);
	lab_figure(lab, m->nr_fallbacks, "slabs", "of one page instead, %s",
		   state->name);
	lab_figure(lab, m->alloc_failures, "tables", "not allocated, %s",
		   state->name);
	lab_figure(lab, free_pages(m->free_area_end), "pages",
		   "free in the end, %s", state->name);
	return m->alloc_failures;
}

void claim_single_page(struct claim_lab *lab)
{
	static const struct memory_state enough[] = {
		{ "fresh memory", "fresh", 0 },
		{ "few blocks above one page, 4 MiB", "mix:0.99,0.99", SZ_4M },
		{ "single pages only, 4 MiB", "p2", SZ_4M },
	};
	/* Less than the tables of x86-drm need. */
	static const struct memory_state scarce = {
		"single pages only, 128 KiB", "p2", SZ_4M / 32
	};
	uint64_t first[2], failures = 0, exhausted;
	unsigned i;

	for (i = 0; i < 2; i++) {
		first[i] = lab_held(lab, "slab_dma32", 1, i ? 8 : 4, "0");
		lab_figure(lab, first[i], "bytes",
			   "slab_dma32 asks first for, %u CPUs", i ? 8 : 4);
	}
	for (i = 0; i < ARRAY_SIZE(enough); i++)
		failures += failures_in(lab, &enough[i]);
	exhausted = failures_in(lab, &scarce);
	lab_verdict(
		lab, !failures && !exhausted, failures,
		"single pages are free above the mark; asked for first are %llu pages with 4 CPUs, %llu with 8, then one",
		(unsigned long long)(first[0] / PAGE_SIZE),
		(unsigned long long)(first[1] / PAGE_SIZE));
}

/* Points of the timeline at which so many tables are alive, in percent. */
static uint64_t points_above(const struct memory_result *m, uint64_t tables)
{
	unsigned i, nr = 0;

	for (i = 0; i < m->nr_points; i++)
		nr += m->point[i].live_bytes > tables * L2_TABLE_SIZE;
	return percent(nr, m->nr_points);
}

void claim_few_tables(struct claim_lab *lab)
{
	static const char *const workload[] = { "vdec_4k_20ref:profile=P0",
						"vdec_4k_20ref:profile=P2",
						"x86-drm", "arm-drm" };
	uint64_t above[ARRAY_SIZE(workload)];
	unsigned nr_often = 0, i;

	for (i = 0; i < ARRAY_SIZE(workload); i++) {
		const struct memory_result *m =
			lab_replay(lab, workload[i], "slab_dma32");

		above[i] = points_above(m, MANY_TABLES);
		nr_often += above[i] >= 10;
		lab_figure(lab, m->l2_tables_peak, "tables", "at peak, %s",
			   workload[i]);
		lab_figure(lab, above[i], "percent",
			   "of the events with more than %u alive, %s",
			   MANY_TABLES, workload[i]);
	}
	lab_verdict(
		lab, !nr_often, nr_often == ARRAY_SIZE(workload),
		"memory suits: a decoder has more at %llu percent of events on fresh memory, %llu on single pages; so %u workloads of %u",
		(unsigned long long)above[DECODER_FRESH],
		(unsigned long long)above[DECODER_FRAGMENTED], nr_often,
		(unsigned)ARRAY_SIZE(workload));
}

void claim_rarely_freed(struct claim_lab *lab)
{
	static const char *const workload[] = { "vdec_4k_20ref:profile=P0",
						"vdec_4k_20ref:profile=P2",
						"x86-drm", "arm-drm",
						"arm-nvme-aged" };
	uint64_t freed[ARRAY_SIZE(workload)];
	unsigned nr_above = 0, i;

	for (i = 0; i < ARRAY_SIZE(workload); i++) {
		const struct memory_result *m =
			lab_replay(lab, workload[i], "slab_dma32");

		freed[i] = percent(m->l2_frees, m->l2_allocs);
		nr_above += m->l2_frees * 10 > m->l2_allocs;
		lab_figure(lab, m->l2_allocs, "tables", "allocated, %s",
			   workload[i]);
		lab_figure(lab, m->l2_frees, "tables",
			   "of them freed before the end, %s", workload[i]);
	}
	lab_verdict(
		lab, !nr_above, nr_above == ARRAY_SIZE(workload),
		"memory suits: a decoder frees %llu percent on fresh memory, %llu on single pages; %u workloads of %u free more than 10",
		(unsigned long long)freed[DECODER_FRESH],
		(unsigned long long)freed[DECODER_FRAGMENTED], nr_above,
		(unsigned)ARRAY_SIZE(workload));
}

/* Smallest zone of all ages; 0 if one of them has none. */
static uint64_t smallest_zone(struct claim_lab *lab, const char *strategy,
			      unsigned *contradictions)
{
	static const char *const age[] = { "fresh", "p1", aged };
	bool found = true;
	uint64_t most = 0;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(age); i++) {
		struct survive_result r =
			lab_survive(lab, "x86-drm", strategy, age[i]);

		found &= r.found;
		*contradictions += r.contradictions;
		most = r.bytes > most ? r.bytes : most;
		lab_figure(lab, r.bytes, "bytes",
			   "smallest zone below 4 GiB, %s, %s memory", strategy,
			   age[i]);
		lab_figure(lab, r.failed_event, "event",
			   "fails with a page less, %s, %s memory", strategy,
			   age[i]);
	}
	return found ? most : 0;
}

void claim_atomic_never_fails(struct claim_lab *lab)
{
	const struct memory_result *m =
		lab_replay(lab, "x86-drm", "slab_dma32");
	uint64_t failures = m->alloc_failures;
	uint64_t need = m->l2_tables_peak * L2_TABLE_SIZE + LEVEL1_SIZE;
	uint64_t zone, zone_4_20;
	unsigned contradictions = 0;

	lab_figure(lab, failures, "tables", "not allocated, whole machine");
	lab_figure(lab, m->l2_tables_peak, "tables", "at peak");
	zone = smallest_zone(lab, "slab_dma32", &contradictions);
	zone_4_20 =
		smallest_zone(lab, "slab_dma32:kernel=4.20", &contradictions);
	lab_figure(lab, contradictions, "sizes",
		   "tried that contradict, above and below");
	lab_verdict(
		lab, !failures && zone == PAGE_SIZE && zone_4_20 == PAGE_SIZE,
		failures || !zone || !zone_4_20 || zone > 2 * need ||
			zone_4_20 > 2 * need,
		"the zone below 4 GiB is not exhausted: %llu bytes, level-1 table within, will do; %llu with the slabs of 4.20",
		(unsigned long long)zone, (unsigned long long)zone_4_20);
}
