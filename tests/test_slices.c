// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slices: the order of a round and the cutting of a cycle by themselves, over
 * many seeds; whole measurements with lanes and a clock that are made up, so
 * that every ratio is known exactly.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prng.h"
#include "slices.h"

#define NR_SEEDS 2000
#define MAX_NR 9

static void check_order(const struct slice_turn *turn, unsigned nr)
{
	unsigned sum[MAX_NR] = { 0 }, seen[MAX_NR] = { 0 };

	for (unsigned i = 0; i < 2 * nr; i++) {
		assert_true(turn[i].subject < nr);
		assert_true(turn[i].lane < 2);
		if (i)
			assert_int_not_equal(turn[i].lane, turn[i - 1].lane);
		seen[turn[i].subject] |= 1u << turn[i].lane;
		sum[turn[i].subject] += i;
	}
	for (unsigned i = 0; i < nr; i++) {
		assert_int_equal(seen[i], 3);
		assert_int_equal(sum[i], 2 * nr - 1);
	}
}

static void test_order(void **state)
{
	(void)state;
	for (unsigned nr = 1; nr <= MAX_NR; nr++) {
		unsigned at[MAX_NR][2 * MAX_NR] = { { 0 } };
		unsigned first_lane = 0;
		struct prng rng = { nr };

		for (unsigned n = 0; n < NR_SEEDS; n++) {
			struct slice_turn turn[2 * MAX_NR];

			slices_order(&rng, nr, turn);
			check_order(turn, nr);
			for (unsigned i = 0; i < 2 * nr; i++)
				at[turn[i].subject][i]++;
			first_lane += turn[0].lane;
		}
		/* Five standard deviations. */
		assert_true(abs((int)first_lane - NR_SEEDS / 2) < 112);
		for (unsigned i = 0; i < nr * 2 * nr; i++) {
			double want = NR_SEEDS / (double)nr;
			double is = at[i / (2 * nr)][i % (2 * nr)];

			assert_true(fabs(is - want) <= 5 * sqrt(want));
		}
	}
}

static bool same_order(struct prng *one, struct prng *other)
{
	struct slice_turn a[2 * MAX_NR], b[2 * MAX_NR];
	bool same = true;

	slices_order(one, MAX_NR, a);
	slices_order(other, MAX_NR, b);
	for (unsigned i = 0; i < 2 * MAX_NR; i++)
		same = same && a[i].subject == b[i].subject &&
		       a[i].lane == b[i].lane;
	return same;
}

static void test_order__of_seed(void **state)
{
	struct prng one = { 7 }, same = { 7 }, other = { 8 };

	(void)state;
	assert_true(same_order(&one, &same));
	assert_true(same_order(&one, &same));
	assert_false(same_order(&one, &other));
}

static void test_cut(void **state)
{
	static const uint64_t ns[] = { 10, 10, 10, 10, 10, 95, 10, 10, 5, 10 };
	size_t end[10];

	(void)state;
	assert_int_equal(slices_cut(ns, 10, 30, end), 3);
	assert_int_equal(end[0], 3);
	assert_int_equal(end[1], 6); /* the dear one ends its slice */
	assert_int_equal(end[2], 10);
	/* Less than half a slice is left. */
	assert_int_equal(slices_cut(ns, 7, 30, end), 2);
	assert_int_equal(end[1], 7);
	/* Half a slice or more. */
	assert_int_equal(slices_cut(ns, 5, 30, end), 2);
	assert_int_equal(end[1], 5);
	assert_int_equal(slices_cut(ns, 3, 1000, end), 1);
	assert_int_equal(end[0], 3);
	assert_int_equal(slices_cut(ns, 0, 30, end), 0);
}

static void test_cut__random(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < NR_SEEDS; seed++) {
		uint64_t ns[200], slice_ns, sum;
		struct prng rng = { seed };
		size_t nr = 1 + prng_below(&rng, 200), end[200];
		size_t nr_slices, step = 0, i;

		for (i = 0; i < nr; i++)
			ns[i] = prng_below(&rng, 8) ? prng_below(&rng, 50)
						    : prng_below(&rng, 2000);
		slice_ns = 1 + prng_below(&rng, 1000);
		nr_slices = slices_cut(ns, nr, slice_ns, end);
		assert_in_range(nr_slices, 1, nr);
		assert_int_equal(end[nr_slices - 1], nr);
		for (i = 0; i + 1 < nr_slices; i++) {
			assert_true(end[i] > step);
			for (sum = 0; step < end[i]; step++)
				sum += ns[step];
			/* Without its last step it would be too short. */
			assert_true(sum >= slice_ns);
			assert_true(sum - ns[step - 1] < slice_ns);
		}
		for (sum = 0; step < nr; step++)
			sum += ns[step];
		assert_true(nr_slices == 1 || sum * 2 >= slice_ns);
	}
}

