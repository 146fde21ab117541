// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run: N domains, events on them, what they left behind.
 *
 * Cost: beside the kernel's own work about 30 instructions an event, and every
 * so many events an answer, for which free pages are counted.
 * Invariant: between run_start() and run_end() or run_drop() the script's run
 * is there; all of its domains have a page table.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "v7sbench.h"

#define MAX_DOMAINS 4096
#define MAX_LABEL 128

enum run_cost { RUN_COST_NONE, RUN_COST_TABLES, RUN_COST_EVENTS };

static const char *const cost_choices[] = {
	[RUN_COST_NONE] = "none",
	[RUN_COST_TABLES] = "tables",
	[RUN_COST_EVENTS] = "events",
	NULL,
};

struct run {
	u64 events, ret;	  /* how many, FNV-1a over results */
	u64 every, next_at;	  /* events between answers, at the next */
	struct cost *event_cost;  /* or NULL */
	struct cost *cost;	  /* or NULL; the same, or of tables */
	struct v7s_counts before; /* all that came before this run */
	long free_before;	  /* pages */
	long l1_pages;
	unsigned int nr_domains;
	struct bench_domain *domain;
	char label[MAX_LABEL];
};

static long run_held(const struct run *run)
{
	return run->free_before - held_free_pages() - run->l1_pages;
}

static u64 run_live(const struct run *run)
{
	return (v7s_counts.allocs - run->before.allocs) -
	       (v7s_counts.frees - run->before.frees);
}

static void run_at(struct run *run)
{
	run->next_at = run->events + run->every;
	answer("at %llu ret=0x%016llx allocs=%llu frees=%llu live=%llu warns=%llu held=%ld\n",
	       run->events, run->ret, v7s_counts.allocs - run->before.allocs,
	       v7s_counts.frees - run->before.frees, run_live(run),
	       v7s_counts.warns - run->before.warns, run_held(run));
}

static void destroy_domains(struct run *run)
{
	unsigned int i;

	l2_set_cost(NULL);
	for (i = 0; i < run->nr_domains; i++)
		domain_destroy(&run->domain[i]);
	run->nr_domains = 0;
	run->l1_pages = 0;
}

static void run_free(struct run *run)
{
	destroy_domains(run);
	cost_destroy(run->cost);
	kvfree(run->domain);
	kfree(run);
}

static int create_domains(struct run *run, unsigned int nr,
			  const struct pgtable_config *config)
{
	int err;

	run->domain = kvcalloc(nr, sizeof(*run->domain), GFP_KERNEL);
	if (!run->domain)
		return -ENOMEM;
	run->before = v7s_counts;
	run->free_before = held_free_pages();
	while (run->nr_domains < nr) {
		struct bench_domain *d = &run->domain[run->nr_domains];

		err = domain_create(d, config);
		if (err)
			return err;
		run->nr_domains++;
		run->l1_pages += held_l1_pages(d->pgtable);
		/* The IOMMU core needs a page size. */
		if (!d->domain.pgsize_bitmap)
			return -EINVAL;
		cond_resched();
	}
	return 0;
}

static int create_cost(struct run *run, enum run_cost of)
{
	if (of == RUN_COST_NONE)
		return 0;
	run->cost = cost_create();
	if (!run->cost)
		return -ENOMEM;
	if (of == RUN_COST_EVENTS)
		run->event_cost = run->cost;
	return 0;
}

enum {
	RUN_DOMAINS,
	RUN_IAS,
	RUN_OAS,
	RUN_QUIRKS,
	RUN_PGSIZES,
	RUN_EVERY,
	RUN_COST,
	NR_RUN_FIELDS
};

static const struct scan_field run_fields[] = {
	[RUN_DOMAINS] = { "domains", MAX_DOMAINS, NULL },
	[RUN_IAS] = { "ias", U32_MAX, NULL },
	[RUN_OAS] = { "oas", U32_MAX, NULL },
	[RUN_QUIRKS] = { "quirks", U32_MAX, NULL },
	[RUN_PGSIZES] = { "pgsizes", U64_MAX, NULL },
	[RUN_EVERY] = { "every", U64_MAX / 2, NULL },
	[RUN_COST] = { "cost", 0, cost_choices },
};

static int run_create(const char *label, size_t label_len, const u64 *value,
		      struct run **ret)
{
	struct pgtable_config config = {
		.ias = value[RUN_IAS],
		.oas = value[RUN_OAS],
		.quirks = value[RUN_QUIRKS],
		.pgsizes = value[RUN_PGSIZES],
	};
	struct run *run = kzalloc(sizeof(*run), GFP_KERNEL);
	int err;

