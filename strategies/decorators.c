// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fault and the check decorator; see l2_decorators.h.
 *
 * Invariant of the check decorator: each KiB of the arena is FRESH (never ours,
 * or its page has been given back since), ALIVE, or FREED; of a FREED one all
 * bytes but the link hold the pattern, unless inner is defective.
 * Concurrency: one thread, whatever inner bears.
 */
#include "l2_decorators.h"

#include <stdlib.h>
#include <string.h>

#include "l2_internal.h"

#define POISON_FREE 0x6b

struct fault {
	struct l2_decorator d;
	struct fault_attr *attr;
	uint64_t nr_failures;
};

static int fault_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	struct fault *f = container_of(l2, struct fault, d.base);

	if (fault_should_fail(f->attr)) {
		f->nr_failures++;
		return -ENOMEM;
	}
	return f->d.inner->ops->alloc(f->d.inner, cpu, gfp, ret);
}

static void fault_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct fault *f = container_of(l2, const struct fault, d.base);

	f->d.inner->ops->usage(f->d.inner, ret);
	ret->nr_failures[L2_FAIL_NOMEM] += f->nr_failures;
}

static const struct l2_strategy_ops fault_ops = {
	.name = "fault",
	.summary = "fails on purpose",
	.destroy = l2_forward_destroy,
	.alloc = fault_alloc,
	.free = l2_forward_free,
	.usage = fault_usage,
	.attrs = l2_forward_attrs,
	.check = l2_forward_check,
};

int l2_fault_create(struct l2_strategy *inner, struct fault_attr *attr,
		    struct l2_strategy **ret)
{
	struct fault *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	l2_decorator_init(&f->d, &fault_ops, inner);
	f->attr = attr;
	*ret = &f->d.base;
	return 0;
}

enum slot_state { SLOT_FRESH, SLOT_ALIVE, SLOT_FREED };

struct check {
	struct l2_decorator d;
	struct l2_env env;
	struct l2_reports *reports;
	phys_addr_t start;
	uint64_t nr_slots; /* KiB from start */
	uint64_t low, end; /* slots outside [low, end) are FRESH */
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
	unsigned link = c->d.inner->link_offset;

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
	c = container_of(l2, struct check, d.base);
	c->reports->count[L2_REPORT_LEAK] += c->nr_alive;
	l2_destroy(c->d.inner);
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
	if (!c->d.inner->defective)
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
	if (c->state[slot] == SLOT_FREED && !c->d.inner->zeroes &&
	    still_held(c, slot) && !intact(c, table->va))
		report(c, L2_REPORT_WRITTEN);
	if (c->d.inner->zeroes && (gfp & __GFP_ZERO))
		check_zeroed(c, table);
	c->state[slot] = SLOT_ALIVE;
	if (slot < c->low)
		c->low = slot;
	if (slot >= c->end)
		c->end = slot + 1;
}

static int check_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	struct check *c = container_of(l2, struct check, d.base);
	int err = c->d.inner->ops->alloc(c->d.inner, cpu, gfp, ret);

	if (!err)
		check_handed_out(c, gfp, ret);
	return err;
}

static void check_free(struct l2_strategy *l2, unsigned cpu,
		       const struct l2_table *table)
{
	struct check *c = container_of(l2, struct check, d.base);
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
	if (!c->d.inner->defective)
		memset(table->va, POISON_FREE, L2_TABLE_SIZE);
	l2_free(c->d.inner, cpu, table);
}

static int check_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct check *c = container_of(l2, const struct check, d.base);
	struct l2_usage usage;
	uint64_t slot;

	for (slot = c->low; slot < c->end; slot++) {
		phys_addr_t paddr = c->start + (slot << L2_TABLE_SHIFT);

		if (c->state[slot] == SLOT_FREED && !c->d.inner->defective &&
		    still_held(c, slot) &&
		    !intact(c, physmem_va(c->env.pm, paddr)))
			report(c, L2_REPORT_WRITTEN);
	}
	c->d.inner->ops->usage(c->d.inner, &usage);
	*ret_why = "strategy and its users disagree on the tables alive";
	if (usage.nr_tables != c->nr_alive)
		return -EUCLEAN;
	return c->d.inner->ops->check(c->d.inner, ret_why);
}

static const struct l2_strategy_ops check_ops = {
	.name = "check",
	.summary = "watches the contract",
	.destroy = check_destroy,
	.alloc = check_alloc,
	.free = check_free,
	.usage = l2_forward_usage,
	.attrs = l2_forward_attrs,
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
	c->low = c->nr_slots;
	c->state = calloc(c->nr_slots, sizeof(c->state[0]));
	c->taken = calloc(c->nr_slots, sizeof(c->taken[0]));
	if (!c->state || !c->taken) {
		free(c->state);
		free(c->taken);
		free(c);
		return -ENOMEM;
	}
	l2_decorator_init(&c->d, &check_ops, inner);
	c->env = *env;
	c->reports = reports;
	*ret = &c->d.base;
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