/* Time that goes on while lanes run, at the machine's speed. */
struct machine {
	double ns;
	double (*speed)(double ns); /* factor at that time */
	unsigned nr_readings;
};

static uint64_t read_clock(void *ctx)
{
	struct machine *m = ctx;

	m->nr_readings++;
	return (uint64_t)(m->ns + 0.5);
}

#define CYCLE 1000

struct fake {
	struct lane lane;
	struct machine *m;
	double op_ns; /* and of each tenth operation ten times as much */
	uint64_t pos, nr_cycles, starts;
	bool stray; /* its second cycle is another */
};

static void fake_run(struct lane *lane, size_t nr)
{
	struct fake *f = (struct fake *)lane;

	assert_true(nr > 0 && f->pos + nr <= lane->length);
	f->starts = f->starts * 31 + f->pos;
	while (nr--)
		f->m->ns += f->op_ns * (f->pos++ % 10 ? 1 : 10) *
			    (f->m->speed ? f->m->speed(f->m->ns) : 1);
}

static int fake_rewind(struct lane *lane)
{
	struct fake *f = (struct fake *)lane;

	assert_int_equal(f->pos, lane->length);
	f->pos = 0;
	f->m->ns += 12345; /* nobody times it */
	return ++f->nr_cycles == 7 && f->stray ? -EUCLEAN : 0;
}

static void fake_destroy(struct lane *lane)
{
	(void)lane;
}

static const struct lane_ops fake_ops = { fake_run, fake_rewind, fake_destroy };

#define NR 5

struct rig {
	struct machine m;
	struct fake fake[NR][2];
	struct lane *lane[NR][2];
	struct slices_config cfg;
};

static void rig_init(struct rig *r)
{
	*r = (struct rig){ .cfg = { .nr_rounds = 301, .slice_ns = 20000 } };
	r->cfg.clock = read_clock;
	r->cfg.ctx = &r->m;
	for (unsigned i = 0; i < 2 * NR; i++) {
		struct fake *f = &r->fake[i / 2][i % 2];

		*f = (struct fake){ .m = &r->m, .op_ns = 400 };
		f->lane = (struct lane){ &fake_ops, CYCLE, 99 };
		r->lane[i / 2][i % 2] = &f->lane;
	}
}

static void set_time(struct rig *r, unsigned subject, double op_ns)
{
	r->fake[subject][0].op_ns = r->fake[subject][1].op_ns = op_ns;
}

static double ratio(struct rig *r, unsigned a, unsigned b)
{
	struct slices s;
	double ret = NAN;

	assert_int_equal(slices_measure(r->lane, NR, &r->cfg, NULL, &s), 0);
	assert_int_equal(s.nr_subjects, NR);
	assert_int_equal(s.nr_rounds, r->cfg.nr_rounds);
	assert_int_equal(slices_log_ratio(&s, a, b, &ret), 0);
	slices_fini(&s);
	return ret;
}

static void test_measure__exact(void **state)
{
	struct rig r;

	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		rig_init(&r);
		r.cfg.seed = seed;
		assert_true(ratio(&r, 0, 1) == 0);
		rig_init(&r);
		r.cfg.seed = seed;
		set_time(&r, 2, 408);
		assert_true(fabs(ratio(&r, 2, 4) - log(1.02)) < 1e-4);
		rig_init(&r);
		r.cfg.seed = seed;
		set_time(&r, 2, 408);
		assert_true(fabs(ratio(&r, 4, 2) + log(1.02)) < 1e-4);
	}
}

/* Two lanes of a subject are at different places, and all subjects at the
 * same; the clock is read twice a slice. */
static void test_measure__places(void **state)
{
	struct rig r;
	struct slices s;
	unsigned others = 0;

	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		rig_init(&r);
		r.cfg.seed = seed;
		assert_int_equal(slices_measure(r.lane, NR, &r.cfg, NULL, &s),
				 0);
		for (unsigned i = 0; i < NR; i++)
			for (unsigned k = 0; k < 2; k++) {
				assert_int_equal(r.fake[i][k].pos,
						 r.fake[1][k].pos);
				assert_int_equal(r.fake[i][k].starts,
						 r.fake[1][k].starts);
				assert_int_equal(r.fake[i][k].nr_cycles,
						 r.fake[1][k].nr_cycles);
			}
		others += r.fake[1][0].starts != r.fake[1][1].starts;
		assert_true(r.fake[1][0].nr_cycles > 2);
		assert_int_equal(r.m.nr_readings,
				 2 * NR * (1 + CYCLE / SLICES_STEP) +
					 2 * 2 * NR * r.cfg.nr_rounds);
		assert_in_range(s.slice_ops, 4, 60);
		assert_true(s.slice_ns > 19000 && s.slice_ns < 26000);
		slices_fini(&s);
	}
	assert_int_equal(others, 20);
}

