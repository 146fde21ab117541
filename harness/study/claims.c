// SPDX-License-Identifier: GPL-2.0-only
/*
 * The claims, and who made them. Sources: the cover letter of [PATCH v4 0/3]
 * iommu/io-pgtable-arm-v7s: Use DMA32 zone for page tables, and mails of the
 * discussion of November and December 2018. Where the mail is not at hand the
 * row has no message-id; where the wording is from notes it says remembered.
 */
#include "claims.h"

#include <errno.h>
#include <string.h>

#include "claim_lab.h"
#include "claims_run.h"

#define LETTER "N. Boichat, cover letter of [PATCH v4 0/3], December 2018"
#define MAIL "N. Boichat, 2018"
#define LOAD_ID \
	"CANMq1KDzKJqJwGsW3A90JY_0kgDtAMjOikT-3C9zQG01=3dibQ@mail.gmail.com"
#define REPLAY "v7sbench replay --reps=0 --quirk=mtk_ext --format=csv "

const struct claim claims[] = {
	{
		.id = "C1",
		.text = "For L2 tables that only take 1KB, it would be a waste to allocate a full page",
		.source = LETTER,
		.rule = "page never holds less than slab_dma32, up to 256 tables with 4 and 8 CPUs, each table replaced once, each call from a CPU drawn at random, the worst case for SLUB",
		.command = { "v7sbench phase --tables=1-256 --cpus=4,8 --churn=1 --format=csv --strategy=page,slab_dma32,slab_dma32:kernel=4.20" },
		.run = claim_page_is_waste,
	},
	{
		.id = "C2",
		.text = "genalloc, which requires pre-allocating the maximum number of L2 page tables (4096, so 4MB of memory)",
		.source = LETTER "; also in a mail",
		.message_id =
			"CANMq1KC56nz7u8r54LUbN43DXxZPQWBY67FR1P18tps5V3E-Zw",
		.rule = "4 MiB with one domain, with several, and with 34 bits of iova",
		.command = { REPLAY "--strategy=genalloc x86-drm",
			     REPLAY "--strategy=genalloc arm-mixed",
			     "v7sbench phase --ias=34 --tables=16384 --cpus=1 --churn=0 --format=csv --strategy=genalloc" },
		.run = claim_genalloc_4mb,
	},
	{
		.id = "C3",
		.text = "absolute worst case (4096 L2 page tables, each on their own 4K page), we would use 16 MB of memory for 4 MB of L2 tables",
		.source = "N. Boichat, [PATCH v3] with page_frag, 2018",
		.rule = "page_frag never holds more than 16 MiB, whatever its callers do",
		.command = { REPLAY "--strategy=page_frag adv_frag_pin",
			     "v7sbench phase --tables=4096 --cpus=1 --churn=pin4,pin32 --format=csv --strategy=page_frag,page_frag:order=0,slab_dma32",
			     "v7sbench phase --ias=34 --tables=16384 --cpus=1 --churn=pin32 --format=csv --strategy=page_frag" },
		.run = claim_page_frag_16mb,
	},
	{
		.id = "C4",
		.text = "page_frag, which is not very memory-efficient as it is unable to reuse freed fragments until the whole page is freed",
		.source = LETTER,
		.rule = "page_frag holds more than slab_dma32 at 10, 20 ... 100 tables with 4 and 8 CPUs, replaced never and 10 times, each call from a CPU drawn at random, the worst case for SLUB",
		.command = { "v7sbench phase --tables=10,20,30,40,50,60,70,80,90,100 --cpus=4,8 --churn=0,10 --format=csv --strategy=page_frag,slab_dma32" },
		.run = claim_page_frag_inefficient,
	},
	{
		.id = "C5",
		.text = "This series [the slab cache] is the most memory-efficient approach",
		.source = LETTER,
		.rule = "slab_dma32 holds least of itself, genalloc, page_frag and page at 1, 2, 4 ... 4096 tables with 4 and 8 CPUs, replaced 0, 1 and 10 times, each call from a CPU drawn at random, the worst case for SLUB; and at the peak of x86-drm, whose CPUs are those recorded",
		.command = { "v7sbench phase --tables=1,2,4,8,16,32,64,128,256,512,1024,2048,4096 --cpus=4,8 --churn=0,1,10 --format=csv --strategy=slab_dma32,genalloc,page_frag,page",
			     "v7sbench phase --tables=1-256 --cpus=4,8 --churn=0,1,10 --strategy=slab_dma32,page",
			     "v7sbench phase --tables=1-256 --cpus=4,8 --churn=0,1,10 --strategy=slab_dma32,page_frag",
			     "v7sbench phase --tables=1-256 --cpus=4,8 --churn=1 --format=csv --strategy=slab_dma32:kernel=4.20,page,page_frag",
			     REPLAY
			     "--strategy=slab_dma32,genalloc,page_frag,page x86-drm" },
		.run = claim_slab_most_efficient,
	},
	{
		.id = "C6",
		.text = "[of allocation failures] we only need a single page, so the failures should be exceptional",
		.source = MAIL,
		.message_id = LOAD_ID,
		.rule = "no table of x86-drm fails while single pages are free above the mark of the zone, and some do when the zone is too small for them; what is asked for first is stated",
		.command = { "v7sbench phase --tables=1 --cpus=4,8 --churn=0 --format=csv --strategy=slab_dma32",
			     REPLAY "--strategy=slab_dma32 x86-drm",
			     REPLAY
			     "--strategy=slab_dma32 --frag=mix:0.99,0.99 --dma32=4M x86-drm",
			     REPLAY
			     "--strategy=slab_dma32 --frag=p2 --dma32=4M x86-drm",
			     REPLAY
			     "--strategy=slab_dma32 --frag=p2 --dma32=128K x86-drm" },
		.run = claim_single_page,
	},
	{
		.id = "C7",
		.text = "a few 10s of L2 tables at most on my system, I assume we rarely have >100",
		.source = MAIL,
		.message_id = LOAD_ID,
		.rule = "in each workload with one domain more than 100 tables are alive at less than a tenth of the events, looked at up to 401 times (timeline.csv of v7sbench run)",
		.command = { REPLAY
			     "--strategy=slab_dma32 vdec_4k_20ref:profile=P0",
			     REPLAY
			     "--strategy=slab_dma32 vdec_4k_20ref:profile=P2",
			     REPLAY "--strategy=slab_dma32 x86-drm",
			     REPLAY "--strategy=slab_dma32 arm-drm" },
		.run = claim_few_tables,
	},
	{
		.id = "C8",
		.text = "from limited experiments, IOMMU L2 tables are rarely freed",
		.source = MAIL,
		.message_id = LOAD_ID,
		.rule = "in each workload at most a tenth of the tables allocated is freed before the end",
		.command = { REPLAY
			     "--strategy=slab_dma32 vdec_4k_20ref:profile=P0",
			     REPLAY
			     "--strategy=slab_dma32 vdec_4k_20ref:profile=P2",
			     REPLAY "--strategy=slab_dma32 x86-drm",
			     REPLAY "--strategy=slab_dma32 arm-drm",
			     REPLAY "--strategy=slab_dma32 arm-nvme-aged" },
		.run = claim_rarely_freed,
	},
	{
		.id = "C9",
		.text = "[page_frag] works fine, and the code is quite simple",
		.source = "N. Boichat, [PATCH v3] with page_frag, 2018",
		.rule = "the patch as posted hands out no table with stale entries and leaks nothing with its domain; that it lacks a lock is not tested",
		.command = { REPLAY "--strategy=page_frag:mode=v3 x86-drm",
			     REPLAY
			     "--strategy=page_frag:mode=v3 vdec_4k_20ref:profile=P2",
			     REPLAY
			     "--strategy=page_frag:mode=v3 jpeg_small_churn:jobs=64,device=64",
			     REPLAY
			     "--strategy=page_frag:mode=v3 adv_one_slot" },
		.run = claim_page_frag_works,
	},
	{
		.id = "C10",
		.text = "page_frag is fine where fragments have similar lifetimes [M. Wilcox]; else it leaks memory [C. Hellwig]",
		.source = "M. Wilcox and C. Hellwig, 2018",
		.remembered = true,
		.rule = "page_frag holds at most twice the size of 128 tables that stay of 32 times as many, whether these were taken in a row or scattered",
		.command = { "v7sbench phase --tables=128 --cpus=1 --churn=group2,shrink2,group8,shrink8,group32,shrink32 --format=csv --strategy=page_frag,slab_dma32,pte_frag" },
		.run = claim_similar_lifetimes,
	},
	{
		.id = "C11",
		.text = "calls with GFP_DMA32 will end up failing in check_slab_flags",
		.source = "discussion of 2018",
		.rule = "a kmem_cache_alloc() with GFP_DMA32 fails, on a plain cache and one of SLAB_CACHE_DMA32, in 6.1 and with the check of v4; refuted if it neither fails, nor warns, nor gets memory above 4 GiB",
		.command = { "v7sbench list flags" },
		.run = claim_dma32_calls_fail,
	},
	{
		.id = "C12",
		.text = "[with slub_debug] alignment is preserved, slab_size grows from 1024 to 3072",
		.source = MAIL,
		.message_id =
			"CANMq1KBYAgoPh37e+BPz7xK4z3jJ4Gm30Gs662+_gTdM8v0QDA",
		.remembered = true,
		.rule = "slab_size is 1024 without and 3072 with slub_debug=FZPU, and align 1024",
		.command = { "v7sbench replay --quirk=mtk_ext --cpus=8 --slabinfo --format=csv --strategy=slab_dma32,slab_dma32:debug=FZPU vdec_4k_20ref:profile=P0",
			     "v7sbench phase --tables=30 --cpus=8 --churn=0 --format=csv --strategy=slab_dma32:debug=FZPU" },
		.run = claim_slub_debug,
	},
	{
		.id = "C13",
		.text = "GFP_ATOMIC allocations of tables have never been seen to fail",
		.source =
			"discussion of 2018; Linux 5.17, a556cfe4cabc, mends a crash after such a failure",
		.remembered = true,
		.rule = "a table of x86-drm fails only when the zone below 4 GiB is exhausted: one of at most twice the size of its tables and the level-1 table, which is in it, will do",
		.command = { "v7sbench survive --format=csv --frag=fresh --frag=p1 --frag=mix:0.9,0.5 --strategy=slab_dma32,slab_dma32:kernel=4.20 x86-drm",
			     REPLAY "--strategy=slab_dma32 x86-drm" },
		.run = claim_atomic_never_fails,
	},
	{
		.id = "C14",
		.text = "genalloc cannot take memory on demand, nor give it back",
		.source = MAIL,
		.message_id =
			"CANMq1KC56nz7u8r54LUbN43DXxZPQWBY67FR1P18tps5V3E-Zw",
		.remembered = true,
		.rule = "a pool of 4096 tables has no table 4097, and holds no less when all are freed. That the interface has no other way is by source: lib/genalloc.c of 6.1 removes no chunk, and gen_pool_add() allocates with GFP_KERNEL; ondemand=1, an idea, is beside it",
		.command = { "v7sbench phase --ias=34 --tables=4096,4097 --cpus=1 --churn=0 --format=csv --strategy=genalloc:tables=4096,genalloc:ondemand=1",
			     REPLAY
			     "--strategy=genalloc:tables=4096,genalloc:ondemand=1 adv_one_slot" },
		.run = claim_genalloc_fixed,
	},
	{ .id = NULL },
};

const struct claim *claim_find(const char *id)
{
	const struct claim *claim;

	for (claim = claims; claim->id; claim++)
		if (!strcmp(claim->id, id))
			return claim;
	return NULL;
}

int claim_run(const struct claim *claim, const volatile sig_atomic_t *stop,
	      struct claim_result *ret, char *why)
{
	struct claim_result result = { .nr_figures = 0 };
	struct claim_lab lab = {
		.result = &result,
		.stop = stop,
		.why = why,
	};

	if (stop && *stop)
		return -EINTR;
	claim->run(&lab);
	memory_result_fini(&lab.memory);
	if (!lab.error)
		*ret = result;
	return lab.error;
}

const char *claim_verdict_name(enum claim_verdict verdict)
{
	static const char *const name[] = {
		[CLAIM_CONFIRMED] = "confirmed",
		[CLAIM_REFUTED] = "refuted",
		[CLAIM_ONLY_IF] = "holds only if",
	};

	return name[verdict];
}
