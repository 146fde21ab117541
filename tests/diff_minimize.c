// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delta debugging of diff_minimize.h. Models nothing. Cost: a machine and a
 * look at everything for each try, besides its calls. Invariant: the sequence
 * differs, whatever was tried last. Concurrency: none.
 */
#include "diff_minimize.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conform.h"

struct minimize {
	struct diff_sequence *seq;
	struct call *spare; /* room for seq->nr calls */
	uint64_t budget;
};

static bool replay_calls(struct diff *d, const struct diff_sequence *seq,
			 bool each, size_t *ret_nr)
{
	for (size_t i = 0; i < seq->nr; i++) {
		*ret_nr = i + 1;
		if (!diff_call(d, &seq->call[i]))
			return false;
		if (each && !diff_check_all(d))
			return false;
	}
	return diff_check_all(d);
}

int diff_replay(const struct diff_sequence *seq, bool each, size_t *ret_nr,
		struct diff_found *ret_found)
{
	struct diff_found found, at_end;
	size_t nr = 0;
	struct diff *d;
	int err = diff_open(&seq->c, &d);
	bool same;

	if (err)
		return err;
	same = replay_calls(d, seq, each, &nr);
	found = d->found;
	if (!diff_close(d, &at_end) && same) {
		same = false;
		found = at_end;
	}
	if (same)
		return 0;
	*ret_nr = nr;
	*ret_found = found;
	return 1;
}

/* Whether seq still differs; if so it ends where that shows. */
static bool differs(struct minimize *m, struct diff_sequence *seq)
{
	struct diff_found found;
	size_t nr;

	if (m->budget <= seq->nr)
		return false;
	m->budget -= seq->nr + 1;
	if (diff_replay(seq, false, &nr, &found) != 1)
		return false;
	seq->nr = nr;
	return true;
}

/* Leaves out calls [from, from + nr); true if that is the sequence now. */
static bool leave_out(struct minimize *m, size_t from, size_t nr)
{
	struct diff_sequence try = *m->seq;
	struct call *old = m->seq->call;

	try.call = m->spare;
	try.nr = m->seq->nr - nr;
	memcpy(try.call, old, from * sizeof(*old));
	memcpy(try.call + from, old + from + nr,
	       (try.nr - from) * sizeof(*old));
	if (!differs(m, &try))
		return false;
	memcpy(old, try.call, try.nr * sizeof(*old));
	m->seq->nr = try.nr;
	return true;
}

/* From the end, where the calls are that matter. */
static bool leave_out_blocks(struct minimize *m, size_t nr)
{
	size_t end = m->seq->nr;
	bool any = false;

	while (end) {
		size_t from = end > nr ? end - nr : 0;

		any |= leave_out(m, from, end - from);
		end = from < m->seq->nr ? from : m->seq->nr;
	}
	return any;
}

static void leave_out_all(struct minimize *m)
{
	size_t nr = m->seq->nr;

	while (nr) {
		/* Single calls until none can go: one often holds another. */
		if (leave_out_blocks(m, nr) && nr == 1)
			continue;
		nr /= 2;
	}
}

/* Puts c in the place of call i; true if that is the sequence now. */
static bool replace(struct minimize *m, size_t i, const struct call *c)
{
	struct call old = m->seq->call[i];
	struct diff_sequence try = *m->seq;

	if (!memcmp(&old, c, sizeof(old)))
		return false;
	m->seq->call[i] = *c;
	if (differs(m, &try)) {
		m->seq->nr = try.nr;
		return true;
	}
	m->seq->call[i] = old;
	return false;
}

/* By half, then by ever less, as long as it differs. */
static bool shrink_count(struct minimize *m, size_t i)
{
	uint64_t less = m->seq->call[i].pgcount / 2;
	bool any = false;

	while (less) {
		struct call c = m->seq->call[i];

		if (less >= c.pgcount) {
			less = c.pgcount / 2;
			continue;
		}
		c.pgcount -= less;
		if (!replace(m, i, &c)) {
			less /= 2;
			continue;
		}
		any = true;
		if (i >= m->seq->nr)
			break;
	}
	return any;
}

/* The number-th simpler version of a call; false if there is none. */
static bool simpler(const struct call *c, unsigned number, struct call *ret)
{
	*ret = *c;
	switch (number) {
	case 0:
		ret->fail_in = 0;
		return true;
	case 1:
		ret->cpu = 0;
		return true;
	case 2:
		ret->prot = c->unmap ? 0 : IOMMU_READ | IOMMU_WRITE;
		return true;
	case 3:
		ret->paddr = 0;
		return true;
	case 4:
		ret->paddr &= ~(c->pgsize - 1);
		return true;
	case 5:
		ret->iova &= ~(c->pgsize - 1);
		return true;
	default:
		return false;
	}
}

static bool shrink_calls(struct minimize *m)
{
	bool any = false;
	struct call c;

	for (size_t i = 0; i < m->seq->nr; i++) {
		any |= shrink_count(m, i);
		for (unsigned n = 0; i < m->seq->nr; n++) {
			if (!simpler(&m->seq->call[i], n, &c))
				break;
			any |= replace(m, i, &c);
		}
	}
	return any;
}

/* The number-th step to what v7sbench conform does by itself. */
static bool simpler_case(const struct diff_case *c, unsigned number,
			 struct diff_case *ret)
{
	*ret = *c;
	switch (number) {
	case 0:
		ret->machine = CONFORM_MACHINE;
		return true;
	case 1:
		ret->cfg.path = V7S_PATH_KERNEL;
		return true;
	case 2:
		ret->cfg.walker = V7S_COHERENT;
		return true;
	case 3:
		ret->cfg.split = V7S_SPLIT_KERNEL;
		return true;
	case 4:
		ret->cfg.kernel = V7S_KERNEL_6_1;
		ret->cfg.quirks &=
			~(uint32_t)(V7S_QUIRK_MTK_4GB | V7S_QUIRK_TLBI_ON_MAP);
		return true;
	default:
		return false;
	}
}

static bool shrink_case(struct minimize *m)
{
	struct diff_sequence try = *m->seq;
	bool any = false;

	for (unsigned n = 0; simpler_case(&m->seq->c, n, &try.c); n++) {
		try.nr = m->seq->nr;
		if (!memcmp(&try.c, &m->seq->c, sizeof(try.c)) ||
		    !differs(m, &try))
			continue;
		*m->seq = try;
		any = true;
	}
	return any;
}

/* Each may make room for the other. */
static bool shrink(struct minimize *m)
{
	bool any = shrink_calls(m);

	return shrink_case(m) || any;
}

int diff_minimize(struct diff_sequence *seq, uint64_t budget,
		  struct diff_found *ret_found)
{
	struct minimize m = { .seq = seq, .budget = budget };
	size_t nr;
	int err;

	m.spare = calloc(seq->nr + 1, sizeof(*m.spare));
	if (!m.spare)
		return -ENOMEM;
	err = diff_replay(seq, false, &nr, ret_found);
	if (err == 1) {
		seq->nr = nr;
		shrink_case(&m);
		do
			leave_out_all(&m);
		while (shrink(&m));
		err = diff_replay(seq, true, &nr, ret_found);
	}
	if (err == 1)
		seq->nr = nr;
	free(m.spare);
	return err == 1 ? 0 : err ? err : -ESTALE;
}
