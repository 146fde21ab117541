// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault and the check decorator; see l2_decorators.h.
 *
 * Invariant of the check decorator: each KiB of the arena is FRESH (never ours,
 * or its page has been given back since), ALIVE, or FREED; of a FREED one all
 * bytes but the link hold the pattern, unless inner is defective.
 * Concurrency: none.
 */
#include "l2_decorators.h"

#include <stdlib.h>
#include <string.h>

#include "l2_internal.h"

#define POISON_FREE 0x6b

struct fault {
	struct l2_strategy base;
	struct l2_strategy *inner;
	struct fault_attr *attr;
	uint64_t nr_failures;
};

static void fault_destroy(struct l2_strategy *l2)
{
	struct fault *f;

	if (!l2)
		return;
	f = container_of(l2, struct fault, base);
	l2_destroy(f->inner);
	free(f);
}

static int fault_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	struct fault *f = container_of(l2, struct fault, base);

	if (fault_should_fail(f->attr)) {
		f->nr_failures++;
		return -ENOMEM;
	}
	return f->inner->ops->alloc(f->inner, cpu, gfp, ret);
}

static void fault_free(struct l2_strategy *l2, unsigned cpu,
		       const struct l2_table *table)
{
	l2_free(container_of(l2, struct fault, base)->inner, cpu, table);
}

static void fault_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct fault *f = container_of(l2, const struct fault, base);

	f->inner->ops->usage(f->inner, ret);
	ret->nr_failures[L2_FAIL_NOMEM] += f->nr_failures;
}

static void fault_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	const struct fault *w = container_of(l2, const struct fault, base);

	w->inner->ops->attrs(w->inner, ret);
}

static int fault_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct fault *f = container_of(l2, const struct fault, base);

	return f->inner->ops->check(f->inner, ret_why);
}

static const struct l2_strategy_ops fault_ops = {
	.name = "fault",
	.summary = "fails on purpose",
	.destroy = fault_destroy,
	.alloc = fault_alloc,
	.free = fault_free,
	.usage = fault_usage,
	.attrs = fault_attrs,
	.check = fault_check,
};

int l2_fault_create(struct l2_strategy *inner, struct fault_attr *attr,
		    struct l2_strategy **ret)
{
	struct fault *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->base.ops = &fault_ops;
	f->base.zeroes = inner->zeroes;
	f->base.defective = inner->defective;
	f->base.link_offset = inner->link_offset;
	f->inner = inner;
	f->attr = attr;
	*ret = &f->base;
	return 0;
}

enum slot_state { SLOT_FRESH, SLOT_ALIVE, SLOT_FREED };

struct check {
	struct l2_strategy base;
	struct l2_strategy *inner;
	struct l2_env env;
	struct l2_reports *reports;
	phys_addr_t start;
	uint64_t nr_slots; /* KiB from start */
	uint64_t nr_alive;
	uint8_t *state;	 /* enum slot_state, per slot */
	uint32_t *taken; /* of a FREED slot: page->taken when it was freed */
};

static void report(const struct check *c, enum l2_report what)
{
	c->reports->count[what]++;
}

static uint64_t slot_of(const struct check *c, phys_addr_t paddr)
{
	return (paddr - c->start) >> L2_TABLE_SHIFT;
}

/* True while a FREED slot's page has not been given back in between. */
static bool still_held(const struct check *c, uint64_t slot)
{
	const struct page *page =
		physmem_page(c->env.pm, c->start + (slot << L2_TABLE_SHIFT));

	return (page->flags & (PG_HEAD | PG_TAIL)) &&
	       page->taken == c->taken[slot];
}

/* Reads memory that AddressSanitizer knows as freed, which is the point. */
__attribute__((no_sanitize("address"))) static bool
is_pattern(const uint8_t *p, unsigned from, unsigned to)
{
	while (from < to)
		if (p[from++] != POISON_FREE)
			return false;
	return true;
}

/* All of a freed table but the link, which may lie outside of it. */
static bool intact(const struct check *c, const void *va)
{
	unsigned link = c->inner->link_offset;

	if (link >= L2_TABLE_SIZE)
		return is_pattern(va, 0, L2_TABLE_SIZE);
	return is_pattern(va, 0, link) &&
	       is_pattern(va, link + L2_LINK_SIZE, L2_TABLE_SIZE);
}

static bool all_zero(const void *va)
{
	const uint8_t *p = va;

	return !p[0] && !memcmp(p, p + 1, L2_TABLE_SIZE - 1);
}

static void check_destroy(struct l2_strategy *l2)
{
	struct check *c;

	if (!l2)
		return;
	c = container_of(l2, struct check, base);
	c->reports->count[L2_REPORT_LEAK] += c->nr_alive;
	l2_destroy(c->inner);
	free(c->state);
	free(c->taken);
	free(c);
}