static double drifting(double ns)
{
	return 1 + ns * 1e-9;
}

/* A tenth of the speed is lost in 100 ms; which of two is asked first in a
 * round makes no difference to their medians. */
static void test_measure__drift(void **state)
{
	struct rig r;
	double sum = 0;

	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		double is;

		rig_init(&r);
		r.m.speed = drifting;
		r.cfg.seed = seed;
		is = ratio(&r, 3, 0);
		assert_true(fabs(is) < 1e-4);
		sum += is;
	}
	assert_true(fabs(sum / 20) < 2e-5);
}

static double two_speeds(double ns)
{
	/* Changes every 37 us, or sooner. */
	struct prng rng = { (uint64_t)(ns / 37000) };

	return prng_next(&rng) & 1 ? 2 : 1;
}

static void test_measure__two_speeds(void **state)
{
	struct rig r;
	double same = 0, slower = 0;

	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		rig_init(&r);
		r.m.speed = two_speeds;
		r.cfg.nr_rounds = 2001;
		r.cfg.seed = seed;
		same += ratio(&r, 3, 0) / 20;
		rig_init(&r);
		r.m.speed = two_speeds;
		r.cfg.nr_rounds = 2001;
		r.cfg.seed = seed;
		set_time(&r, 3, 408);
		slower += ratio(&r, 3, 0) / 20;
	}
	assert_true(fabs(same) < 0.005);
	assert_true(fabs(slower - log(1.02)) < 0.005);
}

static void test_measure__refused(void **state)
{
	volatile int stop = 1;
	struct slices s;
	struct rig r;

	(void)state;
	rig_init(&r);
	r.lane[3][1]->work++;
	assert_int_equal(slices_measure(r.lane, NR, &r.cfg, NULL, &s), -EINVAL);
	assert_int_equal(r.m.nr_readings, 0);
	assert_int_equal(slices_measure(r.lane, 3, &r.cfg, NULL, &s), 0);
	slices_fini(&s);
	rig_init(&r);
	r.lane[0][1]->length--;
	assert_int_equal(slices_measure(r.lane, NR, &r.cfg, NULL, &s), -EINVAL);
	rig_init(&r);
	assert_int_equal(slices_measure(r.lane, 0, &r.cfg, NULL, &s), -EINVAL);
	assert_int_equal(slices_measure(r.lane, SLICES_MAX_SUBJECTS + 1, &r.cfg,
					NULL, &s),
			 -EINVAL);
	r.cfg.nr_rounds = 0;
	assert_int_equal(slices_measure(r.lane, NR, &r.cfg, NULL, &s), -EINVAL);
	rig_init(&r);
	assert_int_equal(slices_measure(r.lane, NR, &r.cfg, &stop, &s), -EINTR);
	rig_init(&r);
	r.cfg.slice_ns = 500000; /* of a cycle of 760000 */
	assert_int_equal(slices_measure(r.lane, NR, &r.cfg, NULL, &s), 0);
	slices_fini(&s);
	rig_init(&r);
	r.cfg.slice_ns = 600000;
	assert_int_equal(slices_measure(r.lane, NR, &r.cfg, NULL, &s),
			 -ENODATA);
	rig_init(&r);
	r.fake[2][1].stray = true;
	assert_int_equal(slices_measure(r.lane, NR, &r.cfg, NULL, &s),
			 -EUCLEAN);
}

/* As good a clock as there is. */
static void test_measure__real_clock(void **state)
{
	struct slices s;
	struct rig r;
	double ret;

	(void)state;
	rig_init(&r);
	r.cfg.clock = NULL;
	r.cfg.slice_ns = 1;
	assert_int_equal(slices_measure(r.lane, NR, &r.cfg, NULL, &s), 0);
	assert_true(s.slice_ns > 0);
	assert_int_equal(s.slice_ops, SLICES_STEP);
	assert_int_equal(slices_log_ratio(&s, 0, 0, &ret), 0);
	assert_true(ret == 0);
	assert_int_equal(slices_log_ratio(&s, 0, 1, &ret), 0);
	assert_true(isfinite(ret));
	slices_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_order__of_seed),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut__random),
		cmocka_unit_test(test_measure__exact),
		cmocka_unit_test(test_measure__places),
		cmocka_unit_test(test_measure__drift),
		cmocka_unit_test(test_measure__two_speeds),
		cmocka_unit_test(test_measure__refused),
		cmocka_unit_test(test_measure__real_clock),
	};

	return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
