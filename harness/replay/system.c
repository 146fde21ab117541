// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds memory, strategy instances and page tables for a trace, and turns
 * its events into calls of the IOMMU core.
 *
 * Models: one domain per name in the trace, all made before the first event;
 * slab caches that merge (one instance), pools and page_frag caches per domain;
 * GFP_ATOMIC for level-2 tables, which the DMA API uses. Not modelled:
 * attaching devices, the IOVA allocator (its results are in the trace).
 * Memory of buffers, where the trace does not say it: buffers.h.
 */
#include "system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "physmem.h"

#define STOP_EVERY 1024 /* events between two looks at the stop flag */

const char *const replay_share_names[] = {
	[SHARE_KERNEL] = "kernel",
	[SHARE_ALL] = "all",
	[SHARE_NONE] = "none",
	[NR_SHARES] = NULL,
};

unsigned replay_nr_cpus(const struct replay_config *cfg)
{
	return cfg->nr_cpus ? cfg->nr_cpus : cfg->profile->nr_cpus;
}

int replay_fits(const struct replay_config *cfg, const struct trace *trace,
		char *why)
{
	const struct v7s_config *pt = &cfg->pgtable;

	if (trace->iova_end > 1ull << pt->ias) {
		snprintf(why, REPLAY_WHY_SIZE,
			 "iova up to 0x%llx does not fit in %u bits%s",
			 (unsigned long long)trace->iova_end, pt->ias,
			 trace->iova_end > 1ull << V7S_MAX_IAS ||
					 pt->kernel == V7S_KERNEL_4_20
				 ? ""
				 : ": use --ias=34 with --quirk=mtk_ext");
		return -ERANGE;
	}
	if (trace->nr_any && cfg->threads.nr) {
		snprintf(
			why, REPLAY_WHY_SIZE,
			"the machine is to choose its memory, in the order of the trace: no --threads");
		return -ERANGE;
	}
	if (trace->paddr_end > 1ull << pt->oas && !cfg->rebase_paddr) {
		snprintf(
			why, REPLAY_WHY_SIZE,
			"paddr up to 0x%llx does not fit in %u bits: use %s--rebase-paddr",
			(unsigned long long)trace->paddr_end, pt->oas,
			trace->paddr_end > 1ull << V7S_MAX_OAS ||
					pt->kernel == V7S_KERNEL_4_20
				? ""
				: "--quirk=mtk_ext (35 bits) or ");
		return -ERANGE;
	}
	return 0;
}

int replay_machine_init(struct replay_machine *m,
			const struct replay_config *cfg,
			const struct trace *trace, const struct l2_spec *spec)
{
	int err;

	m->cfg = cfg;
	m->trace = trace;
	m->spec = spec;
	m->pm = NULL;
	m->probe = NULL;
	m->log = (struct table_log){ 0 };
	m->why[0] = '\0';
	err = physmem_create(cfg->profile, &m->pm);
	if (err)
		return err;
	physmem_set_nr_cpus(m->pm, replay_nr_cpus(cfg));
	return 0;
}

void replay_machine_fini(struct replay_machine *m)
{
	table_log_fini(&m->log);
	physmem_destroy(m->pm);
	m->pm = NULL;
}

static unsigned count_instances(const struct replay_machine *m)
{
	bool shared = m->cfg->share == SHARE_ALL ||
		      (m->cfg->share == SHARE_KERNEL &&
		       l2_spec_scope(m->spec) == L2_SHARED);

	return shared ? 1 : m->trace->nr_domains;
}

static int plant(const struct l2_slow_config *what, struct l2_strategy *inner,
		 struct l2_strategy **ret)
{
	int err = what ? l2_slow_create(inner, what, ret) : 0;

	if (err)
		l2_destroy(inner);
	return err;
}

static int add_instance(struct replay_machine *m, struct system *sys,
			unsigned nr_domains, wrap_fn wrap, void *ctx)
{
	bool anywhere = m->cfg->pgtable.quirks & V7S_QUIRK_MTK_TTBR_EXT;
	struct l2_env env = {
		.pm = m->pm,
		.nr_cpus = sys->nr_cpus,
		.max_tables = system_max_tables(m->cfg),
		.zone_gfp = anywhere ? 0 : GFP_DMA32,
		.nr_domains = nr_domains,
		.threads = sys->threads,
	};
	struct l2_strategy *l2;
	int err = l2_create(m->spec, &env, &l2);

	if (!err)
		err = plant(m->cfg->plant, l2, &l2);
	if (!err && wrap)
		err = wrap(ctx, l2, &env, &l2);
	if (!err)
		sys->instance[sys->nr_instances++] = l2;
	return err;
}

