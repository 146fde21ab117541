// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims about what the kernel's code does: C9, C11 and C12. Each function runs
 * what the commands of its row in claims.c run. Not here: the lock that
 * page_frag lacks, which no model of one thread can show.
 * Cost: some replays. Concurrency: none.
 */
#include "claim_lab.h"
#include "claims_run.h"
#include "slab_trial.h"

void claim_page_frag_works(struct claim_lab *lab)
{
	static const char *const workload[] = {
		"x86-drm", "vdec_4k_20ref:profile=P2",
		"jpeg_small_churn:jobs=64,device=64", "adv_one_slot"
	};
	unsigned nr_dirty = 0, nr_broken = 0, i;

	for (i = 0; i < ARRAY_SIZE(workload); i++) {
		const struct memory_result *m =
			lab_replay(lab, workload[i], "page_frag:mode=v3");

		nr_dirty += m->dirty_tables > 0;
		nr_broken += m->dirty_tables || m->leaked_bytes;
		lab_figure(lab, m->dirty_tables, "tables",
			   "handed out with stale entries, %s", workload[i]);
		if (m->dirty_tables)
			lab_figure(lab, m->first_dirty_alloc, "number",
				   "of the first such allocation, %s",
				   workload[i]);
		lab_figure(lab, m->leaked_bytes, "bytes",
			   "leaked with the domain, %s", workload[i]);
	}
	lab_verdict(
		lab, !nr_broken, nr_broken == ARRAY_SIZE(workload),
		"the workload suits: %u of %u leak, %u of them meet stale tables",
		nr_broken, (unsigned)ARRAY_SIZE(workload), nr_dirty);
}

void claim_dma32_calls_fail(struct claim_lab *lab)
{
	static const struct {
		const char *name;
		struct slab_trial trial;
	} trials[] = {
		{ "plain cache, new slab",
		  { .rule = SLAB_FLAGS_MERGED,
		    .gfp = GFP_ATOMIC | GFP_DMA32 } },
		{ "plain cache, object at hand",
		  { .rule = SLAB_FLAGS_MERGED,
		    .gfp = GFP_ATOMIC | GFP_DMA32,
		    .hit = true } },
		{ "SLAB_CACHE_DMA32, new slab",
		  { .rule = SLAB_FLAGS_MERGED,
		    .dma32_cache = true,
		    .gfp = GFP_ATOMIC | GFP_DMA32 } },
		{ "SLAB_CACHE_DMA32, rule of v4, new slab",
		  { .rule = SLAB_FLAGS_V4,
		    .dma32_cache = true,
		    .gfp = GFP_ATOMIC | GFP_DMA32 } },
	};
	unsigned nr_failed = 0, nr_plain = 0, nr_warned = 0, nr_above = 0, i;
	bool warned = false;

	for (i = 0; i < ARRAY_SIZE(trials); i++) {
		struct slab_trial_result r = { .nr_warnings = 0 };
		bool failed = slab_trial_run(&trials[i].trial, &r);

		nr_failed += failed;
		warned |= r.nr_warnings > 0;
		nr_plain += !trials[i].trial.dma32_cache;
		if (!trials[i].trial.dma32_cache)
			nr_warned += r.nr_warnings > 0;
		nr_above += !failed && r.zone == ZONE_NORMAL;
		lab_figure(lab, failed, "failures", "%s", trials[i].name);
		lab_figure(lab, r.nr_warnings, "warnings", "%s",
			   trials[i].name);
		lab_figure(lab, !failed && r.zone != ZONE_NORMAL, "objects",
			   "below 4 GiB, %s", trials[i].name);
	}
	lab_verdict(
		lab, nr_failed == ARRAY_SIZE(trials),
		!nr_failed && !warned && !nr_above,
		"'failing' means a warning and memory from any zone: on a plain cache %u of %u calls warn, %u get none below 4 GiB; %u fail",
		nr_warned, nr_plain, nr_above, nr_failed);
}

void claim_slub_debug(struct claim_lab *lab)
{
	static const char strategy[] = "slab_dma32:debug=FZPU";
	uint64_t size, align, plain;

	plain = lab_attr(lab, "slab_dma32", 8, "slab_size");
	lab_figure(lab, plain, "bytes", "slab_size");
	size = lab_attr(lab, strategy, 8, "slab_size");
	lab_figure(lab, size, "bytes", "slab_size, slub_debug=FZPU");
	align = lab_attr(lab, strategy, 8, "align");
	lab_figure(lab, align, "bytes", "align, slub_debug=FZPU");
	lab_figure(lab, lab_attr(lab, "slab_dma32", 8, "objs_per_slab"),
		   "tables", "in a slab, 8 CPUs");
	lab_figure(lab, lab_attr(lab, strategy, 8, "objs_per_slab"), "tables",
		   "in a slab, 8 CPUs, slub_debug=FZPU");
	lab_figure(lab, lab_held(lab, strategy, 30, 8, "0"), "bytes",
		   "held, 30 tables, 8 CPUs, slub_debug=FZPU");
	lab_holds(lab, plain == 1024 && size == 3072 && align == 1024);
}
