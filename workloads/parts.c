// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plays parts of workloads; see parts.h. Models a system whose drivers each do
 * one thing at a time; which of them runs is a matter of time stamps alone.
 *
 * Cost: a look at each part a step; there are few. Invariant: time does not go
 * back, so a step that is due while another takes its time comes late.
 */
#include "parts.h"

#include <errno.h>
#include <stdlib.h>

static struct part *first_due(struct part *const *part, unsigned nr)
{
	struct part *first = NULL;

	for (unsigned i = 0; i < nr; i++)
		if (part[i]->due_ns != PART_DONE &&
		    (!first || part[i]->due_ns < first->due_ns))
			first = part[i];
	return first;
}

static int play_step(const struct play *play, struct part *part)
{
	int err;

	dma_tick(part->dma, part->due_ns);
	if (play->migrate && !prng_below(&part->rng, 4))
		part->cpu = prng_below(&part->rng, play->nr_cpus);
	if (part->started)
		return part->ops->step(part);
	part->started = true;
	err = part->ops->start(part);
	if (!part->ops->step)
		part->due_ns = PART_DONE;
	return err;
}

static int set_up(const struct play *play, const struct workload_config *cfg,
		  struct emitter *out, struct dma **ret)
{
	const struct dma_config how = {
		.profile = cfg->profile,
		.seed = cfg->seed,
		.nr_cpus = play->nr_cpus,
	};
	int domain = emit_domain(out, "");
	int err = domain < 0 ? domain : dma_create(out, &how, ret);

	for (unsigned i = 0; i < play->nr_spaces && err >= 0; i++)
		err = dma_space(*ret, (unsigned)domain, i * SZ_4G,
				(i + 1) * SZ_4G);
	return err < 0 ? err : 0;
}

int play_parts(const struct play *play, const struct workload_config *cfg,
	       struct emitter *out, struct part *const *part, unsigned nr)
{
	struct dma *dma = NULL;
	struct part *next;
	int err = set_up(play, cfg, out, &dma);

	for (unsigned i = 0; i < nr && !err; i++) {
		if (!part[i]) {
			err = -ENOMEM;
			break;
		}
		part[i]->dma = dma;
		part[i]->cpu = i % play->nr_cpus;
		part[i]->rng.state = cfg->seed + 1 + i; /* dma.c: seed */
	}
	while (!err && (next = first_due(part, nr)))
		err = play_step(play, next);
	for (unsigned i = 0; i < nr; i++)
		if (part[i])
			part[i]->ops->end(part[i]);
	dma_destroy(dma);
	return err;
}

int play_part(const struct workload_config *cfg, struct emitter *out,
	      struct part *part)
{
	static const struct play alone = { .nr_cpus = 1, .nr_spaces = 1 };

	return play_parts(&alone, cfg, out, &part, 1);
}

int part_alloc(struct part *part, uint64_t size, struct dma_buf **buf,
	       unsigned nr)
{
	int err = 0;

	for (unsigned i = 0; i < nr && !err; i++)
		err = dma_alloc(part->dma, part->space, part->cpu, size,
				&buf[i]);
	return err;
}

int part_free(struct part *part, struct dma_buf **buf, unsigned nr)
{
	int err = 0;

	for (unsigned i = 0; i < nr && !err; i++)
		err = dma_free(part->dma, part->cpu, buf[i]);
	return err;
}