static int add_table(struct replay_machine *m, struct system *sys)
{
	struct v7s_env env = {
		.pm = m->pm,
		.l2 = sys->instance[sys->nr_domains % sys->nr_instances],
		.nr_cpus = sys->threads ? sys->nr_cpus : 0,
		.faults = sys->threads ? NULL : &m->faults,
		.probe = m->probe,
	};
	int err = v7s_create(&m->cfg->pgtable, &env, 0,
			     &sys->table[sys->nr_domains]);

	if (!err)
		sys->nr_domains++;
	return err;
}

static uint64_t pages_taken(const struct physmem *pm)
{
	struct physmem_usage usage;

	physmem_usage(pm, &usage);
	return usage.pages_total - usage.pages_free;
}

static int build(struct replay_machine *m, wrap_fn wrap, void *ctx,
		 bool threads, struct system *ret)
{
	unsigned nr_instances = count_instances(m);
	struct system sys = {
		.cfg = m->cfg,
		.nr_cpus = replay_nr_cpus(m->cfg),
		.paddr_mask = system_paddr_mask(m->cfg),
		.pm = m->pm,
		.threads = threads,
	};
	int err = 0;

	/* What a pass before this one left on lists must not decide. */
	physmem_settle(m->pm);
	err = ager_limit(m->pm, &m->cfg->age);
	if (err)
		return err;
	physmem_set_threads(m->pm, threads);
	sys.instance = calloc(nr_instances, sizeof(*sys.instance));
	sys.table = calloc(m->trace->nr_domains, sizeof(*sys.table));
	if (m->trace->nr_any)
		sys.buffers = calloc(1, sizeof(*sys.buffers));
	if (!sys.instance || !sys.table || (m->trace->nr_any && !sys.buffers))
		err = -ENOMEM;
	else if (sys.buffers)
		buffers_init(sys.buffers, m->pm, &m->cfg->pgtable);
	while (!err && sys.nr_instances < nr_instances)
		err = add_instance(m, &sys, m->trace->nr_domains / nr_instances,
				   wrap, ctx);
	m->faults = (struct v7s_faults){ 0 };
	while (!err && sys.nr_domains < m->trace->nr_domains)
		err = add_table(m, &sys);
	m->faults = m->cfg->faults;
	if (!err)
		err = ager_fragment(m->pm, &m->cfg->age);
	if (err)
		system_destroy(&sys);
	else
		*ret = sys;
	return err;
}

int system_create(struct replay_machine *m, wrap_fn wrap, void *ctx,
		  struct system *ret)
{
	return build(m, wrap, ctx, false, ret);
}

int system_create_threads(struct replay_machine *m, unsigned nr_threads,
			  struct system *ret)
{
	/* One thread pays for locks too, to be compared with several, but for
	 * a strategy that has none. */
	bool threads = nr_threads > 1 || !l2_spec_one_thread(m->spec);

	return build(m, NULL, NULL, threads, ret);
}

static void drop_instance(struct system *sys)
{
	struct l2_strategy *l2 = sys->instance[--sys->nr_instances];
	struct l2_usage usage;

	l2->ops->usage(l2, &usage);
	sys->tables_leaked += usage.nr_tables;
	l2_destroy(l2);
}

void system_destroy(struct system *sys)
{
	bool defective = sys->nr_instances && sys->instance[0]->defective;

	if (sys->buffers)
		buffers_fini(sys->buffers);
	free(sys->buffers);
	while (sys->nr_domains)
		v7s_destroy(sys->table[--sys->nr_domains], 0);
	while (sys->nr_instances)
		drop_instance(sys);
	physmem_set_threads(sys->pm, false);
	sys->pages_leaked = pages_taken(sys->pm);
	if (defective)
		physmem_reclaim(sys->pm);
	free(sys->table);
	free(sys->instance);
}

int system_finish(struct system *sys, const struct replay_machine *m, int err)
{
	uint64_t nr = 0;
	unsigned i;

	if (!err && sys->buffers)
		err = sys->buffers->error;
	for (i = 0; i < sys->nr_domains; i++) {
		const struct v7s_stats *s = v7s_stats(sys->table[i]);

		nr += s->l2_allocs + s->l2_unfit + s->l2_dma_errors +
		      s->l2_dma_translated;
	}
	system_destroy(sys);
	if (!err && m->log.handle_of && nr != m->log.nr_allocs)
		err = -EUCLEAN;
	return err;
}

