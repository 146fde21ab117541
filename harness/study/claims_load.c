// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims about how many tables there are, for how long, and when they cannot
 * be had: C6 to C8 and C13. Each function runs what the commands of its row in
 * claims.c run.
 * Cost: some replays each, C13 some twenty searches' worth; seconds in all.
 */
#include "claim_lab.h"
#include "claims_run.h"

static const char aged[] = "mix:0.9,0.5";

#define DECODER_FRESH 0
#define DECODER_FRAGMENTED 1

static uint64_t percent(uint64_t part, uint64_t whole)
{
	return whole ? (200 * part / whole + 1) / 2 : 0;
}

void claim_single_page(struct claim_lab *lab)
{
	static const struct {
		const char *frag;
		uint64_t dma32_free;
	} memory[] = {
		{ "fresh", 0 },
		{ "mix:0.9,0.9", 0 },
		{ "mix:0.99,0.99", SZ_4M },
	};
	uint64_t first[2];
	unsigned i;

	for (i = 0; i < 2; i++) {
		first[i] = lab_held(lab, "slab_dma32", 1, i ? 8 : 4, "0");
		lab_figure(lab, first[i], "bytes",
			   "slab_dma32 takes for the first table, %u CPUs",
			   i ? 8 : 4);
	}
	for (i = 0; i < ARRAY_SIZE(memory); i++) {
		const struct memory_result *m =
			lab_replay_aged(lab, "x86-drm", "slab_dma32",
					memory[i].frag, memory[i].dma32_free);
		const char *free = memory[i].dma32_free ? ", 4 MiB free" : "";

		lab_figure(lab, m->nr_refills, "slabs", "%s memory%s",
			   memory[i].frag, free);
		lab_figure(lab, m->nr_fallbacks, "slabs",
			   "of one page instead, %s memory%s", memory[i].frag,
			   free);
	}
	lab_verdict(lab, first[0] == PAGE_SIZE && first[1] == PAGE_SIZE,
		    first[0] > PAGE_SIZE && first[1] > PAGE_SIZE,
		    "there are fewer than 8 CPUs");
}

void claim_few_tables(struct claim_lab *lab)
{
	static const char *const workload[] = { "vdec_fresh", "vdec_fragmented",
						"x86-drm", "arm-drm" };
	uint64_t peak[ARRAY_SIZE(workload)];
	unsigned nr_above = 0, i;

	for (i = 0; i < ARRAY_SIZE(workload); i++) {
		peak[i] = lab_replay(lab, workload[i], "slab_dma32")
				  ->l2_tables_peak;
		nr_above += peak[i] > 100;
		lab_figure(lab, peak[i], "tables", "at peak, %s", workload[i]);
	}
	lab_verdict(
		lab, !nr_above, nr_above == ARRAY_SIZE(workload),
		"memory suits: a decoder needs %llu on fresh memory, %llu on single pages; %u workloads of %u need more than 100",
		(unsigned long long)peak[DECODER_FRESH],
		(unsigned long long)peak[DECODER_FRAGMENTED], nr_above,
		(unsigned)ARRAY_SIZE(workload));
}

void claim_rarely_freed(struct claim_lab *lab)
{
	static const char *const workload[] = { "vdec_fresh", "vdec_fragmented",
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

void claim_atomic_never_fails(struct claim_lab *lab)
{
	static const char *const age[] = { "fresh", "p1", aged };
	unsigned i, nr_found = 0, contradictions = 0;
	uint64_t least = 0;

	lab_figure(lab,
		   lab_replay(lab, "x86-drm", "slab_dma32")->alloc_failures,
		   "tables", "not allocated, whole machine");
	for (i = 0; i < ARRAY_SIZE(age); i++) {
		struct survive_result r =
			lab_survive(lab, "x86-drm", "slab_dma32", age[i]);

		nr_found += r.found;
		contradictions += r.contradictions;
		least = r.bytes > least ? r.bytes : least;
		lab_figure(lab, r.bytes, "bytes",
			   "least free below 4 GiB, %s memory", age[i]);
		lab_figure(lab, r.failed_event, "event",
			   "fails with a page less, %s memory", age[i]);
	}
	lab_figure(lab, contradictions, "sizes",
		   "tried that contradict, above and below");
	lab_verdict(lab, least <= PAGE_SIZE, !nr_found,
		    "at least %llu bytes are free below 4 GiB",
		    (unsigned long long)least);
}
