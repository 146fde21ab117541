// SPDX-License-Identifier: GPL-2.0-only
/*
 * Golden lines of a sequence: diff_golden.h. The oracle alone is asked.
 * Models nothing. Cost: that of the calls. Concurrency: none.
 */
#include "diff_golden.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conform.h"

bool diff_conforms(const struct diff_case *c)
{
	return c->cfg.kernel == V7S_KERNEL_6_1 &&
	       c->cfg.split == V7S_SPLIT_KERNEL &&
	       c->cfg.path == V7S_PATH_KERNEL &&
	       c->cfg.walker == V7S_COHERENT &&
	       !strcmp(c->machine, CONFORM_MACHINE);
}

static void write_head(const struct diff_sequence *seq, const char *name,
		       const struct diff_found *found, FILE *out)
{
	const struct v7s_config *cfg = &seq->c.cfg;
	bool old = cfg->kernel == V7S_KERNEL_4_20;
	const char *ttbr = old || cfg->walker == V7S_COHERENT ? "pgd+0x6a"
							      : "pgd+0x2";

	if (cfg->quirks & V7S_QUIRK_MTK_EXT)
		ttbr = "pgd|PA[34:32]";
	fprintf(out, "# %s: %s\n", name, found->what);
	fprintf(out,
		"# kernel=%s split=%s path=%s coherent=%s strategy=%s machine=%s\n",
		v7s_kernel_names[cfg->kernel], v7s_split_names[cfg->split],
		v7s_path_names[cfg->path], v7s_walker_names[cfg->walker],
		seq->c.spec.label, seq->c.machine);
	fprintf(out,
		"cfg ias=%u oas=%u quirks=0x%" PRIx32 " pgsizes=0x%x"
		" => ok pgsizes=0x%x tcr=0x%x prrr=0x800b8204 nmrr=0x40004000"
		" ttbr=%s\n",
		cfg->ias, cfg->oas, cfg->quirks, V7S_PGSIZES, V7S_PGSIZES,
		old ? 0x20u : 0, ttbr);
}

static void write_call(struct oracle *o, const struct call *c, FILE *out)
{
	struct v7s_stats before = o->stats;
	const struct v7s_stats *now = &o->stats;
	uint64_t done;
	int err;

	if (c->fail_in)
		fprintf(out, "inject k=%" PRIu64 " => ok\n", c->fail_in);
	if (c->unmap) {
		done = oracle_unmap(o, c);
		fprintf(out,
			"unmap iova=0x%" PRIx64 " pgsz=0x%" PRIx64 " n=%" PRIu64
			" => ret=0x%" PRIx64,
			c->iova, c->pgsize, c->pgcount, done);
	} else {
		err = oracle_map(o, c, &done);
		fprintf(out,
			"map iova=0x%" PRIx64 " pa=0x%" PRIx64
			" pgsz=0x%" PRIx64 " n=%" PRIu64
			" prot=0x%02x => ret=%d mapped=0x%" PRIx64,
			c->iova, c->paddr, c->pgsize, c->pgcount, c->prot, err,
			done);
	}
	fprintf(out,
		" warn=%" PRIu64 " alloc=%" PRIu64 " free=%" PRIu64
		" tlb_add=%" PRIu64 " tlb_walk=%" PRIu64 " live=%" PRIu64 "\n",
		now->warns - before.warns, now->l2_allocs - before.l2_allocs,
		now->l2_frees - before.l2_frees, now->tlb_add - before.tlb_add,
		now->tlb_walk - before.tlb_walk, now->l2_live);
}

static void write_phys(const struct oracle *o, uint64_t iova, FILE *out)
{
	const struct found *page = &o->page[page_index(o, iova)];

	/* Not at its start: paddr 0 must not look like nothing. */
	fprintf(out, "phys iova=0x%" PRIx64 " => pa=0x%" PRIx64 "\n",
		iova + DIFF_OFFSET,
		page->pgsize ? page->paddr + DIFF_OFFSET : 0);
}

int diff_golden(const struct diff_sequence *seq, const char *name,
		const struct diff_found *found, FILE *out)
{
	struct oracle *o = malloc(sizeof(*o));

	if (!o)
		return -ENOMEM;
	oracle_init(o, &seq->c.cfg);
	write_head(seq, name, found, out);
	for (size_t i = 0; i < seq->nr; i++)
		write_call(o, &seq->call[i], out);
	if (found->translation)
		write_phys(o, found->iova, out);
	fprintf(out, "close => free=%" PRIu64 " live=0\n", o->stats.l2_live);
	free(o);
	return ferror(out) ? -EIO : 0;
}