bool system_stopped(const struct system *sys, size_t i)
{
	return sys->cfg->stop && i % STOP_EVERY == 0 && *sys->cfg->stop;
}

static unsigned cpu_of(const struct system *sys, const struct trace_event *ev)
{
	return ev->cpu % sys->nr_cpus;
}

void system_take(const struct system *sys, const struct trace_event *ev)
{
	if (ev->type == TRACE_MAP && ev->flags & TRACE_ANY)
		buffers_take(sys->buffers, cpu_of(sys, ev), ev->size);
}

static inline int map_plain(const struct system *sys,
			    const struct trace_event *ev, unsigned cpu)
{
	struct iommu_range range = {
		.iova = ev->iova,
		.paddr = system_rebase(sys->paddr_mask, ev->paddr, ev->size),
		.size = ev->size,
		.prot = system_prot(ev),
		.gfp = GFP_ATOMIC,
		.cpu = cpu,
	};

	return iommu_map(sys->table[ev->domain], &range);
}

static inline uint64_t unmap_plain(const struct system *sys,
				   const struct trace_event *ev, unsigned cpu)
{
	struct iommu_range range = {
		.iova = ev->iova,
		.size = ev->size,
		.cpu = cpu,
	};

	return iommu_unmap(sys->table[ev->domain], &range);
}

static inline int do_plain(const struct system *sys,
			   const struct trace_event *ev, unsigned cpu)
{
	if (ev->type == TRACE_UNMAP)
		return unmap_plain(sys, ev, cpu) == ev->size ? 0 : -ENOENT;
	return map_plain(sys, ev, cpu);
}

/* Of a trace that leaves memory to the machine. Apart, so that others do not
 * pay for its frame. */
static __attribute__((noinline)) int
call_with_buffers(const struct system *sys, const struct trace_event *ev)
{
	struct buffers *b = sys->buffers;
	struct iommu_range range = {
		.iova = ev->iova,
		.size = ev->size,
		.prot = system_prot(ev),
		.gfp = GFP_ATOMIC,
		.cpu = cpu_of(sys, ev),
	};
	uint64_t mapped;

	if (ev->type == TRACE_UNMAP) {
		b->unmapped = iommu_unmap(sys->table[ev->domain], &range);
		return b->unmapped == ev->size ? 0 : -ENOENT;
	}
	if (!(ev->flags & TRACE_ANY))
		return do_plain(sys, ev, range.cpu);
	if (!b->taken)
		return -ENOMEM;
	return iommu_map_sg(sys->table[ev->domain], &range, b->segment,
			    b->nr_segments, &mapped);
}

int system_call(const struct system *sys, const struct trace_event *ev)
{
	return sys->buffers ? call_with_buffers(sys, ev)
			    : do_plain(sys, ev, cpu_of(sys, ev));
}

void system_give(const struct system *sys, const struct trace_event *ev,
		 int err)
{
	struct buffers *b = sys->buffers;
	unsigned cpu = cpu_of(sys, ev);

	if (ev->type == TRACE_UNMAP)
		buffers_drop(b, cpu, ev->domain, ev->iova,
			     b->unmapped < ev->size ? b->unmapped : ev->size);
	else if (err)
		buffers_leave(b, cpu);
	else if (ev->flags & TRACE_ANY)
		buffers_keep(b, cpu, ev->domain, ev->iova, ev->size);
	else
		buffers_drop(b, cpu, ev->domain, ev->iova, ev->size);
}

int system_do(const struct system *sys, const struct trace_event *ev)
{
	int err;

	if (!sys->buffers)
		return do_plain(sys, ev, cpu_of(sys, ev));
	system_take(sys, ev);
	err = call_with_buffers(sys, ev);
	system_give(sys, ev, err);
	return err;
}

int64_t system_result(const struct system *sys, const struct trace_event *ev)
{
	unsigned cpu = cpu_of(sys, ev);

	if (ev->type == TRACE_UNMAP)
		return (int64_t)unmap_plain(sys, ev, cpu);
	return map_plain(sys, ev, cpu);
}

int system_do_on(const struct system *sys, const struct trace_event *ev,
		 unsigned cpu)
{
	return do_plain(sys, ev, cpu);
}
