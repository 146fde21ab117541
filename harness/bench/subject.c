// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of the benchmark: all strategies of the registry, plain and in the
 * guard decorator, libraries, and rows to read the others by.
 *
 * Every strategy has simulated memory of its own, so that none inherits the
 * order in which another left free pages. Peers share the heap of the process.
 *
 * Cost: address space; memory where touched. Invariant: what is counted in nr
 * can be destroyed. Concurrency: none.
 */
#include "subject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sequence.h"

static struct subject *add(struct subjects *s, enum subject_kind kind,
			   const struct loops *plain,
			   const struct loops *zeroed)
{
	struct subject *row = &s->row[s->nr++];

	row->kind = kind;
	row->plain = plain;
	row->zeroed = zeroed;
	return row;
}

/* Memory for a row without an allocator, as a list in ascending order. */
static int give_memory(const struct subjects *s, struct heap *h,
		       const uint32_t *place)
{
	size_t size = (size_t)s->nr_tables * L2_TABLE_SIZE;
	unsigned char *end;

	h->memory = aligned_alloc(PAGE_SIZE, (size + PAGE_SIZE - 1) &
						     ~(size_t)(PAGE_SIZE - 1));
	if (!h->memory)
		return -ENOMEM;
	memset(h->memory, 0, size);
	h->place = place;
	for (end = h->memory + size; end > h->memory;) {
		end -= L2_TABLE_SIZE;
		memcpy(end + L2_LINK_OFFSET, &h->freelist, sizeof(end));
		h->freelist = end;
	}
	return 0;
}

static int add_memory_row(struct subjects *s, enum subject_kind kind,
			  const char *name, const struct loops *plain,
			  const struct loops *zeroed, const uint32_t *place)
{
	struct subject *row = add(s, kind, plain, zeroed);
	int err = give_memory(s, &row->heap[0], place);

	snprintf(row->name, sizeof(row->name), "%s", name);
	return err ? err : give_memory(s, &row->heap[1], place);
}

static int make_strategy(const struct l2_spec *spec, const struct l2_env *env,
			 struct l2_reports *guard, struct l2_strategy **ret)
{
	struct l2_strategy *l2;
	int err = l2_create(spec, env, &l2);

	if (err)
		return err;
	*ret = l2;
	return guard ? l2_guard_create(l2, env, guard, ret) : 0;
}

static int add_strategy(struct subjects *s, const struct l2_spec *spec,
			bool guard)
{
	const struct machine_profile *machine = machine_profile_find("mt8173");
	struct subject *row = add(s, guard ? SUBJECT_GUARD : SUBJECT_STRATEGY,
				  &loops_strategy,
				  guard ? NULL : &loops_strategy_zeroed);
	int err = 0;

	snprintf(row->name, sizeof(row->name), guard ? "guard(%s)" : "%s",
		 spec->label);
	row->ranked = !guard && !spec->ops->baseline;
	for (unsigned i = 0; i < 2 && !err; i++) {
		struct l2_env env = {
			.nr_cpus = machine->nr_cpus,
			.max_tables = s->nr_tables,
			.zone_gfp = GFP_DMA32,
		};

		err = physmem_create(machine, &row->pm[i]);
		env.pm = row->pm[i];
		if (!err)
			err = make_strategy(spec, &env,
					    guard ? &row->reports : NULL,
					    &row->heap[i].l2);
	}
	return err;
}

static int add_rows_to_read_by(struct subjects *s)
{
	int err = add_memory_row(s, SUBJECT_LOOP, "loop alone", &loops_nothing,
				 NULL, NULL);

	if (!err)
		err = add_memory_row(s, SUBJECT_FLOOR, "memset floor", NULL,
				     &loops_floor, s->in_order);
	if (!err)
		err = add_memory_row(s, SUBJECT_FLOOR, "memset floor, shuffled",
				     NULL, &loops_floor, s->shuffled);
	if (!err)
		err = add_memory_row(s, SUBJECT_LIST, "list, called directly",
				     &loops_list, &loops_list_zeroed, NULL);
	return err;
}

int subjects_create(unsigned nr_tables, const struct l2_spec *spec,
		    unsigned nr_specs, bool peers, struct subjects *ret)
{
	struct subjects s = { .nr_tables = nr_tables };
	uint64_t seed = 1;
	int err = -ENOMEM;

	s.row = calloc(MAX_SUBJECTS, sizeof(*s.row));
	s.in_order = calloc(nr_tables, sizeof(*s.in_order));
	s.shuffled = calloc(nr_tables, sizeof(*s.shuffled));
	if (s.row && s.in_order && s.shuffled) {
		for (unsigned i = 0; i < nr_tables; i++)
			s.in_order[i] = s.shuffled[i] = i;
		sequence_shuffle(s.shuffled, nr_tables, &seed);
		err = add_rows_to_read_by(&s);
	}
	for (unsigned i = 0; i < 2 * nr_specs && !err; i++)
		err = add_strategy(&s, &spec[i % nr_specs], i >= nr_specs);
	if (err) {
		subjects_destroy(&s);
		return err;
	}
	if (peers)
		peers_add(&s);
	*ret = s;
	return 0;
}

void subjects_destroy(struct subjects *s)
{
	for (unsigned n = 0; n < s->nr; n++)
		for (unsigned i = 0; i < 2; i++) {
			l2_destroy(s->row[n].heap[i].l2);
			physmem_destroy(s->row[n].pm[i]);
			free(s->row[n].heap[i].memory);
		}
	free(s->row);
	free(s->in_order);
	free(s->shuffled);
}

const struct subject *subject_find(const struct subjects *s, const char *name)
{
	for (unsigned n = 0; n < s->nr; n++)
		if (!strcmp(s->row[n].name, name))
			return &s->row[n];
	return NULL;
}