static void check_zeroed(struct check *c, const struct l2_table *table)
{
	struct l2_reports *r = c->reports;

	if (all_zero(table->va))
		return;
	if (!r->dirty_tables++)
		r->first_dirty_alloc = r->nr_allocs;
	if (!c->inner->defective)
		report(c, L2_REPORT_NOT_ZEROED);
}

static void check_handed_out(struct check *c, gfp_t gfp,
			     const struct l2_table *table)
{
	uint64_t slot = slot_of(c, table->paddr);

	c->reports->nr_allocs++;
	if (table->paddr & (L2_TABLE_SIZE - 1)) {
		report(c, L2_REPORT_MISALIGNED);
		return;
	}
	if (!physmem_valid(c->env.pm, table->paddr) ||
	    !l2_reachable(&c->env, table->paddr) ||
	    physmem_va(c->env.pm, table->paddr) != table->va) {
		report(c, L2_REPORT_OUTSIDE);
		return;
	}
	if (c->state[slot] == SLOT_ALIVE)
		report(c, L2_REPORT_OVERLAP);
	else
		c->nr_alive++;
	if (c->state[slot] == SLOT_FREED && !c->inner->zeroes &&
	    still_held(c, slot) && !intact(c, table->va))
		report(c, L2_REPORT_WRITTEN);
	if (c->inner->zeroes && (gfp & __GFP_ZERO))
		check_zeroed(c, table);
	c->state[slot] = SLOT_ALIVE;
}

static int check_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	struct check *c = container_of(l2, struct check, base);
	int err = c->inner->ops->alloc(c->inner, cpu, gfp, ret);

	if (!err)
		check_handed_out(c, gfp, ret);
	return err;
}

static void check_free(struct l2_strategy *l2, unsigned cpu,
		       const struct l2_table *table)
{
	struct check *c = container_of(l2, struct check, base);
	uint64_t slot = slot_of(c, table->paddr);

	if ((table->paddr & (L2_TABLE_SIZE - 1)) || slot >= c->nr_slots ||
	    !physmem_valid(c->env.pm, table->paddr) ||
	    c->state[slot] == SLOT_FRESH) {
		report(c, L2_REPORT_FOREIGN_FREE);
		return;
	}
	if (c->state[slot] == SLOT_FREED) {
		report(c, L2_REPORT_DOUBLE_FREE);
		return;
	}
	c->state[slot] = SLOT_FREED;
	c->taken[slot] = physmem_page(c->env.pm, table->paddr)->taken;
	c->nr_alive--;
	if (!c->inner->defective)
		memset(table->va, POISON_FREE, L2_TABLE_SIZE);
	l2_free(c->inner, cpu, table);
}

static void check_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct check *c = container_of(l2, const struct check, base);

	c->inner->ops->usage(c->inner, ret);
}

static void check_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	const struct check *w = container_of(l2, const struct check, base);

	w->inner->ops->attrs(w->inner, ret);
}

static int check_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct check *c = container_of(l2, const struct check, base);
	struct l2_usage usage;
	uint64_t slot;

	for (slot = 0; slot < c->nr_slots; slot++) {
		phys_addr_t paddr = c->start + (slot << L2_TABLE_SHIFT);

		if (c->state[slot] == SLOT_FREED && !c->inner->defective &&
		    still_held(c, slot) &&
		    !intact(c, physmem_va(c->env.pm, paddr)))
			report(c, L2_REPORT_WRITTEN);
	}
	c->inner->ops->usage(c->inner, &usage);
	*ret_why = "strategy and its users disagree on the tables alive";
	if (usage.nr_tables != c->nr_alive)
		return -EUCLEAN;
	return c->inner->ops->check(c->inner, ret_why);
}

static const struct l2_strategy_ops check_ops = {
	.name = "check",
	.summary = "watches the contract",
	.destroy = check_destroy,
	.alloc = check_alloc,
	.free = check_free,
	.usage = check_usage,
	.attrs = check_attrs,
	.check = check_check,
};

int l2_check_create(struct l2_strategy *inner, const struct l2_env *env,
		    struct l2_reports *reports, struct l2_strategy **ret)
{
	const struct machine_profile *mp = physmem_profile(env->pm);
	struct check *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->start = mp->range[0].start;
	c->nr_slots = slot_of(c, mp->range[mp->nr_ranges - 1].end);
	c->state = calloc(c->nr_slots, sizeof(c->state[0]));
	c->taken = calloc(c->nr_slots, sizeof(c->taken[0]));
	if (!c->state || !c->taken) {
		free(c->state);
		free(c->taken);
		free(c);
		return -ENOMEM;
	}
	c->base.ops = &check_ops;
	c->base.zeroes = inner->zeroes;
	c->base.defective = inner->defective;
	c->base.link_offset = inner->link_offset;
	c->inner = inner;
	c->env = *env;
	c->reports = reports;
	*ret = &c->base;
	return 0;
}

uint64_t l2_reports_total(const struct l2_reports *reports)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < L2_NR_REPORTS; i++)
		sum += reports->count[i];
	return sum;
}