	if (!run)
		return -ENOMEM;
	memcpy(run->label, label, label_len);
	run->ret = FNV_INIT;
	run->every = run->next_at = value[RUN_EVERY];
	err = create_cost(run, value[RUN_COST]);
	if (!err)
		err = create_domains(run, value[RUN_DOMAINS], &config);
	if (err) {
		run_free(run);
		return err;
	}
	if (value[RUN_COST] == RUN_COST_TABLES)
		l2_set_cost(run->cost);
	*ret = run;
	return 0;
}

/* run LABEL domains=N ...; args is behind "run" */
void run_start(struct script *s, const char *args)
{
	const char *label = args + 1;
	size_t label_len = *args == ' ' ? strcspn(label, " ") : 0;
	u64 value[NR_RUN_FIELDS];
	const char *why;
	int err;

	if (!label_len || label_len >= MAX_LABEL) {
		script_error(s, 0, "run: label of 1 to %d bytes",
			     MAX_LABEL - 1);
		return;
	}
	why = scan_fields(label + label_len, run_fields, NR_RUN_FIELDS, value);
	if (!why && (!value[RUN_DOMAINS] || !value[RUN_EVERY]))
		why = "domains and every are at least 1";
	if (!why && !l2_chosen())
		why = "no strategy yet";
	if (!why && s->run)
		why = "the run before has no end";
	if (why) {
		script_error(s, 0, "run: %s", why);
		return;
	}
	vector_close(s);
	err = script_move(s, 0);
	if (!err)
		err = run_create(label, label_len, value, &s->run);
	if (err) {
		script_error(s, err, "run: no page tables");
		return;
	}
	answer("run %s strategy=%s domains=%u held=%ld\n", s->run->label,
	       l2_chosen(), s->run->nr_domains, run_held(s->run));
}

static inline void run_count(struct run *run, u64 result)
{
	run->ret = fnv_step(run->ret, result);
	if (unlikely(++run->events == run->next_at))
		run_at(run);
}

/* DOMAIN IOVA PADDR SIZE PROT */
void run_map(struct script *s, const u64 value[5])
{
	struct run *run = s->run;
	u64 allocs = v7s_counts.allocs;
	struct iommu_domain *domain;
	struct cost_call call;
	int prot, err;

	if (unlikely(value[0] >= run->nr_domains || value[4] > 3)) {
		script_error(s, 0, "m: no such domain, or bad prot");
		return;
	}
	domain = &run->domain[value[0]].domain;
	prot = (value[4] & 1 ? IOMMU_READ : 0) |
	       (value[4] & 2 ? IOMMU_WRITE : 0);
	if (likely(!run->event_cost)) {
		err = compat_iommu_map_atomic(domain, value[1], value[2],
					      value[3], prot);
	} else {
		call = cost_start();
		err = compat_iommu_map_atomic(domain, value[1], value[2],
					      value[3], prot);
		cost_stop(&call);
		cost_add(run->event_cost,
			 v7s_counts.allocs == allocs ? COST_MAP
						     : COST_MAP_TABLE,
			 &call);
	}
	run_count(run, (s64)err);
}

/* DOMAIN IOVA SIZE */
void run_unmap(struct script *s, const u64 value[3])
{
	struct run *run = s->run;
	u64 frees = v7s_counts.frees;
	struct iommu_domain *domain;
	struct cost_call call;
	size_t bytes;

	if (unlikely(value[0] >= run->nr_domains)) {
		script_error(s, 0, "u: no such domain");
		return;
	}
	domain = &run->domain[value[0]].domain;
	if (likely(!run->event_cost)) {
		bytes = iommu_unmap(domain, value[1], value[2]);
	} else {
		call = cost_start();
		bytes = iommu_unmap(domain, value[1], value[2]);
		cost_stop(&call);
		cost_add(run->event_cost,
			 v7s_counts.frees == frees ? COST_UNMAP
						   : COST_UNMAP_TABLE,
			 &call);
	}
	run_count(run, bytes);
}

static void answer_domain(const struct run *run, unsigned int i)
{
	struct pgtable_state state;

	pgtable_state(run->domain[i].pgtable, false, &state);
	answer("domain %u l1_nonzero=%u l2_tables=%u l2_nonzero=%u fnv1a64=0x%016llx\n",
	       i, state.l1_nonzero, state.l2_tables, state.l2_nonzero,
	       state.hash);
}

void run_end(struct script *s)
{
	struct run *run = s->run;
	unsigned int i;
	int err;

	if (run->next_at != run->events + run->every)
		run_at(run);
	for (i = 0; i < run->nr_domains; i++)
		answer_domain(run, i);
	if (run->cost)
		cost_answer(run->cost);
	err = script_move(s, 0);
	if (err) {
		script_error(s, err, "end: CPU 0");
		return;
	}
	destroy_domains(run);
	answer("end %s live=%llu held=%ld\n", run->label, run_live(run),
	       run_held(run));
	run_free(run);
	s->run = NULL;
}

/* Without an answer; if there is one. */
void run_drop(struct script *s)
{
	if (s->run)
		run_free(s->run);
	s->run = NULL;
}
